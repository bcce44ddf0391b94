"""Sign-offs and overrides: who confirmed what for which commit, and what ended it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from bot.core.model import Override
from bot.core.release_model import SignOff
from bot.store.database import Connection, Database
from bot.store.overrides import Asking, ask_or_confirm, overrides_at, standing_overrides
from bot.store.sign_offs import (
    KEPT_IN_SIGHT,
    comments_of_sign_offs,
    end_by_comment,
    give,
    revoke,
    sign_offs_of,
)
from tests.support.builders import NOW

REPOSITORY, COMMIT = "meta/integration", "c" * 40
DAY = timedelta(hours=24)
FREEZE = SignOff("contract-freeze", "raj", COMMIT, NOW)


def given(connection: Connection, minutes: int = 0, comment: int = 1, **changes: str) -> SignOff:
    """A sign-off that was just given, so many minutes after the first."""
    sign_off = replace(FREEZE, given_at=NOW + timedelta(minutes=minutes), **changes)
    give(connection, "Meta/Integration", sign_off, comment_id=comment, comment_node_id=f"IC_{comment}")
    return sign_off


def ended(sign_off: SignOff, reason: str) -> SignOff:
    """The same, ended."""
    return replace(sign_off, ended=reason)


def test_by_raj_for_one_statement_only(connection: Connection) -> None:
    """Each statement and person stands alone; logins are the same in any case; other repositories have none."""
    given(connection, login="Raj")
    other = given(connection, statement="rollout-readiness", login="mira")
    assert sign_offs_of(connection, "META/integration") == (FREEZE, other)
    assert sign_offs_of(connection, "meta/other") == ()


def test_twice(connection: Connection) -> None:
    """A newer confirmation comes first and the older one stands beside it, but not without end."""
    several = [given(connection, minute, comment=minute, commit_sha=f"{minute}" * 40) for minute in range(6)]
    assert sign_offs_of(connection, REPOSITORY) == tuple(reversed(several[-KEPT_IN_SIGHT:]))


def test_revoked(connection: Connection) -> None:
    """Revoking ends all of that person's for the named statements, once; the reason is shown; others' stand."""
    given(connection)
    newest = given(connection, 5, comment=2)
    kept = [given(connection, statement="rollout-readiness"), given(connection, login="mira", comment=3)]
    assert revoke(connection, REPOSITORY, "RAJ", ["contract-freeze", "unknown"], NOW) == ("contract-freeze",)
    assert revoke(connection, REPOSITORY, "raj", ["contract-freeze"], NOW) == ()
    assert set(sign_offs_of(connection, REPOSITORY)) == {ended(newest, "it was revoked"), *kept}
    again = given(connection, 9, comment=4)
    assert again in sign_offs_of(connection, REPOSITORY)
    assert ended(newest, "it was revoked") not in sign_offs_of(connection, REPOSITORY)


def test_comment_deleted(connection: Connection) -> None:
    """All that one comment gave ends with it; what another comment gave stands; a namesake elsewhere too."""
    first = given(connection)
    rollout = given(connection, statement="rollout-readiness")
    second = given(connection, 5, comment=2)
    give(connection, "meta/other", FREEZE, comment_id=1, comment_node_id="IC_1")
    assert comments_of_sign_offs(connection, REPOSITORY) == {"IC_1": 1, "IC_2": 2}
    assert end_by_comment(connection, REPOSITORY, 1, NOW) == ("contract-freeze", "rollout-readiness")
    assert end_by_comment(connection, REPOSITORY, 1, NOW) == ()
    assert sign_offs_of(connection, REPOSITORY) == (second, ended(rollout, "the comment that said so was deleted"))
    assert first not in sign_offs_of(connection, REPOSITORY)
    assert comments_of_sign_offs(connection, REPOSITORY) == {"IC_2": 2}
    assert sign_offs_of(connection, "meta/other") == (FREEZE,)


def asked(connection: Connection, login: str, hours: int = 0, reason: str = "flaky") -> tuple[Asking, Override]:
    """One person asks for the backend's check to be overridden, so many hours after the first."""
    return ask_or_confirm(
        connection,
        "Meta/Integration",
        track="backend",
        commit_sha=COMMIT,
        login=login,
        reason=reason,
        now=NOW + timedelta(hours=hours),
        lasts=DAY,
    )


def test_override_by_one_person(connection: Connection) -> None:
    """It waits for a second one, however often and in whatever case the same person asks."""
    pending = Override("backend", COMMIT, "raj", "flaky", None, NOW + DAY)
    assert asked(connection, "Raj") == (Asking.ASKED, pending)
    assert asked(connection, "rAJ", 1, "again") == (Asking.REPEATED, pending)
    assert overrides_at(connection, REPOSITORY, [COMMIT, "f" * 40]) == (pending,)
    assert overrides_at(connection, REPOSITORY, ["f" * 40]) == ()


def test_override_by_two(connection: Connection) -> None:
    """The second person confirms it, from then on it lasts its time; a third changes nothing."""
    asked(connection, "raj")
    confirmed = Override("backend", COMMIT, "raj", "flaky", "mira", NOW + DAY + timedelta(hours=3))
    assert asked(connection, "Mira", 3, "me too") == (Asking.CONFIRMED, confirmed)
    assert asked(connection, "sofia", 4) == (Asking.STANDS, confirmed)
    assert asked(connection, "raj", 4) == (Asking.STANDS, confirmed)
    assert overrides_at(connection, REPOSITORY, [COMMIT]) == (confirmed,)


@pytest.mark.parametrize("second", [None, "mira"])
def test_override_expired(connection: Connection, second: str | None) -> None:
    """What expired, confirmed or not, is as if it had never been: the next person is a first one again."""
    asked(connection, "raj")
    if second is not None:
        asked(connection, second)
    outcome, override = asked(connection, "sofia", 24)
    assert (outcome, override.by, override.confirmed_by) == (Asking.ASKED, "sofia", None)
    assert overrides_at(connection, REPOSITORY, [COMMIT]) == (override,)


def test_standing_overrides_are_those_of_now(connection: Connection) -> None:
    """Those of all commits that two people confirmed, until the moment each expires."""
    asked(connection, "raj")
    assert standing_overrides(connection, REPOSITORY, NOW) == ()
    _, override = asked(connection, "mira")
    assert standing_overrides(connection, "META/Integration", NOW) == (override,)
    assert standing_overrides(connection, REPOSITORY, NOW + DAY) == ()
    assert standing_overrides(connection, "meta/other", NOW) == ()


def test_two_people_ask_at_once(database: Database) -> None:
    """Of two at the same moment one asks and the other confirms; both see the same override in the end."""
    barrier = threading.Barrier(2)

    def attempt(login: str) -> Asking:
        with database.transaction() as connection:
            barrier.wait(20)
            return asked(connection, login)[0]

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, ["raj", "mira"])) == [Asking.ASKED, Asking.CONFIRMED]
    with database.transaction() as connection:
        (override,) = overrides_at(connection, REPOSITORY, [COMMIT])
    assert {override.by, override.confirmed_by} == {"raj", "mira"}


def test_nobody_confirms_their_own(connection: Connection) -> None:
    """The database itself refuses an override that one person both asked for and confirmed."""
    asked(connection, "raj")
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("UPDATE overrides SET confirmed_by = by_login, confirmed_at = now()")
