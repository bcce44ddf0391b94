"""Commits: one, a list, a comparison, and the pull requests of a commit."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ..errors import not_found, unprocessable
from ..git.diff import ChangedFile
from ..payloads.commits import changed_file_json, commit_json
from ..payloads.pulls import simple_pull_json
from ..payloads.repositories import api_url, html_url
from ..pull_facts import associated_pulls
from ..state import Repository
from .common import answer, find_repository, page_answer, paged, world

blueprint = Blueprint("commits", __name__)
ROOT = "/repos/<owner>/<name>"
COMPARED_FILES, COMPARED_COMMITS = 300, 250
LISTED_COMMITS = 10_000


def _resolve(repository: Repository, revision: str) -> str:
    wanted = repository.default_branch if revision == "HEAD" else revision
    oid = repository.git.resolve_commit(wanted)
    if oid is None:
        raise unprocessable(f"No commit found for SHA: {revision[:60]}")
    return oid


@blueprint.get(f"{ROOT}/commits")
def list_commits(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    start = _resolve(repository, request.args.get("sha") or repository.default_branch)
    listed = repository.git.history(start, request.args.get("path"), LISTED_COMMITS)
    return page_answer(listed, lambda sha: commit_json(world(), repository, sha))


@blueprint.get(f"{ROOT}/commits/<path:revision>")
def get_commit(owner: str, name: str, revision: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    sha = _resolve(repository, revision)
    parents = repository.git.commit(sha).parents
    files = repository.git.changes(parents[0], sha) if parents else ()
    added, deleted = sum(file.additions for file in files), sum(file.deletions for file in files)
    listed = paged(files[: world().behaviour.maximum_changed_files]) if files else []
    return answer(
        {
            **commit_json(world(), repository, sha),
            "stats": {"additions": added, "deletions": deleted, "total": added + deleted},
            "files": [changed_file_json(world(), repository, sha, file) for file in listed],
        }
    )


@blueprint.get(f"{ROOT}/commits/<sha>/pulls")
def pulls_of_commit(owner: str, name: str, sha: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=read", "contents=read")
    oid = _resolve(repository, sha)
    found = associated_pulls(repository, oid)
    return page_answer(found, lambda pull: simple_pull_json(world(), pull))


@blueprint.get(f"{ROOT}/compare/<path:basehead>")
def compare(owner: str, name: str, basehead: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    base_name, dots, head_name = basehead.partition("...")
    if not dots:
        raise not_found()
    base, head = (repository.git.resolve_commit(side) for side in (base_name, head_name))
    if base is None or head is None:
        raise not_found()
    common = repository.git.merge_base(base, head)
    if common is None:
        raise not_found("No common ancestor between base and head.")
    ahead = repository.git.commits_between(base, head)
    behind = repository.git.commits_between(head, base)
    state = {(False, False): "identical", (True, False): "ahead", (False, True): "behind"}
    url = f"{api_url(world(), repository)}/compare/{basehead}"
    page = f"{html_url(world(), repository)}/compare/{basehead}"
    listed, files = _compared_page(ahead, repository.git.changes(common, head)[:COMPARED_FILES])
    return answer(
        {
            "url": url,
            "html_url": page,
            "permalink_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": commit_json(world(), repository, base),
            "merge_base_commit": commit_json(world(), repository, common),
            "status": state.get((bool(ahead), bool(behind)), "diverged"),
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [commit_json(world(), repository, sha) for sha in listed],
            "files": [changed_file_json(world(), repository, head, file) for file in files],
        }
    )


def _compared_page(
    ahead: Sequence[str], files: Sequence[ChangedFile]
) -> tuple[Sequence[str], Sequence[ChangedFile]]:
    """The commits and files that this page of a comparison shows.

    Unpaged it ends with the newest 250 commits; paged, the files are on the first page only.
    """
    if not {"page", "per_page"} & set(request.args):
        return ahead[-COMPARED_COMMITS:], files
    return paged(ahead), files if request.args.get("page", "1") == "1" else ()
