"""Answers to custom deployment protection rules, sent only below the configured API's own root."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.github_api.connection import Origin
from bot.github_api.mutations import shortened
from bot.github_api.session import Session

# docs: creating custom deployment protection rules.
LONGEST_COMMENT = 1_024
_PATH = re.compile(r"/repos/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/actions/runs/[0-9]+/deployment_protection_rule")


def callback_path(api_url: str, callback_url: str, repository: str) -> str | None:
    """The path below the API's root of a delivery's `deployment_callback_url`; None when it is not to be called.

    Scheme, host and port have to be those of the configured API, without user information, query or fragment, and
    the path that of a run of `repository`, to the letter.
    """
    root = api_url.rstrip("/")
    if re.fullmatch(r"[!-~]*", callback_url) is None:  # urlsplit would drop line ends
        return None
    try:
        parts, origin = urlsplit(callback_url), Origin.of(callback_url)
        if origin != Origin.of(root) or parts.query or parts.fragment or "@" in parts.netloc:
            return None
    except ValueError:
        return None
    prefix = urlsplit(root).path
    path = parts.path.removeprefix(prefix)
    if not parts.path.startswith(f"{prefix}/repos/") or _PATH.fullmatch(path) is None:
        return None
    return path if path.lower().startswith(f"/repos/{repository.lower()}/actions/") else None


def answer_deployment(session: Session, path: str, environment: str, *, is_approved: bool, comment: str) -> None:
    """Approve or reject a deployment that waits for us; `path` is what `callback_path` gave.

    Raises Refused with status 422 when nothing waits for an answer any more (it was answered before), ValueError
    for a path that is none of a deployment protection rule.
    """
    if _PATH.fullmatch(path) is None or not {".", ".."}.isdisjoint(path.split("/")):
        raise ValueError("not the path of a deployment protection rule")
    body = {
        "environment_name": environment,
        "state": "approved" if is_approved else "rejected",
        "comment": shortened(comment, LONGEST_COMMENT, "…"),
    }
    session.change("POST", "answer a deployment", path, body)
