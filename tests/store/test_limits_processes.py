"""The count of GitHub's limits under several processes and threads, and when a process or the database ends."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from bot.github_api.errors import LimitReached
from bot.github_api.limits import GRAPHQL, REST, Cost, Rules, Said
from bot.store.database import DatabaseUnreachableError
from bot.store.limits import LEASE_SECONDS, SharedLimiter
from tests.support.database_clock import DatabaseClock
from tests.support.forwarder import forwarder
from tests.support.service import wait_until

pytestmark = pytest.mark.end_to_end

ONE = "installation:1"
READ, REST_READ = Cost(ONE, GRAPHQL), Cost(ONE, REST)
FEW = Rules(rest_points=90)


@pytest.fixture
def limiter(database_url: str, database_clock: DatabaseClock) -> Iterator[SharedLimiter]:
    """A limiter in a database whose clock stands."""
    with closing(SharedLimiter(database_url, FEW)) as limiter:
        yield limiter


def send(limiter: SharedLimiter, cost: Cost) -> None:
    """One request, begun and over."""
    limiter.settle(limiter.acquire(cost), Said(succeeded=True))


def burst(limiter: SharedLimiter) -> int:
    """How many REST reads go through at once."""
    for sent in range(1000):
        try:
            send(limiter, REST_READ)
        except LimitReached:
            return sent
    raise AssertionError("there is no limit")


SPENDER = """
    import sys
    from bot.github_api.errors import LimitReached
    from bot.github_api.limits import Cost, Said
    from bot.store.limits import SharedLimiter

    limiter, cost, sent = SharedLimiter(sys.argv[1]), Cost("installation:1", "core"), 0
    print("ready", flush=True)
    sys.stdin.readline()
    while True:
        try:
            permit = limiter.acquire(cost)
        except LimitReached as limit:
            print(sent, limit.retry_after, flush=True)
            break
        sent += 1
        {after}
"""


def spender(url: str, after: str) -> subprocess.Popen[str]:
    """A process that sends REST reads until it finds no room, once it is told to begin."""
    text = textwrap.dedent(SPENDER).format(after=after)
    return subprocess.Popen(
        [sys.executable, "-c", text, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_two_processes_share_one_count(database_url: str, database_clock: DatabaseClock) -> None:
    """Together they send the minute's 900 reads, and not one more."""
    processes = [spender(database_url, "limiter.settle(permit, Said(succeeded=True))") for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    sent = [int(process.communicate(timeout=60)[0].split()[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(sent) == 900
    assert min(sent) > 0


def test_what_a_killed_process_had_under_way_is_forgotten(
    database_url: str, limiter: SharedLimiter, database_clock: DatabaseClock
) -> None:
    """Its 50 requests hold the installation for a minute, and no longer."""
    process = spender(database_url, "")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()
    assert process.stdout.readline().startswith("50 ")
    process.kill()
    process.communicate(timeout=10)
    with pytest.raises(LimitReached, match="at once"):
        limiter.acquire(READ)
    database_clock.pass_time(LEASE_SECONDS + 0.1)
    assert len([limiter.acquire(READ) for _ in range(50)]) == 50


def test_threads_of_one_installation_lose_nothing(limiter: SharedLimiter) -> None:
    """Eight threads send what there is room for, to the last request."""
    with ThreadPoolExecutor(8) as threads:
        sent = sum(threads.map(lambda _: burst(limiter), range(8)))
    assert sent == 90


def test_nothing_is_sent_uncounted(database_url: str) -> None:
    """While the database is away there is no leave; afterwards the same limiter goes on."""
    with forwarder(database_url) as way, closing(SharedLimiter(way.url)) as limiter:
        way.open()
        send(limiter, READ)
        way.cut()
        with pytest.raises(DatabaseUnreachableError):
            limiter.acquire(READ)
        way.open()

        def goes_on() -> bool:
            try:
                send(limiter, READ)
            except DatabaseUnreachableError:
                return False
            return True

        wait_until(goes_on, what="room after the outage")
