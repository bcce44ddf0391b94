"""What the App needs of GitHub: one table of permissions and events, and what is wrong with those it has.

Names and levels: GitHub, "Permissions required for GitHub Apps" and "Webhook events and payloads". The README
lists the same for people; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bot.core.diagnosis import APP_OWNER, Diagnosis, failure, fine, warning
from bot.core.titles import counted

PERMISSIONS, EVENTS_CHECK = "permissions", "events"
_RANK = {"read": 1, "write": 2, "admin": 3}


@dataclass(frozen=True, slots=True)
class Need:
    """One permission: its name in the API and in GitHub's form, the level, and what is impossible without it.

    `enough` is a lower level with which all gates still work.
    """

    name: str
    shown: str
    level: str
    without: str
    enough: str | None = None


NEEDS = (
    Need("metadata", "Metadata", "read", "nothing can be read"),
    Need("contents", "Contents", "write", "no release tag can be made, nor any policy be read without read"),
    Need(
        "pull_requests", "Pull requests", "write", "no pull request can be judged, and nobody asked for a review"
    ),
    Need("issues", "Issues", "write", "no command can be answered, and no incident reported"),
    Need("checks", "Checks", "write", "no gate can be shown"),
    Need("statuses", "Commit statuses", "write", "no administrator can pin `gate` to this App", "read"),
    Need("members", "Members", "read", "the rights that teams give are not known"),
    Need("merge_queues", "Merge queues", "read", "merge groups are not told of"),
    Need("deployments", "Deployments", "write", "no deployment can be answered"),
    Need("actions", "Actions", "read", "no deployment can be answered"),
    Need("administration", "Administration", "read", "nobody is told when a ruleset changes"),
)
"""The least that the App works with."""

OPTIONAL = Need(
    "workflows", "Workflows", "write", "a commit whose workflow files are on no branch cannot be tagged"
)
"""Only needed where release tags may hit stale commits; everything else works without it."""

ORGANISATION_ONLY = frozenset({"members"})
"""Permissions that only an organisation can grant; an installation on a person's account never has them."""

EVENTS = (
    "pull_request",
    "pull_request_review",
    "issue_comment",
    "push",
    "create",
    "delete",
    "release",
    "status",
    "merge_group",
    "repository",
    "repository_ruleset",
    "deployment_protection_rule",
    "member",
)
"""Events to subscribe to."""

AUTOMATIC_EVENTS = frozenset({"installation", "installation_repositories", "check_run", "check_suite"})
"""Events that come without a subscription: of installations always, of checks with the permission."""


def judge_app(permissions: Mapping[str, str], events: Collection[str]) -> Iterator[Diagnosis]:
    """What the App asks for, against what it needs."""
    subject, wrong = "GitHub App", False
    for need in NEEDS:
        has = permissions.get(need.name)
        if _covers(has, need.level):
            continue
        wrong = True
        text = f"{need.shown}: {need.level} is not asked for ({has or 'no access'} is): {need.without}"
        how = warning if need.enough is not None and _covers(has, need.enough) else failure
        yield how(subject, PERMISSIONS, text, APP_OWNER, f"give it {need.shown}: {need.level}")
    for name, level in sorted(permissions.items()):
        known = next((need for need in (*NEEDS, OPTIONAL) if need.name == name), None)
        if known is None or _RANK.get(level, 0) > _RANK[known.level]:
            wrong = True
            yield warning(
                subject,
                PERMISSIONS,
                f"it asks for {name}: {level}, which is more than it needs",
                APP_OWNER,
                f"take it back to {known.level}" if known else "take it away",
            )
    if not wrong:
        yield fine(subject, PERMISSIONS, f"asks for the {len(NEEDS)} that are needed")
    yield fine(subject, PERMISSIONS, _about_workflows(permissions))
    yield _events(subject, events, APP_OWNER)


def judge_installation(
    account: str, granted: Mapping[str, str], events: Collection[str], asked: Mapping[str, str]
) -> Iterator[Diagnosis]:
    """What one installation has granted, against what the App asks for and needs.

    GitHub gives an installation new permissions only once an owner of the account has accepted them.
    """
    subject, wrong = f"installation on {account}", False
    for need in NEEDS:
        has = granted.get(need.name)
        if _covers(has, need.level) or not _covers(asked.get(need.name), need.level):
            continue  # what the App itself does not ask for is said once, of the App
        wrong = True
        text = f"{need.shown}: {need.level} is not granted ({has or 'no access'} is): {need.without}"
        action = "accept the permissions that the App asks for (Settings, GitHub Apps, Configure)"
        soft = need.enough is not None and _covers(has, need.enough)
        if need.name in ORGANISATION_ONLY:
            soft, action = True, f"{action}; a person's own account has no such permission, and needs none"
        yield (warning if soft else failure)(subject, PERMISSIONS, text, f"an owner of {account}", action)
    if not wrong:
        yield fine(subject, PERMISSIONS, "granted what the App asks for and needs")
    yield _events(subject, events, APP_OWNER)


def _about_workflows(permissions: Mapping[str, str]) -> str:
    state = "is asked for" if _covers(permissions.get(OPTIONAL.name), OPTIONAL.level) else "is not asked for"
    return f"{OPTIONAL.shown}: {OPTIONAL.level} {state}; only needed for tags on stale commits: {OPTIONAL.without}"


def _events(subject: str, events: Collection[str], owner: str) -> Diagnosis:
    missing = [event for event in EVENTS if event not in events]
    if missing:
        text = f"not told of {', '.join(missing)}"
        return failure(subject, EVENTS_CHECK, text, owner, "subscribe the App to them (Permissions & events)")
    return fine(subject, EVENTS_CHECK, f"told of {counted(len(EVENTS), 'kind')} of events")


def _covers(has: str | None, needed: str) -> bool:
    return _RANK.get(has or "", 0) >= _RANK[needed]
