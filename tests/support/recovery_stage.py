"""A sandbox whose webhooks go nowhere until a test says so, and a worker's services with a clock of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.composition import compose_worker, now
from bot.github_api.client import GitHubClient
from bot.github_api.limits import Cost, Permit, Said
from bot.github_api.limits_local import ObedientLimiter
from bot.recovery import recover_deliveries
from bot.services import Services
from bot.settings import Settings
from bot.store.deliveries import find_delivery
from bot.store.recovery import MissedSummary, missed_summary
from bot.store.repository_names import ListedRepository, serve_exactly
from demo.local import EVENTS, PEOPLE, PERMISSIONS, free_port
from sandbox import Sandbox
from tests.support.service import SECRET, web_process

REPOSITORY = "meta/integration"
FILES = {"README.md": "# Meta\n", "dbt/models/a.sql": "select 1\n"}


class Death(BaseException):
    """The process ends here: nothing after it happens."""


class DyingLimiter(ObedientLimiter):
    """Lets the process die right before request number `before`, or right after the answer of number `after`."""

    def __init__(self, *, before: int = 0, after: int = 0) -> None:
        super().__init__()
        self._before, self._after, self._sent = before, after, 0

    def acquire(self, cost: Cost) -> Permit:
        """Count the request; the one it is about is never sent."""
        self._sent += 1
        if self._sent == self._before:
            raise Death
        return super().acquire(cost)

    def settle(self, permit: Permit, said: Said) -> float | None:
        """The answer that it is about reaches nobody."""
        if self._sent == self._after:
            raise Death
        return super().settle(permit, said)


@dataclass
class RecoveryStage:
    """The sandbox, our App on one repository, and the services, whose clock is ahead of GitHub's by `later`.

    One pull request is `opened` already, of which GitHub told nobody.
    """

    github: Sandbox
    app: Any
    services: Services
    folder: Path
    later: timedelta = timedelta(minutes=2)
    opened: list[Any] = field(default_factory=list)
    passed: timedelta = timedelta()

    def clock(self) -> datetime:
        """The services' time: what happened just now is settled already."""
        return self.github_time() + self.later

    def github_time(self) -> datetime:
        """GitHub's clock."""
        return now() + self.passed

    def wait(self, time: timedelta) -> None:
        """So much time goes by, for all."""
        self.passed += time
        self.github.clock.set_offset(self.passed.total_seconds())

    def comment(self, times: int = 1) -> None:
        """People comment: as many deliveries as `times`, none of which arrives."""
        pull = self.opened[0]
        for number in range(times):
            self.github.as_user("raj").comment(pull, f"Comment {number}")
        self.github.wait_for_deliveries()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """A web process takes what GitHub delivers; GitHub has seen that it does when one more comment came."""
        with self.web_back():
            self.comment()
            yield

    @contextmanager
    def web_back(self) -> Iterator[None]:
        """A web process takes what GitHub delivers from now on."""
        away = self.app.webhook_url
        with web_process(self.services.settings.database_url, self.folder) as web:
            self.app.webhook_url = f"{web.url}/webhooks/github"
            try:
                yield
            finally:
                self.app.webhook_url = away

    def stored(self, guids: Iterable[str]) -> bool:
        """Whether our store holds all of these."""
        with self.services.database.transaction() as connection:
            return all(find_delivery(connection, guid) is not None for guid in guids)

    def open(self) -> Any:
        """Sofia opens a pull request."""
        number = len(self.opened)
        how = {"base": "main", "branch": f"branch-{number}", "title": "Change", "files": {f"dbt/{number}": "x\n"}}
        self.opened.append(self.github.as_user("sofia").open_pull_request(REPOSITORY, **how))
        self.github.wait_for_deliveries()
        return self.opened[-1]

    def recover(self, limiter: ObedientLimiter | None = None) -> None:
        """One run of the queue's job."""
        with closing(self._client(limiter)) as client:
            recover_deliveries(replace(self.services, github=client, clock=self.clock))
        self.github.wait_for_deliveries()

    def _client(self, limiter: ObedientLimiter | None) -> GitHubClient:
        url = self.github.url
        key = self.app.private_key_pem
        return GitHubClient(url, f"{url}/graphql", str(self.app.id), key, self.github_time, limiter=limiter)

    def asked(self) -> Counter[str]:
        """How often each GUID was delivered again."""
        return Counter(one.guid for one in self.github.deliveries(self.app) if one.redelivery)

    def failed(self) -> list[Any]:
        """The first attempts that failed, oldest first."""
        found = [one for one in self.github.deliveries(self.app) if not one.redelivery and not one.succeeded]
        return sorted(found, key=lambda one: one.id)

    def summary(self) -> MissedSummary:
        """What the doctor is told."""
        with self.services.database.transaction() as connection:
            return missed_summary(connection)

    def queued(self) -> set[str]:
        """The keys of the jobs that wait."""
        with self.services.database.transaction() as connection:
            rows = connection.execute("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo'")
            return {row[0] for row in rows}


@contextmanager
def recovery_stage(folder: Path, database_url: str) -> Iterator[RecoveryStage]:
    """A stage of its own for one test: the webhook's address answers nobody."""
    with Sandbox.start(directory=folder / "github") as github:
        for login in PEOPLE:
            github.add_user(login)
        app = github.register_app(
            slug="trackgate",
            webhook_url=f"http://127.0.0.1:{free_port()}/webhooks/github",
            webhook_secret=SECRET,
            permissions=PERMISSIONS,
            events=list(EVENTS),
        )
        github.import_repository(REPOSITORY, files=FILES, collaborators=dict.fromkeys(PEOPLE, "write"))
        settings = Settings(
            SecretStr(SECRET),
            github_app_id=str(app.id),
            private_key_pem=SecretStr(app.private_key_pem),
            github_api_url=github.url,
            github_graphql_url=f"{github.url}/graphql",
            database_url=database_url,
            policy_dir=Path("policies"),
        )
        services = compose_worker(settings)
        stage = RecoveryStage(github, app, services, folder)
        stage.open()
        try:
            github.install(app, REPOSITORY)
            github.wait_for_deliveries()
            _forget_what_was_before(stage)
            yield stage
        finally:
            services.github.close()
            services.database.close()


def _forget_what_was_before(stage: RecoveryStage) -> None:
    """The installation's own events came before our memory began; the repository is known by its ID."""
    repository = stage.github.repository(REPOSITORY)
    found = stage.github.world.installation_on(stage.app, repository)
    assert found is not None
    with stage.github.world.lock:
        for one in stage.github.deliveries(stage.app):
            one.status_code, one.status = 200, "OK"
            one.delivered_at -= timedelta(hours=1)
    with stage.services.database.transaction() as connection:
        serve_exactly(connection, found.id, [ListedRepository(repository.id, REPOSITORY)])
