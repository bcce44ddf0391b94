"""One world for all tests of a run that ask for it: the sandbox GitHub, PostgreSQL and the service's processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import new_session_database
from tests.support.world import World, running_world

SANDBOX = Path(__file__).parents[1] / "sandbox"


@pytest.fixture(scope="session")
def world(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The running world; each test makes a repository of its own in it."""
    with (
        new_session_database(database_server) as url,
        running_world(tmp_path_factory.mktemp("world"), url) as world,
    ):
        yield world


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What plays in the world takes seconds, the sandbox is no part of the service: `make end-to-end` has both."""
    for item in items:
        if "world" in getattr(item, "fixturenames", ()) or item.path.parent == SANDBOX:
            item.add_marker("end_to_end")
