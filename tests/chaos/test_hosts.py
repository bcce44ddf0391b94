"""Past one machine: one of several hosts disappears without a word, and another one takes over its work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hosts import why_not
from tests.support.hosts_world import Disappearance, HostsWorld, hosts_world
from tests.support.storm_run import Storms

WHY_NOT = why_not()
pytestmark = [pytest.mark.chaos, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]
TAKEN_OVER_WITHIN = 60.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[HostsWorld]:
    """Hosts A (PostgreSQL, GitHub), B and C (web and worker each)."""
    with hosts_world(tmp_path) as world:
        yield world


@pytest.mark.parametrize("dies", [False, True], ids=["stands still and comes back", "dies"])
def test_host_disappears(world: HostsWorld, dies: bool, record_property: pytest.RecordProperty) -> None:
    """Its jobs and locks go to others within 60 seconds; nothing is lost or doubled, also when it is back."""
    trouble = Disappearance(world, dies)
    verdict = Storms(world).judge(101 + dies, trouble)
    record_property("taken_over_seconds", trouble.taken_over)
    assert trouble.held_jobs > 0
    assert trouble.held_locks > 0
    assert trouble.taken_over <= TAKEN_OVER_WITHIN
    assert verdict.lost == ()
    assert verdict.differences == ()
