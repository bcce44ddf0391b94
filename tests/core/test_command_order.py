"""Commands count in the order in which they were written, in whatever order GitHub tells of them."""

from __future__ import annotations

import pytest

from bot.core.authority import LiftHolds, PlaceHold, Reassign, Ruling
from bot.core.model import Reassignment
from tests.support.rulings import MAYAS_HOLD, RAJS_HOLD, ruling, words


@pytest.mark.parametrize("login", ["Maya", "raj"])
def test_hold_that_was_lifted_before_it_is_told_of(login: str) -> None:
    """GitHub tells of the holder's or a lead's unhold first: the older hold is obeyed and holds nothing."""
    given = ruling("/gate hold vendor", "maya", permission="write", unheld_later=login)
    assert given == Ruling(True)


def test_hold_outlives_the_later_unhold_of_anybody_else() -> None:
    """Who may not lift the hold does not lift it by being told of first."""
    given = ruling("/gate hold vendor", "maya", permission="write", unheld_later="lina")
    assert given == Ruling(True, PlaceHold(MAYAS_HOLD))


def test_hold_that_a_later_one_has_replaced() -> None:
    """The reason of the later hold stays when the older one is told of after it."""
    assert ruling("/gate hold vendor", "maya", permission="write", held_later="Maya") == Ruling(True)


def test_unhold_lifts_no_hold_that_was_written_after_it() -> None:
    """A lead's unhold that is told of late lifts the older hold and leaves the newer one."""
    given = ruling("/gate unhold", "raj", holds=(MAYAS_HOLD, RAJS_HOLD), held_later="Maya")
    assert given == Ruling(True, LiftHolds(("raj",)))
    refused = ruling("/gate unhold", "maya", holds=(MAYAS_HOLD,), held_later="maya")
    assert (refused.obeyed, refused.change, words(refused)) == (False, None, "Nothing is held here.")


def test_reassignment_that_a_later_one_has_replaced() -> None:
    """The later reassignment of the same person's review stands when the older one is told of after it."""
    assert ruling("/gate reassign @priya @maya", "raj", reassigned_later="Priya") == Ruling(True)
    given = ruling("/gate reassign @priya @maya", "raj", reassigned_later="lina")
    assert given == Ruling(True, Reassign(Reassignment("priya", "maya", "raj")))
