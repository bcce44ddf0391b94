"""All check runs and statuses of a commit, of which an answer holds the first page."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.model import CheckRun, CommitStatus
from bot.github_api import nodes
from bot.github_api.graphql import Json, Problem
from bot.github_api.pull_request_pages import MOST_PAGES, next_cursor
from bot.github_api.session import Session, owner_and_name


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks on one commit; `unreadable` says what is missing."""

    check_runs: tuple[CheckRun, ...]
    statuses: tuple[CommitStatus, ...]
    unreadable: tuple[str, ...] = ()


def read_checks(session: Session, repository: str, commit: Json) -> Checks:
    """The checks of a commit's JSON (`oid` and `statusCheckRollup`); 1 request for each page but the first."""
    problems: list[Problem] = []
    page = (commit["statusCheckRollup"] or {}).get("contexts")
    runs, statuses = nodes.check_runs(page), nodes.statuses(page)
    for _ in range(MOST_PAGES):
        cursor = next_cursor(page)
        if cursor is None:
            return Checks(tuple(runs), tuple(statuses), nodes.unreadable(problems, {}))
        variables = {**owner_and_name(repository), "sha": commit["oid"], "contexts": cursor}
        parts, _document = session.query("read further checks", "contexts", variables)
        problems += parts.problems
        rollup = ((parts.data.get("repository") or {}).get("object") or {}).get("statusCheckRollup")
        page = (rollup or {}).get("contexts")
        runs += nodes.check_runs(page)
        statuses += nodes.statuses(page)
    return Checks(tuple(runs), tuple(statuses), (f"checks: more than {MOST_PAGES} pages",))
