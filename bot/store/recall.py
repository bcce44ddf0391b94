"""What the store knows of one pull request, in one statement, when it has just been read from GitHub.

Most pull requests have no hold, no command that waits and no override, so the statement only says which of them
are there. What has not changed is not written again: an evaluation that finds nothing new reads only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.model import Hold, Override, Reassignment
from bot.store.database import Connection
from bot.store.holds import holds_on, note_asked, reassignments_on, refusals_at
from bot.store.overrides import overrides_at
from bot.store.pull_requests import KnownPullRequest
from bot.store.sweeps import KeptGlimpse
from bot.store.text import repository_key, storable


@dataclass(frozen=True, slots=True)
class Memory:
    """What only the store knows of a pull request.

    `asked` are all who were ever asked for a review, in lower case and in order. `recorded` is head SHA and digest
    of the newest decision in the log. `looks_again_at` is when a look is queued for, if one is. `glimpse` is what
    the last evaluation left for the sweep to compare, if it came to its end. `watched` are the names of
    the checks that the policy of its base branch reads, as last known.
    """

    head_seen_at: datetime
    asked: tuple[str, ...]
    holds: tuple[Hold, ...]
    reassignments: tuple[Reassignment, ...]
    refusals: dict[str, str]
    overrides: tuple[Override, ...]
    has_commands: bool
    recorded: tuple[str, str] | None
    looks_again_at: datetime | None
    glimpse: KeptGlimpse | None
    watched: tuple[str, ...] | None


_RECALL = """
    WITH written AS (
        INSERT INTO pull_requests AS known
            (repository, number, installation_id, head_sha, base_branch, is_open, is_draft, title, author,
             head_seen_at, updated_at)
        SELECT %(repository)s, %(number)s, %(installation_id)s, %(head_sha)s, %(base_branch)s, %(is_open)s,
               %(is_draft)s, %(title)s, %(author)s, %(head_seen_at)s, '-infinity'
        -- Without this an unchanged row would be locked, and that is a write.
        WHERE NOT EXISTS (
            SELECT FROM pull_requests WHERE repository = %(repository)s AND number = %(number)s
                AND (installation_id, head_sha, base_branch, is_open, is_draft, title, author)
                    = (%(installation_id)s, %(head_sha)s, %(base_branch)s, %(is_open)s, %(is_draft)s, %(title)s,
                       %(author)s))
        ON CONFLICT (repository, number) DO UPDATE
            SET installation_id = excluded.installation_id, head_sha = excluded.head_sha,
                base_branch = excluded.base_branch, is_open = excluded.is_open, is_draft = excluded.is_draft,
                title = excluded.title, author = excluded.author,
                head_seen_at = CASE WHEN known.head_sha = excluded.head_sha THEN known.head_seen_at
                                    ELSE excluded.head_seen_at END
        RETURNING head_seen_at
    )
    SELECT coalesce(
               (SELECT head_seen_at FROM written),
               (SELECT head_seen_at FROM pull_requests WHERE repository = %(repository)s AND number = %(number)s)),
           ARRAY(SELECT login FROM asked_reviewers WHERE repository = %(repository)s AND number = %(number)s
                 ORDER BY login),
           EXISTS (SELECT FROM holds WHERE repository = %(repository)s AND number = %(number)s),
           EXISTS (SELECT FROM reassignments WHERE repository = %(repository)s AND number = %(number)s),
           EXISTS (SELECT FROM refused_requests WHERE repository = %(repository)s AND number = %(number)s
                       AND head_sha = %(head_sha)s AND refused_at > now() - interval '1 hour'),
           EXISTS (SELECT FROM overrides WHERE repository = %(repository)s AND commit_sha = %(head_sha)s),
           EXISTS (SELECT FROM commands WHERE repository = %(repository)s AND number = %(number)s
                       AND handled_by = 'pull_request' AND state <> 'answered'),
           newest.head_sha, newest.digest,
           (SELECT (args->>'moment')::timestamptz FROM procrastinate_jobs
            WHERE queueing_lock = 'later:' || %(job_key)s AND status = 'todo'),
           kept.digest, kept.watched, kept.look_again_at,
           watched.names
    FROM (VALUES (1)) AS always
    LEFT JOIN glimpses AS kept ON kept.repository = %(repository)s AND kept.number = %(number)s
    LEFT JOIN LATERAL (
        SELECT head_sha, digest FROM decisions
        WHERE repository = %(repository)s AND number = %(number)s AND kind = 'merge_gate' ORDER BY id DESC LIMIT 1
    ) AS newest ON true
    LEFT JOIN watched_checks AS watched
        ON watched.repository = %(repository)s AND watched.base_branch = %(base_branch)s
    """


def recall(connection: Connection, seen: KnownPullRequest, requested: set[str], job_key: str) -> Memory:
    """Keep what was just read from GitHub (`seen`, and who is `requested`, in lower case); what else is known.

    `job_key` is the key of the pull request's job: a later look at it is queued by it (`Queue.defer_later`).
    """
    repository, number = seen.repository, seen.number
    values = {
        "repository": repository_key(repository),
        "number": number,
        "installation_id": seen.installation_id,
        "head_sha": storable(seen.head_sha),
        "base_branch": storable(seen.base_branch),
        "is_open": seen.is_open,
        "is_draft": seen.is_draft,
        "title": storable(seen.title),
        "author": storable(seen.author),
        "head_seen_at": seen.head_seen_at,
        "job_key": job_key,
    }
    row = connection.execute(_RECALL, values).fetchone()
    if row is None:
        raise AssertionError("a SELECT from one row gives one")
    (
        seen_at,
        asked,
        held,
        reassigned,
        refused,
        overridden,
        has_commands,
        head_sha,
        digest,
        looks_again_at,
        *kept,
        watched,
    ) = row
    new = requested - set(asked)
    if new:
        note_asked(connection, repository, number, new)
    return Memory(
        head_seen_at=seen_at,
        asked=tuple(sorted({*asked, *new})),
        holds=holds_on(connection, repository, number) if held else (),
        reassignments=reassignments_on(connection, repository, number) if reassigned else (),
        refusals=refusals_at(connection, repository, number, seen.head_sha) if refused else {},
        overrides=overrides_at(connection, repository, [seen.head_sha]) if overridden else (),
        has_commands=has_commands,
        recorded=None if digest is None else (head_sha, digest),
        looks_again_at=looks_again_at,
        glimpse=None if kept[0] is None else KeptGlimpse(kept[0], tuple(kept[1]), kept[2]),
        watched=None if watched is None else tuple(watched),
    )
