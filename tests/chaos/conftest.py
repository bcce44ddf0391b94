"""One world for the chaos tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.storm_world import StormWorld, storm_world


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StormWorld]:
    """GitHub, PostgreSQL, two web processes and two workers, each of which may be killed."""
    with storm_world(tmp_path_factory.mktemp("storm")) as world:
        yield world
