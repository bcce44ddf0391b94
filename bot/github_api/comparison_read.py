"""What changed from one commit to another, and which paths one commit changed. Neither can ever change."""

from __future__ import annotations

import re

from bot.core.release_model import Comparison
from bot.github_api.cache import Kept
from bot.github_api.errors import NotFound
from bot.github_api.graphql import Json
from bot.github_api.release_readings import PathList
from bot.github_api.session import PAGE_SIZE, Session, repository_path

# GitHub lists at most this many files of a comparison, all on its first page, and of a commit
# (docs: REST, compare two commits; get a commit).
MOST_COMPARED_FILES = 300
MOST_COMMIT_FILES = 3_000
_SHA = re.compile(r"[0-9a-f]{40}")

Comparisons = Kept[tuple[str, str, str], Comparison]
CommitPaths = Kept[tuple[str, str], PathList]


def read_comparison(
    session: Session, kept: Comparisons, repository: str, commit_sha: str, target_sha: str
) -> Comparison:
    """What changed from a commit to the target (both full SHAs). 1 request, none if it was asked before.

    A commit that GitHub does not know is no ancestor; that alone is not kept, as it may be pushed later.
    """
    known = kept.get((repository, commit_sha, target_sha))
    if known is not None:
        return known
    if not (_SHA.fullmatch(commit_sha) and _SHA.fullmatch(target_sha)):
        return Comparison(commit_sha, is_ancestor=False)
    path = repository_path(repository, "compare", f"{commit_sha}...{target_sha}")
    try:
        # The first page has all the files that are told at all; of the commits one is enough.
        answer = session.get("compare two commits", path, {"per_page": 1})
    except NotFound:
        return Comparison(commit_sha, is_ancestor=False)
    files = answer.get("files") or []
    found = Comparison(
        commit_sha=commit_sha,
        is_ancestor=answer["status"] in ("ahead", "identical"),
        changed_paths=_paths(files),
        is_complete=len(files) < MOST_COMPARED_FILES,
    )
    return kept.keep((repository, commit_sha, target_sha), found)


def read_commit_paths(session: Session, kept: CommitPaths, repository: str, commit_sha: str) -> PathList:
    """The paths that a commit changed against its first parent; 1 request for each 100, none if asked before."""
    known = kept.get((repository, commit_sha))
    if known is not None:
        return known
    path = repository_path(repository, "commits", commit_sha)
    files: list[Json] = []
    page: list[Json] = []
    for number in range(1, MOST_COMMIT_FILES // PAGE_SIZE + 1):
        answer = session.get("read a commit", path, {"per_page": PAGE_SIZE, "page": number})
        page = answer.get("files") or []
        files += page
        if len(page) < PAGE_SIZE:
            break
    return kept.keep((repository, commit_sha), PathList(_paths(files), len(page) < PAGE_SIZE))


def _paths(files: list[Json]) -> tuple[str, ...]:
    """Every path, and the previous one of a file that was renamed or copied, each once."""
    paths = (path for item in files for path in (item["filename"], item.get("previous_filename")) if path)
    return tuple(dict.fromkeys(str(path) for path in paths))
