"""`trackgate serve`, `worker` and `migrate`: the processes of the service."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import psycopg
import typer

from bot import reconcile
from bot.children import Child, Ended, run_children
from bot.composition import compose_worker
from bot.logs import set_up_logs
from bot.settings import SettingError, Settings, read_settings
from bot.store.embedded import EmbeddedPostgresError, embedded_postgres
from bot.store.migrate import SchemaTooNewError
from bot.store.migrate import migrate as migrate_database
from bot.web.access import host_of, is_loopback
from bot.worker import WorkerOptions, run_worker

VAR = Path("var")
app = typer.Typer()


def fail(text: str) -> NoReturn:
    """End with exit code 2 and one line on standard error: wrong use or input."""
    typer.echo(f"trackgate: {text}", err=True)
    raise typer.Exit(2)


@app.command()
def serve(
    var: Annotated[Path, typer.Option(help="Folder for the embedded PostgreSQL, made when missing.")] = VAR,
) -> None:
    """Run web, worker and (without DATABASE_URL) PostgreSQL on this machine, until Ctrl-C."""
    settings = _settings()
    with _database(settings, var) as url:
        _migrate(url)
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "PROMETHEUS_MULTIPROC_DIR": str(_metrics_folder(var)),
        }
        typer.echo(f"Trackgate listens at http://{_bind(settings)}:{settings.port}/", err=True)
        # Stopped in this order: no new deliveries, then the evaluations that run, then the database.
        ended = run_children([_web(settings), _worker()], environment)
    _exit_for(ended)


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Evaluations at once.")] = 4,
) -> None:
    """Evaluate what is queued, until SIGTERM."""
    settings = _settings()
    set_up_logs(_secrets(settings))
    try:
        services = compose_worker(settings)
    except SettingError as error:
        fail(str(error))
    run_worker(services, reconcile, WorkerOptions(concurrency))


@app.command()
def migrate() -> None:
    """Bring the database of DATABASE_URL to this version's schema. Safe to repeat."""
    settings = _settings()
    if settings.database_url is None:
        fail("DATABASE_URL: missing; `trackgate serve` migrates its own PostgreSQL itself")
    applied = _migrate(settings.database_url)
    typer.echo(f"applied: {', '.join(applied)}" if applied else "nothing to do")


def _settings() -> Settings:
    try:
        return read_settings(os.environ)
    except SettingError as error:
        fail(str(error))


def _migrate(url: str) -> tuple[str, ...]:
    try:
        return migrate_database(url)
    except SchemaTooNewError as error:
        fail(str(error))
    except psycopg.Error as error:
        fail(f"DATABASE_URL: the database cannot be migrated ({type(error).__name__})")


@contextmanager
def _database(settings: Settings, var: Path) -> Iterator[str]:
    if settings.database_url is not None:
        yield settings.database_url
        return
    try:
        with embedded_postgres(var / "postgres") as url:
            yield url
    except EmbeddedPostgresError as error:
        fail(str(error))


def _bind(settings: Settings) -> str:
    """Only this machine may connect, unless PUBLIC_URL says that others are meant to."""
    return "127.0.0.1" if is_loopback(host_of(settings.public_url)) else "0.0.0.0"  # noqa: S104


def _web(settings: Settings) -> Child:
    options = ["--interface", "wsgi", "--host", _bind(settings), "--port", str(settings.port)]
    options += ["--workers", "1", "--blocking-threads", "8", "--no-ws", "--log-level", "warning"]
    return Child("web", (sys.executable, "-m", "granian", *options, "app:app"))


def _worker() -> Child:
    return Child("worker", (sys.executable, "-m", "bot.cli", "worker"))


def _metrics_folder(var: Path) -> Path:
    """An empty folder where web and worker add up their numbers (see `bot.metrics`)."""
    folder = (var / "metrics").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _secrets(settings: Settings) -> list[str]:
    return [settings.webhook_secret.get_secret_value()]


def _exit_for(ended: Ended) -> None:
    """0 after a signal; a child that ended by itself, even well, means that the service no longer works."""
    if ended.name.startswith("SIG"):
        return
    typer.echo(f"trackgate: the {ended.name} process ended by itself (exit code {ended.code})", err=True)
    raise typer.Exit(1)
