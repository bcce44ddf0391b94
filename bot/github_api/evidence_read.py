"""Changed evidence files at a pull request's head: one request for each 25 of them, none where there are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.core.evidence_changes import MAXIMUM_SCANNED_FILES, ChangedBlob
from bot.core.evidence_text import EvidenceEntry
from bot.github_api.graphql import Json
from bot.github_api.queries import part
from bot.github_api.session import Session, owner_and_name

# GitHub cuts a text at some 500 KB, so an answer has at most some 12 MB.
FILES_IN_A_REQUEST = 25
# Git's mode of a sub-module, a commit of another repository.
SUB_MODULE = 0o160000
_BLOB = "file(path: ${alias}) {{ mode oid object {{ ... on Blob {{ byteSize isBinary isTruncated text }} }} }}"


def read_changed_evidence(
    session: Session, repository: str, head_sha: str, paths: Sequence[str]
) -> tuple[ChangedBlob, ...]:
    """The first MAXIMUM_SCANNED_FILES of these paths at a commit, each with its text as far as GitHub shows it."""
    return tuple(_read(session, repository, head_sha, paths[:MAXIMUM_SCANNED_FILES]))


def _read(session: Session, repository: str, head_sha: str, paths: Sequence[str]) -> Iterator[ChangedBlob]:
    for start in range(0, len(paths), FILES_IN_A_REQUEST):
        batch = paths[start : start + FILES_IN_A_REQUEST]
        wanted = part("WantedEvidence", "Commit", "e", batch, _BLOB)
        variables = {**owner_and_name(repository), "sha": head_sha}
        parts, document = session.query("read changed evidence", "evidence", variables, generated=(wanted,))
        commit = (parts.data.get("repository") or {}).get("object") or {}
        for alias, path in document.aliases.items():
            yield _blob(path, commit.get(alias))


def _blob(path: str, entry: Json | None) -> ChangedBlob:
    """A file that is not there, or of which GitHub tells nothing, has no entry: it cannot be looked through.

    GraphQL has no text of what it takes for binary; a sub-module is no object of this repository at all.
    """
    if entry is None:
        return ChangedBlob(path, None)
    blob = entry["object"] or {}
    mode, text = int(entry["mode"]), blob.get("text")
    content = None if text is None else str(text).encode("utf-8", "replace")
    found = EvidenceEntry(path, str(entry["oid"]), mode, int(blob.get("byteSize") or 0), content)
    return ChangedBlob(path, found, _is_binary(mode, blob), bool(blob.get("isTruncated")))


def _is_binary(mode: int, blob: Json) -> bool:
    """Whether there is no text to look through, and rightly so."""
    return bool(blob.get("isBinary")) or (mode == SUB_MODULE and not blob)
