"""`/gate override <check> <reason>`: who may, whether this is the first or the second person, and the answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.checks import check_name
from bot.core.inert import code, inert
from bot.core.model import Override
from bot.core.overrides import (
    in_force,
    is_among,
    live,
    moment_text,
    pending,
    people_of,
    rightful,
    who_may_override,
)
from bot.core.people import same_login
from bot.core.policy_model import Policy


@dataclass(frozen=True, slots=True)
class OverrideRequest:
    """One person's wish that a track's check passes on a commit.

    `overrides` are all that are known for that commit; `authors` the logins of those whose work it is.
    """

    sender: str
    track: str
    reason: str
    commit_sha: str
    overrides: Sequence[Override]
    authors: Collection[str | None]


@dataclass(frozen=True, slots=True)
class OverrideRuling:
    """What is to be kept (None: refused), and the answer (Markdown)."""

    override: Override | None
    answer: str


def rule_on_override(request: OverrideRequest, policy: Policy, now: datetime) -> OverrideRuling:
    """The first person asks, the second confirms: for as long as `release.override_expires` says from then."""
    able = who_may_override(request.track, policy, request.authors)
    why_not = _why_not(request, policy, able, now)
    if why_not is not None:
        return OverrideRuling(None, why_not)
    asked = pending(request.overrides, request.track, request.commit_sha, now)
    expires_at = now + policy.release.override_expires
    if asked is None:
        override = Override(request.track, request.commit_sha, request.sender, request.reason, None, expires_at)
        return OverrideRuling(
            override,
            f"{_check(request)} is not overridden yet on {_commit(request)}: {_second(request, able, override)}",
        )
    override = replace(asked, confirmed_by=request.sender, expires_at=expires_at)
    return OverrideRuling(
        override,
        f"{_check(request)} counts as passed on {_commit(request)} until {moment_text(expires_at)}. "
        f"{inert(asked.by)} asked ({inert(asked.reason)}), {inert(request.sender)} confirmed it.",
    )


def _why_not(request: OverrideRequest, policy: Policy, able: Sequence[str], now: datetime) -> str | None:
    """Why the sender changes nothing; None when they do."""
    if len(able) < 2:
        left = f"only {_names(able)} has" if able else "nobody has"
        return f"{_check(request)} cannot be overridden here: it takes two people, and {left} the right."
    if not is_among(request.sender, able):
        own = is_among(request.sender, who_may_override(request.track, policy, ()))
        why = "Nobody overrides a check of their own work. " if own else ""
        return f"{why}Only {_names(able)} may override {_check(request)} here, two of them together."
    known = live(request.overrides, request.track, request.commit_sha, now)
    if len(rightful(known, policy, request.authors)) < len(known):
        until = moment_text(max(one.expires_at for one in known))
        return (
            f"On another pull request with this commit, somebody asked for {_check(request)} to be overridden who "
            f"may not do so here. Push another commit, or wait until {until}."
        )
    standing = in_force(known, request.track, request.commit_sha, now)
    if standing is not None:
        people = " and ".join(map(inert, people_of(standing)))
        until = moment_text(standing.expires_at)
        return f"{_check(request)} is overridden already on {_commit(request)}, by {people} until {until}."
    asked = pending(known, request.track, request.commit_sha, now)
    if asked is not None and same_login(asked.by, request.sender):
        return f"You asked for this already, which is not enough: {_second(request, able, asked)}"
    return None


def _second(request: OverrideRequest, able: Sequence[str], asked: Override) -> str:
    others = [login for login in able if not same_login(login, request.sender)]
    return (
        f"a second person has to give the same command until {moment_text(asked.expires_at)}. "
        f"Who may: {_names(others)}."
    )


def _check(request: OverrideRequest) -> str:
    return code(check_name(request.track))


def _commit(request: OverrideRequest) -> str:
    return code(request.commit_sha[:7])


def _names(logins: Sequence[str]) -> str:
    return ", ".join(map(inert, logins))
