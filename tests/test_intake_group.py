"""Groups: who waits at the same time is served together, each with its own result or the error of its group."""

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from bot.intake_group import Group
from tests.support.service import wait_until


class OutageError(Exception):
    """An error that everybody would meet."""


class Held:
    """Work that waits until the test lets it go on; keeps the groups that it was given."""

    def __init__(self, fails: Callable[[int], Exception | None] = lambda _: None) -> None:
        self.groups: list[list[int]] = []
        self.gate = threading.Event()
        self._fails = fails

    def __call__(self, items: Sequence[int]) -> list[int]:
        """Twice each item."""
        self.groups.append(list(items))
        assert self.gate.wait(20)
        error = next((error for item in items if (error := self._fails(item)) is not None), None)
        if error is not None:
            raise error
        return [2 * item for item in items]


def behind_the_first(group: Group[int, int], work: Held, count: int) -> list[Future[int]]:
    """Submit 0, and while that is being done 1 to `count`; then let everything go on."""
    with ThreadPoolExecutor(count + 1) as threads:
        futures = [threads.submit(group.submit, 0)]
        wait_until(lambda: work.groups, what="the first group")
        futures += [threads.submit(group.submit, item) for item in range(1, count + 1)]
        wait_until(lambda: len(group._waiting) == count, what="all others' wait")
        work.gate.set()
    return futures


def test_alone_is_served_at_once() -> None:
    """Who comes alone waits for nobody, however patient the group is."""
    work = Held()
    work.gate.set()
    group = Group(work, most=64, patience=60.0)
    assert [group.submit(item) for item in (1, 2, 3)] == [2, 4, 6]
    assert work.groups == [[1], [2], [3]]


def test_who_waits_is_served_together() -> None:
    """All who came while the first was being served make the second group, and each gets its own result."""
    work = Held()
    futures = behind_the_first(Group(work, most=64, patience=0.0), work, 10)
    assert [future.result() for future in futures] == [2 * item for item in range(11)]
    assert [sorted(items) for items in work.groups] == [[0], list(range(1, 11))]


def test_groups_are_bounded() -> None:
    """No group is larger than it may be; those who came first are served first."""
    work = Held()
    futures = behind_the_first(Group(work, most=4, patience=0.0), work, 10)
    assert [future.result() for future in futures] == [2 * item for item in range(11)]
    assert [len(items) for items in work.groups] == [1, 4, 4, 2]


def test_an_error_meets_its_group_only() -> None:
    """What a group's work raises reaches everybody of the group and nobody else; the next one goes on."""
    work = Held(lambda item: ValueError(item) if item == 0 else None)
    futures = behind_the_first(Group(work, most=64, patience=0.0), work, 3)
    with pytest.raises(ValueError, match="0"):
        futures[0].result()
    assert [future.result() for future in futures[1:]] == [2, 4, 6]


def test_an_outage_meets_whoever_waits() -> None:
    """Nobody waits a second time for what the group before has waited for in vain; whoever comes later tries."""
    broken = True
    work = Held(lambda _: OutageError() if broken else None)
    group = Group(work, most=64, patience=0.0, for_all=lambda error: isinstance(error, OutageError))
    futures = behind_the_first(group, work, 5)
    assert [type(future.exception()) for future in futures] == [OutageError] * 6
    assert len(work.groups) == 1
    broken = False
    assert group.submit(7) == 14


def test_senders_that_come_back_are_waited_for() -> None:
    """After a group of three, the first to come back waits until three are there."""
    work = Held()
    group = Group(work, most=64, patience=60.0, recently=60.0)
    behind_the_first(group, work, 3)
    with ThreadPoolExecutor(3) as threads:
        futures = [threads.submit(group.submit, item) for item in range(3)]
    assert [future.result() for future in futures] == [0, 2, 4]
    assert sorted(work.groups[-1]) == [0, 1, 2]


def test_senders_of_long_ago_are_not() -> None:
    """Who comes alone after a pause waits for nobody, whoever came before."""
    work = Held()
    group = Group(work, most=64, patience=60.0, recently=0.0)
    behind_the_first(group, work, 3)
    assert group.submit(9) == 18


def test_patience_ends() -> None:
    """A sender that does not come back delays the others by the group's patience at most."""
    work = Held()
    group = Group(work, most=64, patience=0.02, recently=60.0)
    behind_the_first(group, work, 3)
    assert group.submit(9) == 18
    assert work.groups[-1] == [9]


def test_a_group_that_hangs() -> None:
    """Who is of it or waits for it gives up in time, who comes later at once; after it has ended all goes on."""
    hangs, goes_on = threading.Event(), threading.Event()

    def work(items: Sequence[int]) -> list[int]:
        if 0 in items:
            hangs.set()
            assert goes_on.wait(30)
        return [item * 2 for item in items]

    group: Group[int, int] = Group(work, most=8, patience=0.0, longest=1.0)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(group.submit, 0)
        assert hangs.wait(30)
        waiting = [threads.submit(group.submit, number) for number in (1, 2)]
        for one in (first, *waiting):
            with pytest.raises(TimeoutError):
                one.result(30)
        with pytest.raises(TimeoutError):
            group.submit(3)
        goes_on.set()
        wait_until(lambda: group._began_at == math.inf, what="the end of the group that hung")
        assert list(threads.map(group.submit, range(4, 8))) == [8, 10, 12, 14]
