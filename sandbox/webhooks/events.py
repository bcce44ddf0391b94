"""Which permission an event needs, and which events need no subscription."""

from __future__ import annotations

from ..state import App, Installation

AUTOMATIC = frozenset({"installation", "installation_repositories", "ping"})
WITH_CHECKS_WRITE = frozenset({"check_run", "check_suite"})

PERMISSION_OF_EVENT = {
    "pull_request": "pull_requests",
    "pull_request_review": "pull_requests",
    "pull_request_review_comment": "pull_requests",
    "pull_request_review_thread": "pull_requests",
    "issue_comment": "issues",
    "issues": "issues",
    "push": "contents",
    "create": "contents",
    "delete": "contents",
    "release": "contents",
    "status": "statuses",
    "check_run": "checks",
    "check_suite": "checks",
    "merge_group": "merge_queues",
    "deployment_protection_rule": "deployments",
    "deployment_review": "deployments",
    "repository_ruleset": "administration",
    "member": "members",
    "membership": "members",
    "team": "members",
    "team_add": "members",
    "organization": "members",
    "workflow_run": "actions",
    "repository": "metadata",
}
"""The permission an App must hold, at least for reading, to subscribe to an event."""


def missing_permission(event: str, permissions: dict[str, str]) -> str | None:
    """The permission that keeps an App from subscribing to an event, or None."""
    needed = PERMISSION_OF_EVENT.get(event)
    if needed is None or needed == "metadata" or needed in permissions:
        return None
    # GitHub lets Apps with pull_requests hear of comments on pull requests too.
    if event == "issue_comment" and "pull_requests" in permissions:
        return None
    return needed


def is_told(app: App, installation: Installation, event: str) -> bool:
    """Whether an App's installation gets this event."""
    if event in AUTOMATIC:
        return True
    if event in WITH_CHECKS_WRITE and installation.permissions.get("checks") == "write":
        return True
    return event in app.events and missing_permission(event, installation.permissions) is None
