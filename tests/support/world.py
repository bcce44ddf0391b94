"""A whole world for end-to-end tests: the sandbox GitHub, a real PostgreSQL, and the service's own processes.

One world serves a whole test session; each test has a repository of its own in it. Nothing here reaches into
the service: tests act on GitHub as people do, and look at what GitHub then shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import parse_qsl

import psycopg
import urllib3

from bot.store.queue import Job, Queue, queue_state
from bot.store.sweeps import repository_sweep_job, tag_sweep_job
from demo.local import PEOPLE, free_port, running_service, sandbox_github
from demo.source import FILES, make_repository
from sandbox import Sandbox
from tests.support.service import SECRET, wait_until


@dataclass(frozen=True, slots=True)
class ShownGate:
    """A gate as GitHub shows it: the newest check run of a name by our App. `state` is the product's word."""

    state: str
    title: str
    summary: str
    details_url: str
    runs: int


class World:
    """The sandbox, the service, and ways to wait for them."""

    def __init__(self, github: Sandbox, app: Any, database_url: str, service_url: str, folder: Path) -> None:
        self.github = github
        self.app = app
        self.service_url = service_url
        self.http = urllib3.PoolManager()
        self._database_url = database_url
        self._folder = folder
        self._made = 0

    def repository(
        self,
        *,
        files: Mapping[str, str] | None = None,
        collaborators: Mapping[str, str] | None = None,
        without: tuple[str, ...] = (),
        tags: tuple[str, ...] = (),
    ) -> str:
        """A new repository with the six tracks, our App installed on it; returns `owner/name`.

        `tags` are there, on main, before the App is.
        """
        self._made += 1
        name = f"meta/v3-{self._made}"
        source = make_repository(
            self._folder / f"source-{self._made}",
            {path: text for path, text in {**FILES, **(files or {})}.items() if path not in without},
        )
        rights = dict.fromkeys(PEOPLE, "write") if collaborators is None else dict(collaborators)
        self.github.import_repository(name, source=source, collaborators=rights)
        if tags:
            head = self.get(f"/repos/{name}/git/ref/heads/main")["object"]["sha"]
            self.as_user("raj").push_tags(name, dict.fromkeys(tags, head))
        self.github.install(self.app, name)
        self.settle()
        return name

    def open(self, login: str, repository: str, files: Mapping[str, str | None], **how: Any) -> Any:
        """Open a pull request into main; `how` as `open_pull_request` takes it."""
        self._made += 1
        how = {"base": "main", "branch": f"branch-{self._made}", "title": "Change something", **how}
        return self.as_user(login).open_pull_request(repository, files=dict(files), **how)

    def open_again(self, login: str, pull: Any, *, base: str) -> Any:
        """Another pull request from the same branch, into another base branch."""
        return self.as_user(login).open_pull_request(
            pull.repository, base=base, branch=pull.branch, files={}, title="The same again"
        )

    def as_user(self, login: str) -> Any:
        """A person's own client."""
        return self.github.as_user(login)

    def check(self, repository: str, sha: str, name: str, conclusion: str) -> None:
        """A check run of GitHub Actions that has ended."""
        actions = self.github.actions_app()
        self.github.complete_check(repository, sha, name, conclusion=conclusion, app=actions)

    def branch(self, repository: str, name: str) -> None:
        """A new branch where main is."""
        sha = self.get(f"/repos/{repository}/git/ref/heads/main")["object"]["sha"]
        body = {"ref": f"refs/heads/{name}", "sha": sha}
        self.as_user("raj").call("POST", f"/repos/{repository}/git/refs", body)

    def shipped_policy(self) -> str:
        """The text of the shipped policy, to be changed for a test."""
        return (Path(__file__).parents[2] / "policies" / "meta-integration-v3.yml").read_text()

    def settle(self) -> None:
        """Wait until every webhook was answered and nothing is waiting or running any more."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:

            def is_quiet() -> bool:
                self.github.wait_for_deliveries(timeout=30)
                before = self.github.requests.count()
                state = queue_state(connection)
                return state.waiting == 0 and state.running == 0 and self.github.requests.count() == before

            wait_until(is_quiet, what="quiet")

    def installation(self, repository: str) -> int:
        """The ID of our App's installation on a repository."""
        with self.github.world.lock:
            found = self.github.world.installation_on(self.app, self.github.repository(repository))
        assert found is not None
        return found.id

    def sweep(self, repository: str) -> None:
        """Compare the repository's gates with what they should be, as every ten minutes, and wait for the end."""
        self.defer(repository_sweep_job(repository, self.installation(repository)))
        self.settle()

    def sweep_tags(self, repository: str) -> None:
        """Compare the tags of the whole installation, as every minute, and wait for the end."""
        self.defer(tag_sweep_job(self.installation(repository)))
        self.settle()

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """What happens within never reaches the service."""
        self.settle()
        self.github.webhooks.pause()
        try:
            yield
        finally:
            self.github.webhooks.resume(drop=True)

    def defer(self, job: Job) -> None:
        """Queue a job, as a periodic task would at its time."""
        with psycopg.connect(self._database_url) as connection:
            Queue().defer(connection, job)

    def execute(self, statement: LiteralString, *values: object) -> None:
        """Change what the service keeps, as time would."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            connection.execute(statement, values)

    def later(self, repository: str) -> None:
        """Let the time come for whatever is to be done or tried again later, and wait until it is done."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            connection.execute(
                """
                UPDATE procrastinate_jobs SET scheduled_at = now()
                WHERE status = 'todo' AND scheduled_at > now() AND args::text LIKE %s
                """,
                [f'%"{repository}"%'],
            )
        self.settle()

    def everything_kept(self) -> str:
        """Each row of each table, and the log of the service: where no secret may be."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            tables = connection.execute(
                "SELECT format('SELECT row::text FROM %I.%I AS row', table_schema, table_name) "
                "FROM information_schema.tables "
                "WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            rows = [row for (query,) in tables for (row,) in connection.execute(query).fetchall()]
        return "\n".join([*rows, (self._folder / "service.log").read_text()])

    def gate(self, repository: str, sha: str, name: str = "gate") -> ShownGate | None:
        """The gate as it is shown now; None when there is none."""
        answer = self.get(f"/repos/{repository}/commits/{sha}/check-runs?filter=all&per_page=100")
        runs = [run for run in answer["check_runs"] if run["name"] == name and run["app"]["id"] == self.app.id]
        if not runs:
            return None
        newest = max(runs, key=lambda run: run["id"])
        output = newest["output"]
        state = newest["conclusion"] or newest["status"]
        return ShownGate(state, output["title"], output["summary"], newest["details_url"], len(runs))

    def shown(self, repository: str, sha: str, name: str = "gate") -> ShownGate:
        """The gate as it is shown once all is quiet; it has to be there."""
        self.settle()
        gate = self.gate(repository, sha, name)
        assert gate is not None, f"no {name} on {sha}"
        return gate

    def requested(self, repository: str, number: int) -> set[str]:
        """Who is asked for a review now."""
        answer = self.get(f"/repos/{repository}/pulls/{number}/requested_reviewers")
        return {user["login"] for user in answer["users"]}

    def comments(self, repository: str, number: int) -> list[str]:
        """The bodies of our App's comments on a pull request."""
        answer = self.get(f"/repos/{repository}/issues/{number}/comments?per_page=100")
        return [one["body"] for one in answer if one["user"]["type"] == "Bot"]

    def reactions(self, repository: str, comment: Mapping[str, Any]) -> list[str]:
        """The reactions to a comment, oldest first."""
        answer = self.get(f"/repos/{repository}/issues/comments/{comment['id']}/reactions")
        return [one["content"] for one in answer]

    def get(self, path: str) -> Any:
        """What GitHub's REST API shows to raj, who may read everything."""
        path, _, query = path.partition("?")
        return self.as_user("raj").call("GET", path, query=dict(parse_qsl(query)))

    @contextmanager
    def counted(self) -> Iterator[dict[str, int]]:
        """The requests our App sends to GitHub within: `reads` and `writes`, filled in once all is quiet."""
        self.settle()
        self.github.requests.reset()
        counts: dict[str, int] = {}
        yield counts
        self.settle()
        counts.update(self._counts())

    def _counts(self) -> dict[str, int]:
        own = [
            one
            for one in self.github.requests.records()
            if one.token_kind in ("installation", "app")
            and one.login == f"{self.app.slug}[bot]"
            and one.path != "/app/hook/deliveries"  # the look for missed deliveries, every five minutes
            and one.operation not in ("ReadTags", "ReadGuarded")  # the sweep of all tags, once a minute
        ]
        # Sweeps compare the repositories of all tests in turn, whichever test runs just then.
        sweeps = sum(one.operation == "ReadGlimpses" for one in own)
        reads = sum(one.kind == "read" for one in own) - sweeps
        writes = len(own) - reads - sweeps
        return {"reads": reads, "writes": writes, "total": reads + writes, "sweeps": sweeps}


@contextmanager
def running_world(folder: Path, database_url: str) -> Iterator[World]:
    """Sandbox and service, up and answering; both are stopped at the end.

    One installation does the work of a hundred tests within minutes, so github.com's limits are not counted here.
    """
    port = free_port()
    more = {"DATABASE_URL": database_url, "GITHUB_LIMITS": "none"}
    with (
        sandbox_github(folder / "github", f"http://127.0.0.1:{port}", SECRET) as (github, app),
        running_service(github, app, SECRET, port, folder / "var", folder / "service.log", more) as service,
    ):
        yield World(github, app, database_url, service.url, folder)
