"""GitHub's limits and refused tokens, with the whole service: what one installation meets stays its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from demo.local import PEOPLE
from demo.source import FILES
from sandbox.seeding import find_installation
from tests.support.service import wait_until
from tests.support.world import World

CHANGE = {"dbt/models/a.sql": "select 1\n"}
PAUSE = 6
"""Seconds: longer than a gate takes."""


@dataclass(frozen=True)
class Two:
    """Two repositories, each of an installation of its own."""

    limited: str
    other: str


@pytest.fixture
def two(world: World) -> Iterator[Two]:
    """Two installations; no fault outlives the test."""
    limited, other = world.repository(), "acme/integration"
    world.github.import_repository(other, files=FILES, collaborators=dict.fromkeys(PEOPLE, "write"))
    world.github.install(world.app, other)
    world.settle()
    yield Two(limited, other)
    world.github.faults.clear()


def installation_of(world: World, repository: str) -> Any:
    """The sandbox's own record."""
    return find_installation(world.github.world, world.app, world.github.repository(repository))


def gate_appears(world: World, repository: str, sha: str) -> float:
    """Wait for the gate; when it was there, by this machine's clock."""
    wait_until(lambda: world.gate(repository, sha), what=f"the gate in {repository}")
    return time.monotonic()


def test_secondary_limit_on_one_installation_while_another_works(world: World, two: Two) -> None:
    """GitHub wants one to pause: nothing is sent for it meanwhile; the other's gate is posted; then its own."""
    installation = installation_of(world, two.limited).id
    message = "You have exceeded a secondary rate limit"
    world.github.faults.fail(
        403, headers={"Retry-After": str(PAUSE)}, message=message, installation=installation, path="/graphql"
    )
    started = time.monotonic()
    waiting = [world.open("omar", two.limited, {f"dbt/models/{n}.sql": "select 1\n"}) for n in range(3)]
    wait_until(lambda: refusals(world, installation), what="the refusal")
    refused_at = time.monotonic()
    pull = world.open("omar", two.other, CHANGE)
    gate_appears(world, two.other, pull.head_sha)
    assert [world.gate(two.limited, one.head_sha) for one in waiting] == [None] * 3
    assert time.monotonic() - started < PAUSE
    for one in waiting:
        assert gate_appears(world, two.limited, one.head_sha) >= refused_at + PAUSE - 2
    assert len(refusals(world, installation)) == 1


def refusals(world: World, installation: int) -> list[Any]:
    """The requests of an installation that were refused for a limit."""
    records = world.github.requests.records()
    return [one for one in records if one.installation == installation and one.status == 403]


def test_token_revoked_in_the_middle(world: World) -> None:
    """Between reading and writing the token becomes worthless: one renewal, and each write is done once."""
    repository = world.repository()
    installation = installation_of(world, repository)
    world.github.faults.interpose(
        lambda: world.github.world.tokens.revoke_installation(installation),
        operation="createCheckRun",
        installation=installation.id,
    )
    world.github.requests.reset()
    pull = world.open("omar", repository, CHANGE)
    gate = world.shown(repository, pull.head_sha)
    assert gate.runs == 1
    records = world.github.requests.records()
    mine = [one for one in records if one.path.endswith("/access_tokens")]
    assert len(mine) == 1
    assert [one.status for one in records].count(401) == 1


def test_no_token_is_kept_in_clear(world: World) -> None:
    """Neither a row of the database nor the log shows a token, and the log shows no key."""
    repository = world.repository()
    pull = world.open("omar", repository, CHANGE)
    world.shown(repository, pull.head_sha)
    kept = world.everything_kept()
    tokens = list(world.github.world.tokens._issued)
    assert tokens
    assert [token for token in tokens if token in kept] == []
    assert "ghs_" not in kept
