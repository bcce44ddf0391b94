"""Where a branch stood at a moment in the past, by the repository's record of its pushes."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.github_api.graphql import Json
from bot.github_api.session import PAGE_SIZE, Session, repository_path

# A thousand pushes between a comment and its reading: by then a person may as well say it again.
MOST_PAGES = 10
NO_COMMIT = "0" * 40


def read_heads_at(session: Session, repository: str, branch: str, moment: datetime) -> tuple[str, ...]:
    """The SHAs at which a branch stood within the second of `moment`, oldest first.

    GitHub tells times in whole seconds, so a push in that very second may have come before the moment or after.
    Empty only when no push to the branch is recorded at all. NO_COMMIT stands for a branch that was not there yet,
    and for one that was pushed to so often since that nobody looks: nothing can be bound to it.
    1 request for each 100 pushes since (docs: REST, list repository activities; merges are among them).
    """
    second = moment.replace(microsecond=0)
    pushes, is_whole = _pushes_back_to(session, repository, branch, second)
    if not pushes:
        return ()
    stood = next((str(push["after"]) for push in pushes if _pushed_at(push) < second), None)
    if stood is None:
        stood = str(pushes[-1]["before"]) if is_whole else NO_COMMIT
    within = [push for push in pushes if second <= _pushed_at(push) < second + timedelta(seconds=1)]
    return tuple(dict.fromkeys((stood, *(str(push["after"]) for push in reversed(within)))))


def _pushes_back_to(session: Session, repository: str, branch: str, second: datetime) -> tuple[list[Json], bool]:
    """The branch's pushes, newest first, down to one before `second`; and whether these are all there are."""
    path = repository_path(repository, "activity")
    parameters: dict[str, str | int] = {
        "ref": f"refs/heads/{branch}", "direction": "desc", "per_page": PAGE_SIZE
    }  # fmt: skip
    found: list[Json] = []
    for _ in range(MOST_PAGES):
        page, cursor = session.get_page("read the pushes of a branch", path, parameters)
        found += page
        if cursor is None or any(_pushed_at(push) < second for push in page):
            return found, cursor is None
        parameters["after"] = cursor
    return found, False


def _pushed_at(push: Json) -> datetime:
    return datetime.fromisoformat(push["timestamp"])
