"""What many deliveries teach at once: the sets that one transaction reads and writes for all of them.

The same for one alone, as the worker needs it: `bot.store.pull_requests` and `bot.store.installations`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.store.database import Connection
from bot.store.pull_requests import KnownPullRequest
from bot.store.rows import rows_of
from bot.store.text import repository_key, storable

Place = tuple[str, int]
"""A repository (in lower case) and the number of a pull request in it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was known before these deliveries. Repositories are in lower case."""

    with_active_releases: frozenset[str]
    serving: dict[str, int]
    heads: dict[Place, str]


def read_known(
    connection: Connection, repositories: Collection[str], places: Collection[Place], longest_wait: float
) -> Known:
    """What is known of these repositories and pull requests: one exchange with the server.

    From then on this transaction rather fails than waits longer for what another one holds; in seconds.
    """
    row = connection.execute(
        """
        SELECT set_config('lock_timeout', %(longest_wait)s, true),
            ARRAY(
                SELECT DISTINCT repository FROM releases
                WHERE repository = ANY(%(repositories)b::text[]) AND state IN ('armed', 'tagging')
            ),
            (
                SELECT json_object_agg(repository, installation_id) FROM installations
                WHERE repository = ANY(%(repositories)b::text[]) AND NOT suspended
            ),
            (
                SELECT json_agg(json_build_array(repository, number, head_sha))
                FROM json_to_recordset(%(places)s) AS asked (repository text, number bigint)
                JOIN pull_requests USING (repository, number)
            )
        """,
        {
            "longest_wait": f"{longest_wait * 1000:.0f}ms",
            "repositories": sorted(repositories),
            "places": rows_of([{"repository": repository, "number": number} for repository, number in places]),
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
    connection.execute(
        """
        INSERT INTO pull_requests AS known
            (repository, number, installation_id, head_sha, base_branch, is_open, is_draft, title, author,
             head_seen_at, updated_at)
        SELECT repository, number, installation_id, head_sha, base_branch, is_open, is_draft, title, author,
               head_seen_at, coalesce(updated_at, '-infinity')
        FROM json_to_recordset(%s) AS seen (
            repository text, number bigint, installation_id bigint, head_sha text, base_branch text,
            is_open boolean, is_draft boolean, title text, author text, head_seen_at timestamptz,
            updated_at timestamptz
        )
        ON CONFLICT (repository, number) DO UPDATE
            SET installation_id = excluded.installation_id, head_sha = excluded.head_sha,
                base_branch = excluded.base_branch, is_open = excluded.is_open, is_draft = excluded.is_draft,
                title = excluded.title, author = excluded.author,
                head_seen_at = CASE WHEN known.head_sha = excluded.head_sha THEN known.head_seen_at
                                    ELSE excluded.head_seen_at END,
                updated_at = greatest(known.updated_at, excluded.updated_at)
            WHERE known.updated_at <= excluded.updated_at OR excluded.updated_at = '-infinity'
        """,
        [rows_of([_columns(place, *newest[place]) for place in sorted(newest)])],
    )


def _columns(place: Place, seen: KnownPullRequest, updated_at: datetime | None) -> dict[str, object]:
    return {
        "repository": place[0],
        "number": place[1],
        "installation_id": seen.installation_id,
        "head_sha": storable(seen.head_sha),
        "base_branch": storable(seen.base_branch),
        "is_open": seen.is_open,
        "is_draft": seen.is_draft,
        "title": storable(seen.title),
        "author": storable(seen.author),
        "head_seen_at": seen.head_seen_at,
        "updated_at": updated_at,
    }
