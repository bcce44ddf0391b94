"""Nothing lost, nothing doubled: a storm with kills ends as the same storm does in peace, field by field."""

from __future__ import annotations

import pytest

from tests.support.storm_run import Storms, judge_with_kills
from tests.support.storm_world import StormWorld

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def storms(storm: StormWorld) -> Storms:
    """Storms in one world, which is still there after each."""
    return Storms(storm)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_storm_with_kills(storm: StormWorld, storms: Storms, seed: int) -> None:
    """Web, workers and database are killed at drawn moments: all that was acknowledged is there, once."""
    verdict = judge_with_kills(storms, storm, seed)
    assert verdict.killed > 0
    assert verdict.acknowledged > 0
    assert verdict.lost == ()
    assert verdict.differences == ()
