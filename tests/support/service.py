"""The parts of the service for tests: settings, services on a fresh database, the application, signed requests."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import urllib3
from flask.testing import FlaskClient
from pydantic import SecretStr

from bot.composition import now
from bot.foundation import WebServices
from bot.github_api.signatures import sign
from bot.serving import WEB_OPTIONS
from bot.settings import Settings
from bot.store.database import Database
from bot.store.queue import Queue
from bot.web.application import create_app

SECRET = "It's a Secret to Everybody"
REPOSITORY = "meta/integration"
INSTALLATION = 7
DEADLINE_SECONDS = 30.0


def wait_until(condition: Callable[[], object], seconds: float = DEADLINE_SECONDS, *, what: str = "it") -> Any:
    """The first true value of `condition`, asked again until the deadline; fails the test then."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"{what} did not happen within {seconds} s")


def pull_request_payload(
    number: int = 12, *, head: str = "a" * 40, action: str = "opened", **changes: Any
) -> dict[str, Any]:
    """A pull_request event, as far as Trackgate reads one."""
    pull_request = {
        "number": number,
        "state": "open",
        "draft": False,
        "title": "Fix the sync",
        "user": {"login": "sofia"},
        "head": {"sha": head},
        "base": {"ref": "main"},
        "updated_at": "2026-02-19T12:00:00Z",
        **changes,
    }
    return {
        "action": action,
        "number": number,
        "pull_request": pull_request,
        "repository": {"id": 1, "full_name": REPOSITORY},
        "installation": {"id": INSTALLATION},
        "sender": {"login": "sofia", "type": "User"},
    }


def delivery_headers(body: bytes, event: str = "pull_request", *, guid: str | None = None) -> dict[str, str]:
    """The headers that GitHub sends with `body`, rightly signed."""
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid or str(uuid4()),
        "X-Hub-Signature-256": sign(SECRET.encode(), body),
    }


def delivery_request(
    payload: Mapping[str, Any], event: str = "pull_request", *, guid: str | None = None
) -> dict[str, Any]:
    """Keyword arguments of a request that delivers `payload`: `data` and `headers`."""
    body = json.dumps(payload).encode()
    return {"data": body, "headers": delivery_headers(body, event, guid=guid)}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings for a fresh database, as a web process would have them."""
    return Settings(SecretStr(SECRET), database_url=database_url, policy_dir=tmp_path)


@pytest.fixture
def services(settings: Settings, database: Database) -> WebServices:
    """The web process's services on a fresh, migrated database."""
    return WebServices(settings, database, Queue(), now)


@pytest.fixture
def client(services: WebServices) -> FlaskClient:
    """A client of the application, connected from this machine."""
    return create_app(services).test_client()


def free_port() -> int:
    """A port that nobody listens on now, chosen by the system."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def service_environment(database_url: str, policy_dir: Path, port: int, **more: str) -> dict[str, str]:
    """The environment of a process of the service; nothing of ours but what Python needs."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "HOME", "LANG") or name.startswith("COVERAGE_")
    }
    return {
        **kept,
        "DATABASE_URL": database_url,
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "POLICY_DIR": str(policy_dir),
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        **more,
    }


@dataclass
class WebProcess:
    """A real web server process, with its address."""

    process: subprocess.Popen[bytes]
    url: str
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=32, retries=False, timeout=30)
    )

    def post(
        self, payload: Mapping[str, Any], event: str = "pull_request", **more: Any
    ) -> urllib3.BaseHTTPResponse:
        """Deliver `payload` as GitHub would."""
        request = delivery_request(payload, event, **more)
        return self.pool.request(
            "POST", f"{self.url}/webhooks/github", body=request["data"], headers=request["headers"]
        )

    def kill(self) -> None:
        """Kill the server and its own workers, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def accepts_connections(self) -> bool:
        """Whether anybody listens at the address."""
        host, port = self.url.removeprefix("http://").split(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0


@contextmanager
def web_process(database_url: str, policy_dir: Path, *, workers: int = 1) -> Iterator[WebProcess]:
    """granian with the application, as the Procfile runs it; ended with the block."""
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers), *WEB_OPTIONS]
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", *options, "app:app"],
        env=service_environment(database_url, policy_dir, port),
        start_new_session=True,
    )
    web = WebProcess(process, f"http://127.0.0.1:{port}")

    def is_ready() -> bool:
        if process.poll() is not None:
            pytest.fail(f"the web server ended with {process.returncode}")
        try:
            return web.pool.request("GET", f"{web.url}/readyz").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    try:
        wait_until(is_ready, what="the web server's start")
        yield web
    finally:
        web.pool.clear()
        if process.poll() is None:
            process.terminate()
        process.wait(20)
