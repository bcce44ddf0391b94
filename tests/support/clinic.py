"""A clinic for `trackgate doctor`: the sandbox as GitHub, a real database, and one repository to be examined."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import Result

from bot.core.rulesets import release_ruleset
from bot.records.keys import SigningKey
from bot.store.installations import remember_installation
from bot.store.tags import take_baseline
from demo.local import EVENTS, PERMISSIONS
from sandbox import Sandbox
from tests.support.builders import NOW, policy
from tests.support.service import service_environment

SHIPPED = (Path(__file__).parents[2] / "policies" / "meta-integration-v3.yml").read_text(encoding="utf-8")
POLICY = policy().policy
WARNED = "bypass list not visible"


@dataclass
class Clinic:
    """A repository on the sandbox, with the App installed on it and the service's environment set for it."""

    github: Sandbox
    app: Any
    installation: Any
    repository: str
    call: Callable[..., Result]
    latest: str = ""

    @property
    def ruleset(self) -> dict[str, Any]:
        """The ruleset as it is shipped."""
        return release_ruleset(POLICY, self.app.id)

    def protect(self, **changes: Any) -> None:
        """An administrator makes the shipped ruleset, with these changes."""
        self.github.as_user("raj").create_ruleset(self.repository, {**self.ruleset, **changes})

    def examine(self) -> Result:
        """`trackgate doctor` for this repository, when GitHub has told all it has to tell."""
        self.github.wait_for_deliveries()
        answer = self.call("doctor", "--repository", self.repository)
        self.latest = answer.stdout
        return answer

    def about(self, health: str, check: str) -> list[str]:
        """Of the last examination: the findings of this health on one thing, each with its next step, if any."""
        lines = self.latest.splitlines()
        found = []
        for line, after in zip(lines, [*lines[1:], ""], strict=True):
            if line.startswith(f"  {health:<7}  {check:<14}  "):
                next_step = after.strip() if after.strip().startswith("next: ") else ""
                found.append(f"{line[27:]} | {next_step}".rstrip(" |"))
        return found


class _Taking(BaseHTTPRequestHandler):
    """Takes every delivery, as the service would."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """No log."""


@pytest.fixture(scope="module")
def clinic_address() -> Iterator[str]:
    """Where the service is reached: somebody there takes what GitHub sends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Taking) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def clinic_github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests; each has an owner, an App and a repository of its own."""
    with Sandbox.start(directory=tmp_path_factory.mktemp("github")) as running:
        running.add_user("raj")
        yield running


@pytest.fixture
def clinic(
    clinic_github: Sandbox,
    clinic_address: str,
    database_url: str,
    trackgate: Callable[..., Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Clinic:
    """All is well, but for the ruleset: the policy in the repository, its baseline taken, a key of one's own."""
    number = len(clinic_github.world.repositories)
    name = f"owner{number}/integration"
    app = clinic_github.register_app(
        slug=f"trackgate-{number}",
        webhook_url=f"{clinic_address}/webhooks/github",
        webhook_secret="a secret",
        permissions=PERMISSIONS,
        events=list(EVENTS),
    )
    clinic_github.import_repository(name, files={".github/trackgate.yml": SHIPPED}, collaborators={"raj": "admin"})
    installation = clinic_github.install(app, name)
    with psycopg.connect(database_url) as connection:
        remember_installation(connection, installation.id, [name])
        take_baseline(connection, name, {"v1.0.0": "a" * 40}, NOW, POLICY.release.tags)
    policies = tmp_path / "policies"
    policies.mkdir()
    more = {
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_APP_PRIVATE_KEY": app.private_key_pem,
        "GITHUB_API_URL": clinic_github.url,
        "PUBLIC_URL": clinic_address,
        "RELEASE_SIGNING_KEY": SigningKey.generate().private_pem().decode(),
    }
    for variable, value in service_environment(database_url, policies, 8000, **more).items():
        monkeypatch.setenv(variable, value)
    return Clinic(clinic_github, app, installation, name, trackgate)
