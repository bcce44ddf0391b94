"""Resolvers of issues and of lists of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from ..clock import parse_time
from ..errors import Refusal
from ..issue_lists import filtered, ordered
from ..state import Issue, PullRequest, Repository
from ..world import World
from .connections import Connection, connection
from .registry import Info, need, resolver, world_of

FIELDS = {"CREATED_AT": "created", "UPDATED_AT": "updated", "COMMENTS": "comments"}
I = TypeVar("I", bound=Issue)  # noqa: E741


def labelled(world: World, issues: Iterable[I], labels: Collection[str] | None) -> list[I]:
    """The issues with one of these labels, or with all of them (`Behaviour.graphql_labels_are_alternatives`)."""
    if not labels:
        return list(issues)
    if not world.behaviour.graphql_labels_are_alternatives:
        return list(filtered(issues, world.behaviour, labels=labels))
    wanted = {label.lower() for label in labels}
    return [issue for issue in issues if wanted & {label.name.lower() for label in issue.labels}]


def sorted_by(issues: Iterable[I], order: dict[str, str] | None) -> list[I]:
    """In the order of `orderBy`; the oldest first when nothing is asked for."""
    given = order or {"field": "CREATED_AT", "direction": "ASC"}
    return ordered(issues, FIELDS[given["field"]], descending=given["direction"] == "DESC")


@resolver("Repository", "issues")
def issues(source: Repository, info: Info, **arguments: Any) -> Connection:
    need(info, source, "issues=read")
    world, wanted = world_of(info), arguments.get("filterBy") or {}
    states = [given for given in (arguments.get("states"), wanted.get("states")) if given]
    found = [
        issue
        for issue in source.issues.values()
        if not isinstance(issue, PullRequest) and all(issue.state.upper() in given for given in states)
    ]
    for labels in (arguments.get("labels"), wanted.get("labels")):
        found = labelled(world, found, labels)
    found = list(
        filtered(
            found,
            world.behaviour,
            creator=wanted.get("createdBy"),
            milestone=wanted.get("milestoneNumber"),
            since=moment(wanted.get("since")),
        )
    )
    return connection(info, sorted_by(found, arguments.get("orderBy")), arguments)


def moment(value: Any) -> Any:
    """A time that a document gives, or None; anything else is refused."""
    try:
        return None if value is None else parse_time(str(value))
    except ValueError:
        raise Refusal("UNPROCESSABLE", f"{value!r:.40} is not a valid ISO 8601 time.") from None


@resolver("Issue", "state")
def state(issue: Issue, _info: Info) -> str:
    return issue.state.upper()


@resolver("Issue", "stateReason")
def state_reason(issue: Issue, _info: Info) -> str | None:
    return None if issue.state_reason is None else issue.state_reason.upper()


@resolver("Issue", "closed")
def closed(issue: Issue, _info: Info) -> bool:
    return issue.state == "closed"
