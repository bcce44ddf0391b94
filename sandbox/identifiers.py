"""Node IDs and tokens: opaque to clients, readable for the sandbox."""

from __future__ import annotations

import base64
import binascii
import secrets

PREFIXES = {
    "User": "U",
    "Bot": "BOT",
    "Organization": "O",
    "Team": "T",
    "App": "A",
    "Installation": "MDI",
    "Repository": "R",
    "Issue": "I",
    "PullRequest": "PR",
    "PullRequestReview": "PRR",
    "ReviewRequest": "RR",
    "PullRequestCommit": "PURC",
    "IssueComment": "IC",
    "Reaction": "REA",
    "Label": "LA",
    "Milestone": "MI",
    "CheckSuite": "CS",
    "CheckRun": "CR",
    "StatusContext": "SC",
    "Status": "S",
    "StatusCheckRollup": "SCR",
    "MergeQueue": "MQ",
    "MergeQueueEntry": "MQE",
    "Commit": "C",
    "Tree": "TR",
    "Blob": "B",
    "Tag": "TA",
    "Ref": "REF",
    "Environment": "EN",
    "Deployment": "DE",
    "DeploymentProtectionRule": "GA",
    "Release": "RE",
    "ReleaseAsset": "RA",
    "RepositoryRuleset": "RRS",
    "Activity": "PSH",
}
_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}


def node_id(kind: str, *parts: int | str) -> str:
    """The GraphQL node ID of an object of this kind: type prefix and an opaque tail."""
    text = ":".join(str(part) for part in parts)
    tail = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{PREFIXES[kind]}_{tail}"


def parse_node_id(text: str) -> tuple[str, list[str]] | None:
    """The kind and parts of a node ID, or None if it is not one of ours."""
    prefix, _, tail = text.partition("_")
    kind = _KINDS.get(prefix)
    if kind is None or not tail:
        return None
    try:
        decoded = base64.urlsafe_b64decode(tail + "=" * (-len(tail) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return kind, decoded.split(":", 2)


def user_token() -> str:
    """A fresh personal access token."""
    return "ghp_" + secrets.token_hex(18)


def installation_token(app_id: int) -> str:
    """A fresh installation token in the long form that GitHub rolls out since April 2026."""
    body = base64.urlsafe_b64encode(secrets.token_bytes(120)).decode().rstrip("=")
    return f"ghs_{app_id}_{body}"


def webhook_secret() -> str:
    """A fresh webhook secret."""
    return secrets.token_hex(20)
