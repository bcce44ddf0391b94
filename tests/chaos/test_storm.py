"""Nothing lost, nothing doubled: a storm with kills ends as the same storm does in peace, field by field."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.storm_run import Storms
from tests.support.storm_world import storm_world

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def storms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storms]:
    """One world for all storms of the module."""
    with storm_world(tmp_path_factory.mktemp("storm")) as world:
        yield Storms(world)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_storm_with_kills(storms: Storms, seed: int) -> None:
    """Web, workers and database are killed at drawn moments: all that was acknowledged is there, once."""
    verdict = storms.judge(seed)
    assert verdict.killed > 0
    assert verdict.acknowledged > 0
    assert verdict.lost == ()
    assert verdict.differences == ()
