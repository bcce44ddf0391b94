"""A worker inside the test's process, and a reconciler that records what it is asked to do."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from uuid import UUID

from bot.foundation import Foundation, WebServices
from bot.store.installations import remember_app, remember_installation
from bot.store.queue import Job
from bot.worker import WorkerOptions, work_until_told


class Recorder:
    """A reconciler that notes its calls, takes `seconds`, fails with `failures` first, and can be held."""

    def __init__(
        self,
        *,
        seconds: float = 0.0,
        failures: Sequence[Exception] = (),
        hold: bool = False,
        open_pull_requests: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        self.evaluated: list[int] = []
        self.deliveries: list[UUID | None] = []
        self.overlaps: list[int] = []
        self.most_at_once = 0
        self._running: Counter[int] = Counter()
        self._failures = list(failures)
        self._seconds = seconds
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._open_pull_requests = open_pull_requests or {}
        if not hold:
            self._open.set()

    @property
    def running(self) -> list[int]:
        """The pull requests being evaluated now."""
        with self._lock:
            return list(self._running.elements())

    def release(self) -> None:
        """Let evaluations that are held go on."""
        self._open.set()

    def pull_request(
        self, services: Foundation, repository: str, number: int, installation_id: int, *, delivery: UUID | None
    ) -> None:
        """Note the evaluation, and whether another of the same pull request runs now."""
        with self._lock:
            if self._running[number]:
                self.overlaps.append(number)
            self._running[number] += 1
            self.most_at_once = max(self.most_at_once, self._running.total())
            failure = self._failures.pop(0) if self._failures else None
        self._open.wait(30)
        time.sleep(self._seconds)  # the work itself, not a wait for something
        with self._lock:
            self._running[number] -= 1
            self.evaluated.append(number)
            self.deliveries.append(delivery)
        if failure is not None:
            raise failure

    def merge_group(
        self,
        services: Foundation,
        repository: str,
        head_sha: str,
        base_branch: str,
        installation_id: int,
        *,
        delivery: UUID | None,
    ) -> None:
        """Not used by these tests."""
        raise AssertionError("no merge group was expected")

    def repository(self, services: Foundation, repository: str, installation_id: int) -> Sequence[int]:
        """The open pull requests that the test named."""
        return self._open_pull_requests.get(repository, ())

    def sweep_repository(self, services: Foundation, repository: str, installation_id: int) -> Sequence[int]:
        """All of them have changed."""
        return self._open_pull_requests.get(repository, ())

    def sweep_tags(self, services: Foundation, installation_id: int) -> None:
        """Every tag is as it was."""

    def recover_deliveries(self, services: Foundation) -> None:
        """Nothing was missed."""

    def installations(self, services: Foundation) -> Sequence[int]:
        """One, always the same."""
        with services.database.transaction() as connection:
            remember_app(connection, 1, "trackgate")
        return [7]

    def installation(self, services: Foundation, installation_id: int, *, has_changed: bool = False) -> Set[str]:
        """Remember what GitHub would say; all of it is new."""
        with services.database.transaction() as connection:
            remember_installation(connection, installation_id, self._open_pull_requests)
        return self._open_pull_requests.keys()


@contextmanager
def work_in_this_process(
    services: Foundation, recorder: Recorder, options: WorkerOptions | None = None
) -> Iterator[None]:
    """Run the real worker in a thread while the block runs; fails the test when the worker fails."""
    told: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    failed: list[BaseException] = []

    async def work() -> None:
        event = asyncio.Event()
        told.append((asyncio.get_running_loop(), event))
        await work_until_told(services, recorder, options or WorkerOptions(), event)

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        recorder.release()
        while not told and thread.is_alive():
            time.sleep(0.01)
        if told:
            loop, event = told[0]
            loop.call_soon_threadsafe(event.set)
        thread.join(30)
    assert not thread.is_alive()
    assert failed == []


def defer(services: WebServices, *several: Job) -> None:
    """Queue jobs in one transaction."""
    with services.database.transaction() as connection:
        services.queue.defer_many(connection, several)


def rows(services: WebServices, query: str) -> list[tuple[object, ...]]:
    """What a query finds."""
    with services.database.transaction() as connection:
        return connection.execute(query.encode()).fetchall()
