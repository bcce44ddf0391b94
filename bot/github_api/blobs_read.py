"""Files by their object IDs, and the changed paths of several pull requests, each in one query."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.evidence_apps import MAXIMUM_LOOKED_AT
from bot.core.model import ChangedFile
from bot.github_api import nodes
from bot.github_api.errors import Forbidden, NotFound, Refused
from bot.github_api.graphql import Json
from bot.github_api.pull_request_files import MOST_FILES, needs_previous_paths, read_files
from bot.github_api.pull_request_pages import next_cursor
from bot.github_api.queries import part
from bot.github_api.release_readings import PathList
from bot.github_api.session import Session, owner_and_name, repository_path

BLOBS_IN_A_QUERY = 50
PULL_REQUESTS_IN_A_QUERY = 20
_BLOB = "object(oid: ${alias}) {{ ... on Blob {{ byteSize isTruncated text }} }}"
_PATHS = "pullRequest(number: ${alias}) {{ headRefOid changedFiles files(first: 100) {{ ...FilePage }} }}"


def read_blobs(session: Session, repository: str, oids: Sequence[str]) -> dict[str, bytes | None]:
    """The texts of blobs, or their beginnings, in UTF-8; None where GraphQL gives less (binary, gone).

    1 request for each 50. Raises Retryable when GitHub could not give a part of it just now.
    """
    found: dict[str, bytes | None] = {}
    wanted = list(dict.fromkeys(oids))
    for start in range(0, len(wanted), BLOBS_IN_A_QUERY):
        batch = wanted[start : start + BLOBS_IN_A_QUERY]
        blobs = part("WantedBlobs", "Repository", "b", batch, _BLOB, kind="GitObjectID!")
        parts, document = session.query("read files", "blobs", owner_and_name(repository), generated=(blobs,))
        answer = parts.data.get("repository") or {}
        found |= {oid: _text(answer.get(alias)) for alias, oid in document.aliases.items()}
    return found


def _text(blob: Json | None) -> bytes | None:
    """The text, when it is whole, or MAXIMUM_LOOKED_AT of it at least. It may have been recoded."""
    if not blob or blob.get("text") is None:
        return None
    content = str(blob["text"]).encode("utf-8", "replace")
    return content if len(content) >= min(int(blob["byteSize"]), MAXIMUM_LOOKED_AT) else None


def read_blob(session: Session, repository: str, oid: str) -> bytes | None:
    """The exact bytes of one blob, whatever they are; None when GitHub does not give it. 1 request.

    GET /repos/{owner}/{repo}/git/blobs/{file_sha}: up to 100 MB, in base64.
    """
    try:
        found = session.get("read a file", repository_path(repository, "git", "blobs", oid))
        return base64.b64decode(found["content"]) if found["encoding"] == "base64" else None
    except (NotFound, Forbidden, Refused):
        return None


@dataclass(frozen=True, slots=True)
class _Listed:
    head_sha: str
    files: list[ChangedFile]
    changed_files: int
    has_more: bool


def read_pull_request_paths(session: Session, repository: str, numbers: Sequence[int]) -> dict[int, PathList]:
    """The paths that open pull requests change, renamed files with both. One that is gone is left out.

    1 request for 20; for each with more than 100 files or with a rename 1 more for each 100 of its files.
    """
    found: dict[int, PathList] = {}
    wanted = list(dict.fromkeys(numbers))
    for start in range(0, len(wanted), PULL_REQUESTS_IN_A_QUERY):
        batch = wanted[start : start + PULL_REQUESTS_IN_A_QUERY]
        paths = part("WantedPaths", "Repository", "n", batch, _PATHS, kind="Int!")
        parts, document = session.query(
            "read changed paths", "pull_request_paths", owner_and_name(repository), generated=(paths,)
        )
        answer = parts.data.get("repository") or {}
        listed = {int(n): _listed(answer[alias]) for alias, n in document.aliases.items() if answer.get(alias)}
        found |= {number: _path_list(session, repository, number, one) for number, one in listed.items()}
    return found


def _listed(pull: Json) -> _Listed:
    files = nodes.changed_files(pull["files"])
    return _Listed(
        str(pull["headRefOid"]), files, int(pull["changedFiles"]), next_cursor(pull["files"]) is not None
    )


def _path_list(session: Session, repository: str, number: int, listed: _Listed) -> PathList:
    files = listed.files
    if listed.changed_files <= MOST_FILES and (listed.has_more or needs_previous_paths(files)):
        files = read_files(session, repository, number, listed.head_sha)
    every = (path for file in files for path in (file.path, file.previous_path) if path is not None)
    return PathList(tuple(dict.fromkeys(every)), is_complete=len(files) >= listed.changed_files)
