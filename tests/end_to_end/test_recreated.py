"""A repository that is deleted and made again under the same name starts afresh."""

from __future__ import annotations

from pathlib import Path

from demo.local import PEOPLE
from demo.source import FILES, make_repository
from tests.support.world import World

DBT = {"dbt/models/a.sql": "select 1\n"}
RIGHTS = {**dict.fromkeys(PEOPLE, "write"), "raj": "admin"}


def test_a_repository_made_again_inherits_no_hold_and_no_reassignment(world: World, tmp_path: Path) -> None:
    """Its pull request 1 is not the one that Raj held and gave to Lina: Priya is asked, nothing is blocked."""
    repository = world.repository(collaborators=RIGHTS)
    pull = world.open("omar", repository, DBT)
    world.settle()
    world.as_user("raj").comment(pull, "/gate reassign @priya @lina\n/gate hold audit")
    world.settle()
    assert world.shown(repository, pull.head_sha).state == "failure"
    world.as_user("raj").delete_repository(repository)
    world.settle()

    again = make_repository(tmp_path / "again", FILES)
    world.github.import_repository(repository, source=again, collaborators=RIGHTS)
    world.github.install(world.app, repository)
    namesake = world.open("omar", repository, DBT)
    world.settle()
    assert namesake.number == pull.number
    assert world.requested(repository, namesake.number) == {"priya"}
    assert world.shown(repository, namesake.head_sha).state == "in_progress"
