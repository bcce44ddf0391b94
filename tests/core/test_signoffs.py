"""The sign-offs row, to the letter: each line, each age, and which of several confirmations is told of."""

from __future__ import annotations

from datetime import timedelta

from bot.core.binding import binding_of
from bot.core.model import NextAction
from bot.core.release_model import ReleaseItem, ReleaseRow, RowKind, SignOff
from bot.core.signoffs import JudgedSignOffs, judge_sign_offs
from bot.core.words import State
from tests.support.builders import policy
from tests.support.release_builders import (
    OTHER,
    SIGNED,
    TARGET,
    VALIDATED,
    all_sign_offs,
    compared,
    release_facts,
    sign_off,
)

ITSELF = "made for 7a467a4 itself"
VOIDED = {OTHER: compared(OTHER, "backend/a.py"), VALIDATED: compared(VALIDATED, "dbt/a.sql")}


def judged(*sign_offs: SignOff) -> JudgedSignOffs:
    """The row for these sign-offs, by the shipped policy."""
    facts = release_facts(sign_offs=sign_offs, comparisons=VOIDED)
    return judge_sign_offs(sign_offs, policy().policy, binding_of(facts, policy().policy))


def given(login: str, statement: str, minute: int = 0) -> ReleaseItem:
    """The line of a confirmation that counts."""
    since = SIGNED + timedelta(minutes=minute)
    return ReleaseItem(statement, State.SUCCESS, f"{login} confirmed {statement}, {ITSELF}", since=since)


def missing(login: str, statement: str, why: str, minute: int | None = None) -> ReleaseItem:
    """The line of a confirmation that does not, or is not there."""
    since = SIGNED + timedelta(minutes=minute) if minute is not None else None
    action = NextAction(login, f"comment `/gate approve {statement}`")
    return ReleaseItem(statement, State.IN_PROGRESS, f"{login} {why}", action, since)


def test_all_is_confirmed() -> None:
    """As old as the first confirmation that counts."""
    later = sign_off("raj", "contract-freeze", minute=7)
    row = judged(later, *all_sign_offs()[1:]).row
    assert row == ReleaseRow(
        RowKind.SIGN_OFFS,
        State.SUCCESS,
        "confirmed by raj, mira",
        since=SIGNED,
        items=(
            given("raj", "contract-freeze", 7),
            given("mira", "contract-freeze"),
            given("raj", "rollout-readiness"),
            given("mira", "rollout-readiness"),
        ),
    )


def test_some_are_missing() -> None:
    """Who has yet to confirm what, in the policy's order; the first of them acts next, for all that is theirs."""
    row = judged(sign_off("mira", "contract-freeze", minute=3)).row
    assert row == ReleaseRow(
        RowKind.SIGN_OFFS,
        State.IN_PROGRESS,
        "raj has yet to confirm contract-freeze, rollout-readiness; mira has yet to confirm rollout-readiness",
        NextAction("raj", "comment `/gate approve contract-freeze rollout-readiness`"),
        SIGNED + timedelta(minutes=3),
        (
            missing("raj", "contract-freeze", "has not confirmed contract-freeze"),
            given("mira", "contract-freeze", 3),
            missing("raj", "rollout-readiness", "has not confirmed rollout-readiness"),
            missing("mira", "rollout-readiness", "has not confirmed rollout-readiness"),
        ),
    )
    assert judged().row.since is None


def test_the_newest_that_is_bound_counts() -> None:
    """Of several, in whatever order they were read."""
    older, newer = (sign_off("raj", "contract-freeze", minute=minute) for minute in (1, 2))
    for order in ((older, newer), (newer, older)):
        found = judged(*order)
        assert found.counted == (newer,)
        assert found.row.items[0] == given("raj", "contract-freeze", 2)


def test_of_those_that_do_not_count_the_newest_is_told_of() -> None:
    """The last that is still standing, else the last that ended."""
    first = sign_off("raj", "contract-freeze", OTHER, minute=1)
    second = sign_off("raj", "contract-freeze", VALIDATED, minute=2)
    ended = sign_off("raj", "contract-freeze", TARGET, minute=3, ended="revoked it")
    for order in ((first, second, ended), (ended, second, first)):
        (item, *_) = judged(*order).row.items
        why = "confirmed contract-freeze, but not for this commit: made for 4f0c4f0; changed since: dbt/a.sql"
        assert item == missing("raj", "contract-freeze", why, 3)
    earlier = sign_off("raj", "contract-freeze", TARGET, minute=0, ended="the comment was deleted")
    for order in ((earlier, ended), (ended, earlier)):
        (item, *_) = judged(*order).row.items
        assert item == missing("raj", "contract-freeze", "confirmed contract-freeze, but revoked it", 3)


def test_of_one_moment_the_order_is_always_the_same() -> None:
    """Two confirmations of one second: which of them is told of does not depend on the reading."""
    one, other = (sign_off("raj", "contract-freeze", sha) for sha in (OTHER, VALIDATED))
    assert judged(one, other) == judged(other, one)
    revoked, deleted = (sign_off("raj", "contract-freeze", ended=why) for why in ("revoked it", "a"))
    assert judged(revoked, deleted) == judged(deleted, revoked)
    standing = sign_off("RAJ", "contract-freeze")
    assert judged(sign_off("raj", "contract-freeze"), standing) == judged(
        standing, sign_off("raj", "contract-freeze")
    )
