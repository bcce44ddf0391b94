"""Break glass: a required check that two people let pass on one commit, for a while.

Rights are judged when the command is given and again whenever the override would count, as far as the people of
the pull request are concerned: `excluded` are the logins of its author and its head commit's author.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from bot.core.model import Override
from bot.core.people import same_login
from bot.core.policy_model import Policy


def who_may_override(track: str, policy: Policy, excluded: Collection[str | None]) -> tuple[str, ...]:
    """The logins that may override this track's check: release leads, then its owners, without `excluded`."""
    people = dict.fromkeys((*policy.release.leads, *policy.tracks[track].owners))
    logins = (policy.login_of(person) for person in people)
    return tuple(login for login in logins if not _is_among(login, excluded))


def may_override(login: str, track: str, policy: Policy, excluded: Collection[str | None]) -> bool:
    """Whether this person may override the track's check, here where `excluded` may not."""
    return _is_among(login, who_may_override(track, policy, excluded))


def in_force(
    overrides: Iterable[Override],
    track: str,
    commit_sha: str,
    now: datetime,
    excluded: Collection[str | None] = (),
) -> Override | None:
    """The override by which the track's check passes on this commit now; the one that lasts longest, if any."""
    found = [
        one
        for one in _live(overrides, track, commit_sha, now)
        if one.confirmed_by is not None
        and not same_login(one.by, one.confirmed_by)
        and not any(_is_among(login, excluded) for login in (one.by, one.confirmed_by))
    ]
    return max(found, key=lambda one: one.expires_at, default=None)


def pending(
    overrides: Iterable[Override],
    track: str,
    commit_sha: str,
    now: datetime,
    excluded: Collection[str | None] = (),
) -> Override | None:
    """The request that still waits for its second person; the newest, if any."""
    found = [
        one
        for one in _live(overrides, track, commit_sha, now)
        if one.confirmed_by is None and not _is_among(one.by, excluded)
    ]
    return max(found, key=lambda one: one.expires_at, default=None)


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


def _live(overrides: Iterable[Override], track: str, commit_sha: str, now: datetime) -> list[Override]:
    """Those for this check on this commit. One that ends at this very moment is over."""
    return [
        one for one in overrides if one.track == track and one.commit_sha == commit_sha and now < one.expires_at
    ]


def _is_among(login: str | None, logins: Iterable[str | None]) -> bool:
    return any(same_login(login, other) for other in logins)
