"""The client on a machine whose clock is wrong, with a GitHub that checks times by its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.github_api.client import GitHubClient

if TYPE_CHECKING:
    from tests.support.hub import Hub

TWO_MINUTES = timedelta(minutes=2)


@contextmanager
def client_with_a_clock(hub: Hub, key_pem: str, ahead: timedelta) -> Iterator[GitHubClient]:
    """Our App's client on a machine whose clock is `ahead` of GitHub's."""
    url = hub.github.url
    client = GitHubClient(url, f"{url}/graphql", str(hub.app.id), key_pem, lambda: hub.github.clock.now() + ahead)
    try:
        yield client
    finally:
        client.close()


@pytest.mark.parametrize("ahead", [TWO_MINUTES, -TWO_MINUTES], ids=["ahead", "behind"])
def test_clock_2_minutes_wrong(hub: Hub, key_pem: str, ahead: timedelta) -> None:
    """We are known, repositories are read, also when the first token is near its end; the skew shows."""
    repository = hub.repository()
    with client_with_a_clock(hub, key_pem, ahead) as client:
        assert client.identity().slug == hub.app.slug
        installation_id = client.installation_of(repository)
        assert installation_id is not None
        installation = client.installation(installation_id)
        for minutes in (0, 30, 26, 10):
            hub.github.clock.advance(minutes * 60)
            hub.github.requests.reset()
            assert installation.read_permission(repository, "raj") == "write"
            assert [one.status for one in hub.github.requests.records()].count(401) == 0
        assert client.clock_skew == pytest.approx(ahead.total_seconds(), abs=2)


def test_a_clock_that_is_ahead_costs_one_request(hub: Hub, key_pem: str) -> None:
    """GitHub refuses the first JWT, which was issued in its future; all later ones are by its own clock."""
    with client_with_a_clock(hub, key_pem, 2 * TWO_MINUTES) as client:
        hub.github.requests.reset()
        client.identity()
        assert [one.status for one in hub.github.requests.records()] == [401, 200]
        client.installations()
        assert [one.status for one in hub.github.requests.records()] == [401, 200, 200]


def test_a_clock_that_is_put_right(hub: Hub, key_pem: str) -> None:
    """What was made up for is no longer made up for, once GitHub refuses that."""
    url, ahead = hub.github.url, [TWO_MINUTES * 10]
    client = GitHubClient(
        url, f"{url}/graphql", str(hub.app.id), key_pem, lambda: hub.github.clock.now() + ahead[0]
    )
    client.identity()
    ahead[0] = timedelta(0)
    client.installations()
    assert client.clock_skew == pytest.approx(0, abs=2)
    client.close()


def test_the_right_clock_shows_no_skew(hub: Hub) -> None:
    """Within the seconds that a Date has."""
    hub.client.installations()
    assert hub.client.clock_skew == pytest.approx(0, abs=2)
