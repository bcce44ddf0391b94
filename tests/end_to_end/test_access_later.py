"""Who GitHub refused to ask for a review, and who got access since, is asked."""

from __future__ import annotations

import psycopg

from demo.local import PEOPLE
from tests.support.world import World

DBT = {"dbt/models/a.sql": "select 1\n"}


def without_priya() -> dict[str, str]:
    """Everybody's rights, with none for priya."""
    return {**{login: "write" for login in PEOPLE if login != "priya"}, "raj": "admin"}


def let_in(world: World, repository: str) -> None:
    """Raj gives priya access."""
    world.as_user("raj").call("PUT", f"/repos/{repository}/collaborators/priya", {"permission": "push"})
    world.settle()


def test_somebody_gets_access_and_is_asked(world: World) -> None:
    """GitHub says `member added`: each pull request that waits for her asks her now."""
    repository = world.repository(collaborators=without_priya())
    pulls = [world.open("omar", repository, {f"dbt/models/{name}.sql": "select 1\n"}) for name in "ab"]
    world.settle()
    assert [world.requested(repository, pull.number) for pull in pulls] == [set(), set()]
    let_in(world, repository)
    assert [world.requested(repository, pull.number) for pull in pulls] == [{"priya"}, {"priya"}]


def test_access_that_nobody_told_of(world: World) -> None:
    """Through a team, or behind a lost event: a sweep asks again, an hour after the refusal."""
    repository = world.repository(collaborators=without_priya())
    pull = world.open("omar", repository, DBT)
    world.settle()
    with world.unheard():
        let_in(world, repository)
    with world.counted() as counts:
        world.sweep(repository)
    assert counts["total"] == 0  # GitHub would most likely say the same
    assert world.requested(repository, pull.number) == set()
    with psycopg.connect(world._database_url) as connection:
        connection.execute("UPDATE refused_requests SET refused_at = now() - interval '61 minutes'")
    world.sweep(repository)
    assert world.requested(repository, pull.number) == {"priya"}
