"""What `trackgate serve`, `worker` and `migrate` do. Kept from `bot.cli`, whose other commands need none of it."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from prometheus_client import start_http_server

from bot import reconcile
from bot.children import Child, Ended, run_children
from bot.composition import compose_worker, require_app
from bot.logs import set_up_logs
from bot.metrics import counted
from bot.settings import Settings, read_settings
from bot.store.embedded import embedded_postgres
from bot.store.migrate import SchemaTooNewError, migrate
from bot.store.outages import reason_of
from bot.tracing import set_up_tracing
from bot.web.access import host_of, is_loopback
from bot.worker import WorkerOptions, run_worker


class ServingError(Exception):
    """The service cannot run as it was asked to. The text is one line, and holds no secret."""


def serve(environment: Mapping[str, str], var: Path, say: Callable[[str], None]) -> Ended:
    """Run web, worker and, without DATABASE_URL, PostgreSQL under `var`; what ended them.

    `say` is told the address, once everything before the processes themselves went well.
    Raises SettingError, EmbeddedPostgresError and ServingError. Call it from the main thread.
    """
    settings = read_settings(environment)
    require_app(settings)  # the worker would say so too, but only after the web process has said that it listens
    bind = bind_address(settings)
    with _only_server_on(bind, settings.port), _database(settings, var) as url:
        bring_up_to_date(url)
        say(f"Trackgate listens at http://{bind}:{settings.port}/")
        more = {"DATABASE_URL": url, "PROMETHEUS_MULTIPROC_DIR": str(_metrics_folder(var))}
        # Both are stopped at once; what the web process still takes waits in the database, which ends after them.
        return run_children([_web(bind, settings.port), _worker()], {**environment, **more})


def work(environment: Mapping[str, str], concurrency: int) -> None:
    """Evaluate what is queued, until SIGTERM or SIGINT. Raises SettingError and ServingError."""
    settings = read_settings(environment)
    set_up_tracing(environment, "worker")
    services = compose_worker(settings, concurrency)
    secrets = [settings.webhook_secret, settings.private_key_pem, settings.signing_key_pem]
    set_up_logs([secret.get_secret_value() for secret in secrets if secret is not None])
    with _metrics_shown(settings):
        run_worker(services, reconcile, WorkerOptions(concurrency))


@contextmanager
def _metrics_shown(settings: Settings) -> Iterator[None]:
    """Answer Prometheus at METRICS_PORT, if it is set. Raises ServingError when nobody can listen there."""
    if settings.metrics_port is None:
        yield
        return
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, counted())
    except OSError as error:
        place = f"METRICS_HOST, METRICS_PORT: cannot listen on port {settings.metrics_port}"
        raise ServingError(f"{place}: {error.strerror}") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def migrate_from(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Bring the database of DATABASE_URL up to date; what was applied. Raises SettingError, ServingError."""
    settings = read_settings(environment)
    if settings.database_url is None:
        raise ServingError("DATABASE_URL: missing; `trackgate serve` migrates its own PostgreSQL itself")
    return bring_up_to_date(settings.database_url)


def bring_up_to_date(url: str) -> tuple[str, ...]:
    """Migrate the database at `url`; what was applied. Raises ServingError, without the address."""
    try:
        return migrate(url)
    except SchemaTooNewError as error:
        raise ServingError(f"DATABASE_URL: {error}") from None
    except psycopg.Error as error:
        raise ServingError(f"DATABASE_URL: cannot migrate: the database {reason_of(error)}") from None


def bind_address(settings: Settings) -> str:
    """Only this machine may connect, unless PUBLIC_URL says that others are meant to."""
    return "127.0.0.1" if is_loopback(host_of(settings.public_url)) else "0.0.0.0"  # noqa: S104


@contextmanager
def _only_server_on(bind: str, port: int) -> Iterator[None]:
    """Be the only `trackgate serve` on `port` while the block runs. Raises ServingError when it is taken.

    granian shares its port (SO_REUSEPORT) with whoever starts at the same moment, and takes no socket of ours. So
    each `serve` also holds a name that only one process can have. It is one of Linux's abstract sockets: they
    belong to a network namespace as ports do, leave no file, and end with their process, however it ends.
    Elsewhere only a port that is listened on already is noticed.
    """
    with socket.socket(socket.AF_UNIX) as name, socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if sys.platform == "linux":
                name.bind(f"\0trackgate-serve-{port}")
            probe.bind((bind, port))
        except OSError as error:
            raise ServingError(f"PORT: cannot listen on {port}: {error.strerror}") from None
        probe.close()
        yield


@contextmanager
def _database(settings: Settings, var: Path) -> Iterator[str]:
    if settings.database_url is not None:
        yield settings.database_url
        return
    with embedded_postgres(var / "postgres") as url:
        yield url


WEB_OPTIONS = (
    *("--interface", "wsgi", "--no-ws"),
    # As many deliveries as threads can share a transaction; one thread waits for each body that arrives slowly.
    *("--blocking-threads", "32"),
    # What GitHub sends at once waits here, instead of being refused.
    *("--backlog", "2048"),
    # GitHub hangs up after 10 seconds: whoever is not answered by then need not be waited for.
    *("--workers-kill-timeout", "9"),
)
"""Options of the web server; those of the Procfile are the same."""


def _web(bind: str, port: int) -> Child:
    options = ["--host", bind, "--port", str(port), "--log-level", "error", *WEB_OPTIONS]
    return Child("web", (sys.executable, "-m", "granian", *options, "app:app"))


def _worker() -> Child:
    return Child("worker", (sys.executable, "-m", "bot.cli", "worker"))


def _metrics_folder(var: Path) -> Path:
    """An empty folder where web and worker add up their numbers (see `bot.metrics`)."""
    folder = (var / "metrics").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
