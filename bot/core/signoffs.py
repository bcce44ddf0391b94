"""The sign-off row: each named person has confirmed each statement, bound to the target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.core.model import NextAction
from bot.core.people import same_login
from bot.core.policy_model import Policy
from bot.core.release_model import Binding, ReleaseItem, ReleaseRow, RowKind, SignOff
from bot.core.words import State


@dataclass(frozen=True, slots=True)
class JudgedSignOffs:
    """The row, and the sign-offs that made it what it is, for the record of the release."""

    row: ReleaseRow
    counted: tuple[SignOff, ...]


def judge_sign_offs(
    sign_offs: Sequence[SignOff], policy: Policy, bound: Callable[[str], Binding]
) -> JudgedSignOffs:
    """Every approver of every statement, in the policy's order. Who is in no list of a statement never counts."""
    counted: list[SignOff] = []
    items: list[ReleaseItem] = []
    missing: dict[str, list[str]] = {}
    for statement, approvers in policy.release.statements.items():
        for person in approvers:
            login = policy.login_of(person)
            item, valid = _judge(statement, login, _given(sign_offs, statement, login), bound)
            items.append(item)
            if valid is not None:
                counted.append(valid)
            else:
                missing.setdefault(login, []).append(statement)
    return JudgedSignOffs(_row(items, missing, counted), tuple(counted))


def _given(sign_offs: Iterable[SignOff], statement: str, login: str) -> list[SignOff]:
    """This person's confirmations of this statement, the newest first; of one moment, in an order of their own."""
    own = [one for one in sign_offs if one.statement == statement and same_login(one.login, login)]
    return sorted(own, key=lambda one: (one.given_at, one.commit_sha, one.ended or "", one.login), reverse=True)


def _judge(
    statement: str, login: str, given: Sequence[SignOff], bound: Callable[[str], Binding]
) -> tuple[ReleaseItem, SignOff | None]:
    """One confirmation. Of several any that is bound counts: confirming a newer commit takes no older one back."""
    for one in given:
        if one.ended is None and (binding := bound(one.commit_sha)).is_bound:
            reason = f"{login} confirmed {statement}, {binding.reason}"
            return ReleaseItem(statement, State.SUCCESS, reason, since=one.given_at), one
    return (
        ReleaseItem(
            statement,
            State.IN_PROGRESS,
            _why_missing(statement, login, given, bound),
            NextAction(login, f"comment `/gate approve {statement}`"),
            since=given[0].given_at if given else None,
        ),
        None,
    )


def _why_missing(statement: str, login: str, given: Sequence[SignOff], bound: Callable[[str], Binding]) -> str:
    live = [one for one in given if one.ended is None]
    if live:
        return f"{login} confirmed {statement}, but not for this commit: {bound(live[0].commit_sha).reason}"
    if given:
        return f"{login} confirmed {statement}, but {given[0].ended}"
    return f"{login} has not confirmed {statement}"


def _row(items: Sequence[ReleaseItem], missing: dict[str, list[str]], counted: Sequence[SignOff]) -> ReleaseRow:
    since = min((one.given_at for one in counted), default=None)
    if not missing:
        people = ", ".join(dict.fromkeys(one.login for one in counted))
        return ReleaseRow(
            RowKind.SIGN_OFFS, State.SUCCESS, f"confirmed by {people}", since=since, items=tuple(items)
        )
    login, statements = next(iter(missing.items()))
    reason = "; ".join(f"{who} has yet to confirm {', '.join(what)}" for who, what in missing.items())
    action = NextAction(login, f"comment `/gate approve {' '.join(statements)}`")
    return ReleaseRow(RowKind.SIGN_OFFS, State.IN_PROGRESS, reason, action, since, tuple(items))
