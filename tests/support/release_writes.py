"""Every write that a release takes on GitHub, as the sandbox's faults know it."""

from __future__ import annotations

WRITES: dict[str, dict[str, str]] = {
    "tag object": {"method": "POST", "path": r"/git/tags$"},
    "reference": {"method": "POST", "path": r"/git/refs$"},
    "release": {"method": "POST", "path": r"/releases$"},
    "record": {"method": "POST", "path": r"/releases/\d+/assets$"},
    "publishing": {"method": "PATCH", "path": r"/releases/\d+$"},
    "check run": {"operation": "createCheckRun"},
    "comment": {"operation": "updateIssueComment"},
    "reaction": {"operation": "addReaction"},
}
