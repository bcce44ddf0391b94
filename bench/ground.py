"""What all measurements stand on: a PostgreSQL of their own, a folder for logs, and a word on what goes on."""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psycopg

from bot.store.embedded import embedded_postgres
from bot.store.migrate import migrate

Found = TypeVar("Found")

PATIENCE_SECONDS = 120.0


@dataclass(slots=True)
class Ground:
    """One PostgreSQL server, durable as in production, and a folder. Each run gets a database of its own.

    `run` counts the runs of the part that is measured now, from 0: what is drawn at random is drawn by it. `known`
    is what one part measured and others show from another side.
    """

    folder: Path
    server_url: str
    run: int = 0
    known: dict[object, object] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def postgres_pid(self) -> int:
        """The server's first process; its others are children of it."""
        return int((self.folder / "postgres" / "data" / "postmaster.pid").read_text().split("\n", 1)[0])

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a new, migrated database; dropped at the end."""
        name = f"bench_{next(self._numbers)}"
        url = self.server_url.replace("/trackgate?", f"/{name}?", 1)
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        try:
            migrate(url)
            yield url
        finally:
            with psycopg.connect(self.server_url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def new_folder(self, name: str) -> Path:
        """An empty folder for one run: logs, the repositories of the sandbox."""
        folder = self.folder / f"{name}-{next(self._numbers)}"
        folder.mkdir(parents=True)
        return folder


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """Start the PostgreSQL, and stop it at the end. What was made is removed, unless something failed."""
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    work.chmod(0o755)  # the server runs as another account when we are root
    with embedded_postgres(work / "postgres") as url:
        yield Ground(work, url)
    shutil.rmtree(work, ignore_errors=True)


def tell(text: str) -> None:
    """One line about what goes on, on standard error: standard output is for the figures."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


def wait_for(
    look: Callable[[], Found | None], what: str, seconds: float = PATIENCE_SECONDS, every: float = 0.02
) -> Found:
    """Look until something true is there, and return it. All in seconds. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(every)
    raise TimeoutError(f"{what} did not come within {seconds:.0f} seconds")
