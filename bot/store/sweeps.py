"""What sweeps compare by: the digest that each gate left behind, and when each repository was looked at last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.store.database import Connection
from bot.store.queue import SWEEP_JOB, SWEEP_TAGS_JOB, Job
from bot.store.text import repository_key, storable

SWEEP_REPOSITORY, SWEEP_TAGS_OF = "sweep_repository", "sweep_tags_of"


def repository_sweep_job(repository: str, installation_id: int, *, priority: int = SWEEP_JOB.priority) -> Job:
    """The job that compares a repository's open pull requests with what was kept of them."""
    key = repository_key(repository)
    arguments = {"repository": key, "installation_id": installation_id}
    return Job(SWEEP_REPOSITORY, f"sweep:{key}", arguments, priority)


def tag_sweep_job(installation_id: int) -> Job:
    """The job that compares the tags of all repositories of an installation with what was kept of them."""
    arguments = {"installation_id": installation_id}
    return Job(SWEEP_TAGS_OF, f"sweep_tags:{installation_id}", arguments, SWEEP_TAGS_JOB.priority)


@dataclass(frozen=True, slots=True)
class KeptGlimpse:
    """What a list should show of one pull request (see `bot.core.glimpse`).

    `watched` are the names of the checks that the digest was made by. `look_again_at`: time alone may change the
    gate then.
    """

    digest: str
    watched: tuple[str, ...]
    look_again_at: datetime | None


def keep_glimpse(connection: Connection, repository: str, number: int, glimpse: KeptGlimpse) -> None:
    """A gate was evaluated to its end, and this is what should be seen from now on."""
    connection.execute(
        """
        INSERT INTO glimpses AS kept (repository, number, digest, watched, look_again_at)
        VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (repository, number) DO UPDATE
            SET digest = excluded.digest, watched = excluded.watched, look_again_at = excluded.look_again_at
            WHERE (kept.digest, kept.watched, kept.look_again_at)
                IS DISTINCT FROM (excluded.digest, excluded.watched, excluded.look_again_at)
        """,
        [
            repository_key(repository),
            number,
            glimpse.digest,
            [storable(name) for name in glimpse.watched],
            glimpse.look_again_at,
        ],
    )


def forget_glimpses(connection: Connection, repository: str, numbers: Iterable[int]) -> None:
    """How these pull requests should look is not known: they closed, or an evaluation did not come to its end."""
    connection.execute(
        "DELETE FROM glimpses WHERE repository = %s AND number = ANY(%s)",
        [repository_key(repository), sorted(numbers)],
    )


def glimpses_of(connection: Connection, repository: str) -> dict[int, KeptGlimpse]:
    """All that is kept for a repository, by number."""
    rows = connection.execute(
        "SELECT number, digest, watched, look_again_at FROM glimpses WHERE repository = %s",
        [repository_key(repository)],
    )
    return {number: KeptGlimpse(digest, tuple(watched), at) for number, digest, watched, at in rows}


def note_queued(connection: Connection, repository: str, now: datetime) -> None:
    """The sweep has come to this repository: the job that compares its pull requests is queued."""
    connection.execute(
        """
        INSERT INTO repository_sweeps (repository, queued_at) VALUES (%s, %s)
        ON CONFLICT (repository) DO UPDATE SET queued_at = excluded.queued_at
        """,
        [repository_key(repository), now],
    )


def note_node_id(connection: Connection, repository: str, node_id: str, now: datetime) -> None:
    """GitHub's node ID of a repository, as a sweep has just read it."""
    connection.execute(
        """
        INSERT INTO repository_sweeps AS kept (repository, queued_at, node_id) VALUES (%s, %s, %s)
        ON CONFLICT (repository) DO UPDATE SET node_id = excluded.node_id
            WHERE kept.node_id IS DISTINCT FROM excluded.node_id
        """,
        [repository_key(repository), now, storable(node_id)],
    )


def repositories_in_turn(connection: Connection, since: datetime, share: float) -> list[tuple[str, int]]:
    """(repository, installation ID) of those that the sweep has not come to since, the longest waiting first.

    At most `share` of all that are served, so that they spread over the time between two turns.
    """
    return connection.execute(
        """
        WITH served AS (
            SELECT installations.repository, installation_id, queued_at FROM installations
            LEFT JOIN repository_sweeps USING (repository)
            WHERE NOT suspended
        )
        SELECT repository, installation_id FROM served WHERE queued_at IS NULL OR queued_at < %s
        ORDER BY queued_at NULLS FIRST, repository
        LIMIT (SELECT ceil(count(*) * %s::float) FROM served)
        """,
        [since, share],
    ).fetchall()


@dataclass(frozen=True, slots=True)
class TagLook:
    """What the last look at a repository's tags left. `digest` None: there was none, or it found something."""

    repository: str
    node_id: str | None
    digest: str | None


def tag_looks(connection: Connection, installation_id: int) -> list[TagLook]:
    """Of every repository that an installation serves now, by name."""
    rows = connection.execute(
        """
        SELECT repository, node_id, tags_digest FROM installations LEFT JOIN repository_sweeps USING (repository)
        WHERE NOT suspended AND installation_id = %s ORDER BY repository
        """,
        [installation_id],
    )
    return [TagLook(*row) for row in rows]


def note_tags(connection: Connection, digests: Mapping[str, str | None]) -> None:
    """What the tags of repositories look like now; whoever notes it queues a look at what has changed."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE repository_sweeps SET tags_digest = %s WHERE repository = %s",
            [(digest, repository_key(name)) for name, digest in sorted(digests.items())],
        )


def serving_installations(connection: Connection) -> list[int]:
    """The installations that serve a repository now."""
    rows = connection.execute("SELECT DISTINCT installation_id FROM installations WHERE NOT suspended ORDER BY 1")
    return [row[0] for row in rows]


def forget_tags(connection: Connection, repository: str) -> None:
    """Something is wrong with the tags, or could not be told: the next sweep looks again."""
    connection.execute(
        "UPDATE repository_sweeps SET tags_digest = NULL WHERE repository = %s AND tags_digest IS NOT NULL",
        [repository_key(repository)],
    )


def close_listed_no_more(connection: Connection, repository: str, numbers: Sequence[int]) -> None:
    """Pull requests that were open before GitHub's list was read, and are not in it."""
    connection.execute(
        "UPDATE pull_requests SET is_open = false WHERE repository = %s AND number = ANY(%s)",
        [repository_key(repository), list(numbers)],
    )
    forget_glimpses(connection, repository, numbers)
