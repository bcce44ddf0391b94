"""Which issues a list asks for: the filters that REST and GraphQL share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from .behaviour import Behaviour
from .state import Account, Issue

ANY, NONE = "*", "none"
I = TypeVar("I", bound=Issue)  # noqa: E741


def is_called(behaviour: Behaviour, account: Account, name: str) -> bool:
    """Whether a list's `creator` names this account; Apps' bots have names of their own there."""
    names = {account.login.lower()}
    if account.app_slug is not None:
        names = {form.format(slug=account.app_slug).lower() for form in behaviour.creator_names_of_bots}
    return name.lower() in names


def in_milestone(issue: Issue, wanted: str | None) -> bool:
    """Whether an issue is in the milestone of this number, in any (`*`) or in none (`none`)."""
    if wanted is None:
        return True
    if wanted in (ANY, NONE):
        return (issue.milestone is None) == (wanted == NONE)
    return issue.milestone is not None and str(issue.milestone.number) == wanted


def filtered(
    issues: Iterable[I],
    behaviour: Behaviour,
    *,
    labels: Collection[str] = (),
    creator: str | None = None,
    milestone: str | None = None,
    since: datetime | None = None,
) -> Iterator[I]:
    """The issues with all of these labels, by this creator, in this milestone and changed since then."""
    wanted = {label.lower() for label in labels}
    for issue in issues:
        if (
            wanted <= {label.name.lower() for label in issue.labels}
            and (creator is None or is_called(behaviour, issue.author, creator))
            and in_milestone(issue, milestone)
            and (since is None or issue.updated_at >= since)
        ):
            yield issue


def ordered(issues: Iterable[I], by: str, *, descending: bool) -> list[I]:
    """In the order of `created`, `updated` or `comments`; the number decides between equals."""

    def key(issue: I) -> tuple[float, int]:
        moments = {"updated": issue.updated_at.timestamp(), "comments": float(len(issue.comments))}
        return moments.get(by, issue.created_at.timestamp()), issue.number

    return sorted(issues, key=key, reverse=descending)
