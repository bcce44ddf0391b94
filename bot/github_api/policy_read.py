"""The policy file of a base branch, out of an answer that may hold it only in part."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from bot.github_api.graphql import Json
from bot.github_api.nodes import REGULAR_FILE_MODES
from bot.github_api.readings import POLICY_PATH, PolicyFile
from bot.github_api.session import Session, repository_path

# Far over what a policy may be. A larger file is not fetched; its beginning is long enough to be refused.
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PolicyReading:
    """`file` is None when there is none; `unreadable` says why one that is there could not be read."""

    file: PolicyFile | None
    unreadable: tuple[str, ...] = ()


def read_policy(session: Session, repository: str, commit: Json | None) -> PolicyReading:
    """Fragment PolicyFile → the file's exact bytes.

    GraphQL gives text only, cut at some 500 KB, none for what it takes for binary, and recoded if it was not
    UTF-8. So whatever has not the length of the blob costs one request for the blob itself.
    """
    entry = (commit or {}).get("policy")
    if entry is None:
        return PolicyReading(None)
    blob = entry["object"] or {}
    if entry["mode"] not in REGULAR_FILE_MODES or "byteSize" not in blob:
        return PolicyReading(None, (f"{POLICY_PATH} is not a regular file",))
    oid, text = str(entry["oid"]), (blob["text"] or "").encode("utf-8")
    if not blob["isTruncated"] and len(text) == blob["byteSize"]:
        return PolicyReading(PolicyFile(text, oid))
    if blob["byteSize"] > MOST_BYTES:
        return PolicyReading(PolicyFile(text, oid), (f"{POLICY_PATH} has {blob['byteSize']} bytes",))
    # GET /repos/{owner}/{repo}/git/blobs/{file_sha}: by object ID, so it cannot have changed meanwhile.
    raw = session.get("read the policy file", repository_path(repository, "git", "blobs", oid))
    return PolicyReading(PolicyFile(base64.b64decode(raw["content"]), oid))
