"""What the store says of a pull request that was just read, and what it does not write again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core.model import Hold, Override, Reassignment
from bot.core.subjects import PullRequestSubject
from bot.store.database import Connection
from bot.store.holds import note_asked, note_refusals, place_hold, reassign
from bot.store.overrides import ask_or_confirm
from bot.store.pull_requests import KnownPullRequest, find_pull_request
from bot.store.queue import Queue, job_for
from bot.store.recall import recall

NOON = datetime(2026, 2, 19, 12, tzinfo=UTC)
SEEN = KnownPullRequest("Meta/Integration", 12, 7, "a" * 40, "main", True, False, "A title", "sofia", NOON)
JOB = job_for(PullRequestSubject("Meta/Integration", 12), 7)


def version_of(connection: Connection) -> list[tuple[str, str]]:
    """Who wrote and who locked the rows last: PostgreSQL's own marks."""
    return connection.execute("SELECT xmin::text, xmax::text FROM pull_requests").fetchall()


def test_an_unchanged_pull_request_is_not_written(connection: Connection) -> None:
    """A second look at the same state neither writes nor locks its row, and keeps when the head was first seen."""
    recall(connection, SEEN, set(), JOB.key)
    connection.commit()
    before = version_of(connection)
    again = replace(SEEN, head_seen_at=NOON + timedelta(hours=1))
    assert recall(connection, again, set(), JOB.key).head_seen_at == NOON
    assert connection.execute("SELECT pg_current_xact_id_if_assigned()").fetchone() == (None,)
    connection.commit()
    assert version_of(connection) == before


def test_a_new_head_starts_its_own_time(connection: Connection) -> None:
    """A push is kept, and the head was first seen now; a new title on the same head changes no time."""
    recall(connection, SEEN, set(), JOB.key)
    pushed = replace(SEEN, head_sha="b" * 40, head_seen_at=NOON + timedelta(hours=1))
    assert recall(connection, pushed, set(), JOB.key).head_seen_at == NOON + timedelta(hours=1)
    titled = replace(pushed, title="Another", head_seen_at=NOON + timedelta(hours=2))
    assert recall(connection, titled, set(), JOB.key).head_seen_at == NOON + timedelta(hours=1)
    known = find_pull_request(connection, "meta/integration", 12)
    assert known is not None
    assert (known.title, known.head_sha) == ("Another", "b" * 40)


def test_nothing_is_known_of_a_new_one(connection: Connection) -> None:
    """No hold, no refusal, no command, no decision, no look to come."""
    memory = recall(connection, SEEN, set(), JOB.key)
    assert (memory.asked, memory.holds, memory.reassignments, memory.refusals) == ((), (), (), {})
    assert (memory.overrides, memory.has_commands, memory.recorded) == ((), False, None)
    assert memory.looks_again_at is None


def test_all_that_people_and_github_said_comes_back(connection: Connection) -> None:
    """Holds, reassignments, refusals at this head, overrides of this commit, whom anybody asked, the next look."""
    place_hold(connection, SEEN.repository, 12, Hold("raj", "wait"), NOON)
    reassign(connection, SEEN.repository, 12, Reassignment("maya", "raj", "maya"), NOON)
    note_refusals(connection, SEEN.repository, 12, SEEN.head_sha, {"lina": "no collaborator"})
    note_refusals(connection, SEEN.repository, 12, "b" * 40, {"priya": "another head"})
    lasts = timedelta(hours=1)
    ask_or_confirm(
        connection,
        SEEN.repository,
        track="dbt",
        commit_sha=SEEN.head_sha,
        login="raj",
        reason="r",
        now=NOON,
        lasts=lasts,
    )
    note_asked(connection, SEEN.repository, 12, ["priya"])
    Queue().defer_later(connection, JOB, NOON + lasts, now=NOON)
    memory = recall(connection, SEEN, {"sofia"}, JOB.key)
    assert memory.holds == (Hold("raj", "wait"),)
    assert memory.reassignments == (Reassignment("maya", "raj", "maya"),)
    assert memory.refusals == {"lina": "no collaborator"}
    assert memory.overrides == (Override("dbt", SEEN.head_sha, "raj", "r", None, NOON + lasts),)
    assert memory.asked == ("priya", "sofia")
    assert memory.looks_again_at == NOON + lasts
    assert recall(connection, SEEN, set(), JOB.key).asked == ("priya", "sofia")
    other = job_for(PullRequestSubject(SEEN.repository, 13), 7)
    assert recall(connection, replace(SEEN, number=13), set(), other.key).asked == ()
