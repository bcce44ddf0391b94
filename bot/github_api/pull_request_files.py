"""The changed files of a pull request by REST: only there a rename or a copy names its previous path."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from bot.core.model import ChangedFile, ChangeType
from bot.github_api.errors import Retryable
from bot.github_api.graphql import Json
from bot.github_api.session import PAGE_SIZE, Session, repository_path

# GitHub lists at most 3,000 files of a pull request (docs: REST, list pull requests files).
MOST_FILES = 3_000
MOVED_WAIT = 2.0

# REST `status` → GraphQL `changeType`.
_CHANGES = {
    "added": ChangeType.ADDED,
    "removed": ChangeType.DELETED,
    "modified": ChangeType.MODIFIED,
    "renamed": ChangeType.RENAMED,
    "copied": ChangeType.COPIED,
    "changed": ChangeType.CHANGED,
    "unchanged": ChangeType.CHANGED,
}


def needs_previous_paths(files: Iterable[ChangedFile]) -> bool:
    """Whether one of the files came from another path, which GraphQL does not tell."""
    return any(file.change in (ChangeType.RENAMED, ChangeType.COPIED) for file in files)


def read_files(session: Session, repository: str, number: int, head_sha: str) -> list[ChangedFile]:
    """All changed files; 1 request for each 100. Raises Retryable when the head moved meanwhile."""
    path = repository_path(repository, "pulls", number, "files")
    found: list[ChangedFile] = []
    for page in session.pages("read the changed files", path, MOST_FILES // PAGE_SIZE):
        for item in page:
            if _commit_of(item) not in (None, head_sha):
                raise Retryable("the pull request moved while its files were read", MOVED_WAIT)
            found.append(_changed_file(item))
    return found


def _changed_file(item: Json) -> ChangedFile:
    previous = item.get("previous_filename")
    return ChangedFile(
        path=str(item["filename"]),
        change=_CHANGES.get(item["status"], ChangeType.CHANGED),
        previous_path=None if previous is None else str(previous),
    )


def _commit_of(item: Json) -> str | None:
    """The commit that a listed file is of, by its `contents_url` (`…?ref=<sha>`)."""
    return next(iter(parse_qs(urlsplit(str(item.get("contents_url") or "")).query).get("ref", ())), None)
