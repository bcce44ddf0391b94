"""Tags for the guard: of many repositories whether anything changed, of one what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.github_api import nodes
from bot.github_api.graphql import Json
from bot.github_api.policy_read import read_policy
from bot.github_api.readings import POLICY_PATH, PolicyFile
from bot.github_api.session import Session, owner_and_name

REPOSITORIES_IN_A_REQUEST = 50
"""GitHub ends a GraphQL request after ten seconds, and each repository costs it two looks into Git."""


@dataclass(frozen=True, slots=True)
class GuardReading:
    """What the guard needs of one repository, read at one moment.

    `tags` is name → object SHA of all tags there are; None when there are more than one answer holds.
    `policy_is_readable` is False when there is a policy file that could not be read.
    """

    policy_file: PolicyFile | None
    policy_is_readable: bool
    tags: Mapping[str, str] | None


def read_guarded(session: Session, repository: str) -> GuardReading | None:
    """One repository's tags and policy (1 request in the usual case); None when there is no such repository."""
    variables = {**owner_and_name(repository), "policyPath": POLICY_PATH}
    parts, _document = session.query("read tags and policy", "guarded", variables)
    found = parts.data.get("repository")
    if found is None:
        return None
    policy = read_policy(session, repository, (found["defaultBranchRef"] or {}).get("target"))
    is_readable = not policy.unreadable and not any("policy" in problem.path for problem in parts.problems)
    return GuardReading(policy.file, is_readable, _tags(found["refs"]))


def read_tag_digests(session: Session, repository_ids: Sequence[str]) -> dict[str, str | None]:
    """A digest of all tags and the policy of each repository, by node ID (1 request for each 50).

    None for one that has more tags than an answer holds, which cannot be compared. Left out: who is gone.
    """
    found: dict[str, str | None] = {}
    for start in range(0, len(repository_ids), REPOSITORIES_IN_A_REQUEST):
        some = list(repository_ids[start : start + REPOSITORIES_IN_A_REQUEST])
        variables = {"ids": some, "policyPath": POLICY_PATH}
        parts, _document = session.query("compare the tags of repositories", "tags", variables)
        found |= {str(one["id"]): _tag_digest(one) for one in parts.data["nodes"] if one and "refs" in one}
    return found


def _tag_digest(repository: Json) -> str | None:
    tags = _tags(repository["refs"])
    if tags is None:
        return None
    head = (repository["defaultBranchRef"] or {}).get("target") or {}
    policy = (head.get("policy") or {}).get("oid")
    return hashlib.sha256(repr((sorted(tags.items()), policy)).encode("utf-8", "surrogatepass")).hexdigest()


def _tags(page: Json | None) -> dict[str, str] | None:
    if page is None or page["pageInfo"]["hasNextPage"]:
        return None
    return {str(node["name"]): str(node["target"]["oid"]) for node in nodes.nodes(page) if node["target"]}
