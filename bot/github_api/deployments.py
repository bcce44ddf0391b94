"""Answers to custom deployment protection rules, sent only below the configured API's own root."""

from __future__ import annotations

import re

from bot.github_api.mutations import shortened
from bot.github_api.session import Session

# docs: creating custom deployment protection rules.
LONGEST_COMMENT = 1_024
_PATH = re.compile(r"/repos/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/actions/runs/[0-9]+/deployment_protection_rule")


def answer_deployment(session: Session, path: str, environment: str, *, is_approved: bool, comment: str) -> None:
    """Approve or reject a deployment that waits for us; `path` is `bot.deployment_callback`'s.

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
