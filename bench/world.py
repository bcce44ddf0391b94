"""A GitHub and the service beside it, each in processes of their own, and what GitHub was asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.ground import Ground, wait_for
from bench.service import Credentials, Web, Worker, environment_of, new_port, web, workers
from bot.store.queue import SWEEP_JOB, Queue
from demo.local import EVENTS, PEOPLE, PERMISSIONS
from demo.source import make_repository
from sandbox.handles import Pull
from sandbox.remote import RemoteApp, RemoteSandbox, remote_sandbox

SECRET = "a secret of this benchmark alone"  # noqa: S105 - nobody but the two processes here knows of it
REPOSITORY = "meta/integration-v3"
PERIODIC_PATHS = (
    "/git/matching-refs/",
    "/app/hook/deliveries",
    "/app/installations",
    "/installation/repositories",
)
PERIODIC_QUERIES = ("ReadTags",)
"""Requests that come by the clock, whatever happens beside them."""
SOON = "5 minutes"
"""A gate's evaluation that is put off for less than this is still to be waited for; one in half an hour is not."""
STABLE_LOOKS, LOOK_EVERY = 3, 0.03


@dataclass(slots=True)
class World:
    """All that runs. `database_url` is the service's database, `installation` that of the newest repository."""

    ground: Ground
    github: RemoteSandbox
    app: RemoteApp
    database_url: str
    folder: Path
    environment: Mapping[str, str]
    web: Web = field(init=False)
    workers: Sequence[Worker] = field(init=False)
    installation: int = 0
    _made: int = 0

    def repository(self, *names: str) -> str:
        """New repositories of one owner, with the six tracks and our App on them; the first one's `owner/name`."""
        names = names or (REPOSITORY,)
        source = make_repository(self.folder / "source")
        for name in names:
            self.github.import_repository(name, source=source, collaborators=dict.fromkeys(PEOPLE, "write"))
        self.installation = self.github.install(self.app, *names)
        return names[0]

    def sweep(self) -> None:
        """Have the service compare everything now; the regular sweep then comes no sooner than in nine minutes."""
        with psycopg.connect(self.database_url) as connection:
            Queue().defer(connection, SWEEP_JOB)

    def open(self, login: str, repository: str, files: dict[str, str]) -> Pull:
        """Open a pull request into main."""
        self._made += 1
        name = f"change-{self._made}"
        return self.github.as_user(login).open_pull_request(
            repository, base="main", branch=name, files=files, title=name
        )

    def settle(self, seconds: float = 300.0) -> float:
        """Wait until all webhooks are answered and nothing waits or runs; the time (`time.time()`) when it was so.

        That is the first of some looks that all found it quiet: work may be on its way from one queue to another.
        """
        quiet_since, looks, asked = 0.0, 0, -1

        def is_quiet() -> bool:
            nonlocal quiet_since, looks, asked
            now, before = time.time(), asked
            if self._has_work(
                connection
            ):  # asked first: questions to GitHub's process take its time from the rest
                looks, quiet_since = 0, 0.0
                return False
            self.github.wait_for_deliveries(timeout=60)
            asked = self.github.request_counts()["total"]
            looks = looks + 1 if asked == before else 1
            quiet_since = now if looks == 1 else quiet_since
            return looks >= STABLE_LOOKS

        with psycopg.connect(self.database_url, autocommit=True) as connection:
            wait_for(is_quiet, "quiet", seconds, every=LOOK_EVERY)
        return quiet_since

    def _has_work(self, connection: psycopg.Connection[Any]) -> bool:
        row = connection.execute(
            """
            SELECT count(*) FROM procrastinate_jobs
            WHERE status = 'doing'
                OR status = 'todo' AND coalesce(scheduled_at, '-infinity') <= now()
                OR status = 'todo' AND queueing_lock LIKE %s AND scheduled_at < now() + %s::interval
            """,
            ["%pull_request:%", SOON],
        ).fetchone()
        return row is None or row[0] > 0

    def asked(self, since: int = 0) -> list[dict[str, Any]]:
        """Our App's own requests from record `since` of GitHub's log on, without those of the regular sweeps."""
        return [
            one
            for one in self.github.requests(since=since)
            if one["token_kind"] in ("installation", "app")
            and one["login"] in (None, f"{self.app.slug}[bot]")
            and not is_periodic(one)
        ]

    def cost_of(self, happen: Callable[[], object], *, own_requests: int = 0) -> tuple[int, int]:
        """The reads and writes that an event costs, without the `own_requests` that `happen` writes as the App."""
        self.settle()
        since = self.github.request_counts()["total"]
        happen()
        self.settle()
        requests = self.asked(since)
        reads = sum(one["kind"] == "read" for one in requests)
        return reads, len(requests) - reads - own_requests


@cache
def credentials_of_nobody() -> Credentials:
    """A key of no App, on a GitHub that is not there: for processes that will not ask it anything."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Credentials("http://127.0.0.1:1", "1", key.private_bytes(*form).decode(), SECRET)


def is_periodic(request: Mapping[str, Any]) -> bool:
    """Whether it is one of the requests that come by the clock, by GitHub's record of it."""
    return request["operation"] in PERIODIC_QUERIES or any(part in request["path"] for part in PERIODIC_PATHS)


@contextmanager
def world(ground: Ground, *, latency: float = 0.0, worker_count: int = 1) -> Iterator[World]:
    """Everything up and answering. `latency` is how long GitHub takes for each answer at least, in seconds."""
    with standing_ground(ground) as place, running(place, worker_count):
        place.github.behaviour(latency=latency)
        yield place


@contextmanager
def standing_ground(ground: Ground, **settings: str) -> Iterator[World]:
    """A sandbox with all people and our App on it, and a database; the service is not running.

    `settings` are further variables for the service's environment.
    """
    folder, port = ground.new_folder("world"), new_port()
    with ground.database() as database_url, remote_sandbox(folder / "github", log=folder / "github.log") as github:
        for login in PEOPLE:
            github.add_user(login)
        app = github.register_app(
            "trackgate",
            permissions=PERMISSIONS,
            events=EVENTS,
            webhook_url=f"http://127.0.0.1:{port}/webhooks/github",
            webhook_secret=SECRET,
        )
        credentials = Credentials(github.url, str(app.id), app.private_key_pem, SECRET)
        environment = {**environment_of(credentials, database_url, port, folder), **settings}
        yield World(ground, github, app, database_url, folder, environment)


@contextmanager
def running(place: World, worker_count: int = 1) -> Iterator[None]:
    """The service runs: one web server, and this many workers."""
    with (
        web(place.environment, place.folder) as place.web,
        workers(place.environment, place.folder, worker_count) as place.workers,
    ):
        yield
