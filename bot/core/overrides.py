"""Break glass: a required check that two people let pass on one commit, for a while.

Rights are judged when the command is given, and again whenever an override would count: the same commit may be the
head of another pull request, with another author, or into a branch whose policy gives others the right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.core.model import Override, PullRequestFacts, Requirement, State
from bot.core.people import same_login
from bot.core.policy_model import Policy


def who_may_override(track: str, policy: Policy, excluded: Collection[str | None]) -> tuple[str, ...]:
    """The logins that may override this track's check: release leads, then its owners, without `excluded`."""
    people = dict.fromkeys((*policy.release.leads, *policy.tracks[track].owners))
    logins = (policy.login_of(person) for person in people)
    return tuple(login for login in logins if not is_among(login, excluded))


def may_override(login: str, track: str, policy: Policy, excluded: Collection[str | None]) -> bool:
    """Whether this person may override the track's check; `excluded` are the logins of those whose work it is."""
    return is_among(login, who_may_override(track, policy, excluded))


def authors_of(facts: PullRequestFacts) -> tuple[str | None, ...]:
    """Those whose work a pull request is: who opened it, and who wrote its head commit."""
    return (facts.author, facts.head_commit_author)


def in_force(overrides: Iterable[Override], track: str, commit_sha: str, now: datetime) -> Override | None:
    """The override by which the track's check passes on this commit now; the one that lasts longest, if any."""
    found = [
        one
        for one in live(overrides, track, commit_sha, now)
        if one.confirmed_by is not None and not same_login(one.by, one.confirmed_by)
    ]
    return max(found, key=_lasting, default=None)


def pending(overrides: Iterable[Override], track: str, commit_sha: str, now: datetime) -> Override | None:
    """The request that still waits for its second person; the newest, if any."""
    found = [one for one in live(overrides, track, commit_sha, now) if one.confirmed_by is None]
    return max(found, key=_lasting, default=None)


def live(overrides: Iterable[Override], track: str, commit_sha: str, now: datetime) -> list[Override]:
    """Those for this check on this commit that have not expired. One that ends at this very moment has."""
    return [
        one for one in overrides if one.track == track and one.commit_sha == commit_sha and now < one.expires_at
    ]


def rightful(
    overrides: Iterable[Override], policy: Policy, excluded: Collection[str | None] = ()
) -> tuple[Override, ...]:
    """Those that only people had a part in who have the right by this policy, and are none of `excluded`."""
    return tuple(
        one
        for one in overrides
        if one.track in policy.tracks
        and all(may_override(who, one.track, policy, excluded) for who in people_of(one))
    )


def people_of(override: Override) -> tuple[str, ...]:
    """Who asked, and who confirmed if somebody did."""
    return tuple(who for who in (override.by, override.confirmed_by) if who is not None)


def with_override(
    check: Requirement, track: str, facts: PullRequestFacts, policy: Policy, now: datetime
) -> Requirement:
    """A track's check on the head of a pull request, as it stands with what people said about it."""
    overrides = rightful(facts.overrides, policy, authors_of(facts))
    found = in_force(overrides, track, facts.head_sha, now)
    if found is not None:
        return overridden(check, (found,))
    asked = pending(overrides, track, facts.head_sha, now)
    if asked is None or check.state is State.SUCCESS:
        return check
    return replace(check, reason=f"{check.reason}; {pending_story(asked)}")


def overridden(check: Requirement, overrides: Sequence[Override]) -> Requirement:
    """The check as passed. What it would be without the overrides stays in its reason."""
    stories = dict.fromkeys(map(override_story, overrides))
    reason = "; ".join((check.reason, *stories))
    return replace(check, state=State.SUCCESS, reason=reason, next_action=None, overrides=tuple(overrides))


def override_story(override: Override) -> str:
    """Who let the check pass, until when and why: plain text, hostile until rendered inert."""
    return (
        f"overridden by {override.by} and {override.confirmed_by} until {moment_text(override.expires_at)}: "
        f"{override.reason}"
    )


def pending_story(override: Override) -> str:
    """Who asked, and that this alone changes nothing."""
    until = moment_text(override.expires_at)
    return f"{override.by} asked to override it ({override.reason}); a second person is needed until {until}"


def moment_text(moment: datetime) -> str:
    """A moment as people read it: `2026-02-19 19:30 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _lasting(override: Override) -> tuple[datetime, str, str, str]:
    """What orders overrides by their end, and always in the same way."""
    return (override.expires_at, override.by, override.confirmed_by or "", override.reason)


def is_among(login: str | None, logins: Iterable[str | None]) -> bool:
    """Whether this is one of the logins, in any case."""
    return any(same_login(login, other) for other in logins)
