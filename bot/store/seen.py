"""What many deliveries teach at once: the sets that one transaction reads and writes for all of them.

The same for one alone, as the worker needs it: `bot.store.pull_requests` and `bot.store.installations`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.store.database import Connection
from bot.store.pull_requests import KnownPullRequest
from bot.store.text import repository_key, storable

Place = tuple[str, int]
"""A repository (in lower case) and the number of a pull request in it."""

MOST_MILLISECONDS_OF_WAITING = 2000
"""Of many deliveries for a lock that somebody holds; each of them is then tried on its own."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was known before these deliveries. Repositories are in lower case."""

    with_active_releases: frozenset[str]
    serving: dict[str, int]
    heads: dict[Place, str]


def read_known(connection: Connection, repositories: Collection[str], places: Collection[Place]) -> Known:
    """What is known of these repositories and pull requests: one exchange with the server.

    From then on this transaction rather fails than waits long for what another one holds.
    """
    asked = sorted(places)
    row = connection.execute(
        """
        SELECT set_config('lock_timeout', %(longest_wait)s, true),
            ARRAY(
                SELECT DISTINCT repository FROM releases
                WHERE repository = ANY(%(repositories)s) AND state IN ('armed', 'tagging')
            ),
            (
                SELECT json_object_agg(repository, installation_id) FROM installations
                WHERE repository = ANY(%(repositories)s) AND NOT suspended
            ),
            (
                SELECT json_agg(json_build_array(repository, number, head_sha))
                FROM unnest(%(in)s::text[], %(numbers)s::bigint[]) AS asked (repository, number)
                JOIN pull_requests USING (repository, number)
            )
        """,
        {
            "longest_wait": str(MOST_MILLISECONDS_OF_WAITING),
            "repositories": sorted(repositories),
            "in": [repository for repository, _ in asked],
            "numbers": [number for _, number in asked],
        },
    ).fetchone()
    _, active, serving, heads = row or (None, [], None, None)
    return Known(
        frozenset(active), serving or {}, {(repository, number): sha for repository, number, sha in heads or []}
    )


def remember_pull_requests(
    connection: Connection, seen: Sequence[tuple[KnownPullRequest, datetime | None]]
) -> None:
    """Keep what deliveries said of pull requests, each with GitHub's own time of that state.

    What comes late changes nothing, as in `bot.store.pull_requests.remember_pull_request`; what has no time counts
    as the newest. Of equally new states of one pull request the last counts.
    """
    newest: dict[Place, tuple[KnownPullRequest, datetime | None]] = {}
    for one, updated_at in seen:
        place = (repository_key(one.repository), one.number)
        before = newest[place][1] if place in newest else None
        if before is None or updated_at is None or before <= updated_at:
            newest[place] = (one, updated_at or before)
    # One order for all transactions: two with the same pull requests then never wait for each other.
    rows = [(place, *newest[place]) for place in sorted(newest)]
    connection.execute(
        """
        INSERT INTO pull_requests AS known
            (repository, number, installation_id, head_sha, base_branch, is_open, is_draft, title, author,
             head_seen_at, updated_at)
        SELECT repository, number, installation_id, head_sha, base_branch, is_open, is_draft, title, author,
               head_seen_at, coalesce(updated_at, '-infinity')
        FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::boolean[], %s::boolean[],
                    %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
            AS seen (repository, number, installation_id, head_sha, base_branch, is_open, is_draft, title, author,
                     head_seen_at, updated_at)
        ON CONFLICT (repository, number) DO UPDATE
            SET installation_id = excluded.installation_id, head_sha = excluded.head_sha,
                base_branch = excluded.base_branch, is_open = excluded.is_open, is_draft = excluded.is_draft,
                title = excluded.title, author = excluded.author,
                head_seen_at = CASE WHEN known.head_sha = excluded.head_sha THEN known.head_seen_at
                                    ELSE excluded.head_seen_at END,
                updated_at = greatest(known.updated_at, excluded.updated_at)
            WHERE known.updated_at <= excluded.updated_at OR excluded.updated_at = '-infinity'
        """,
        [
            [place[0] for place, _, _ in rows],
            [place[1] for place, _, _ in rows],
            [one.installation_id for _, one, _ in rows],
            [storable(one.head_sha) for _, one, _ in rows],
            [storable(one.base_branch) for _, one, _ in rows],
            [one.is_open for _, one, _ in rows],
            [one.is_draft for _, one, _ in rows],
            [storable(one.title) for _, one, _ in rows],
            [storable(one.author) for _, one, _ in rows],
            [one.head_seen_at for _, one, _ in rows],
            [updated_at for _, _, updated_at in rows],
        ],
    )
