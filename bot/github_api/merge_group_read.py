"""The head of a merge group and the queue it stands in → MergeGroupReading."""

from __future__ import annotations

from bot.core.model import Wanted
from bot.github_api import nodes
from bot.github_api.checks_read import read_checks
from bot.github_api.graphql import Json
from bot.github_api.policy_read import read_policy
from bot.github_api.pull_request_pages import next_cursor
from bot.github_api.readings import POLICY_PATH, Handles, MergeGroupReading, QueueEntry
from bot.github_api.session import Session, owner_and_name


def read_merge_group(
    session: Session, own_app_id: int, repository: str, head_sha: str, base_branch: str, wanted: Wanted
) -> MergeGroupReading | None:
    """The group; None when its commit or the repository is gone."""
    variables = {
        **owner_and_name(repository),
        "sha": head_sha,
        "branch": base_branch,
        "baseRef": f"refs/heads/{base_branch}",
        "policyPath": POLICY_PATH,
    }
    parts, document = session.query("read a merge group", "merge_group", variables, wanted)
    found = parts.data.get("repository") or {}
    commit = found.get("object") or {}
    if "oid" not in commit:
        return None
    checks = read_checks(session, repository, commit)
    check_runs, own_check_runs = nodes.split_by_app(checks.check_runs, own_app_id)
    queue = (found["mergeQueue"] or {}).get("entries")
    policy = read_policy(session, repository, (found["ref"] or {}).get("target"))
    return MergeGroupReading(
        repository=str(found["nameWithOwner"]),
        base_branch=base_branch,
        default_branch=nodes.default_branch(found),
        head_sha=head_sha,
        check_runs=check_runs,
        statuses=checks.statuses,
        own_check_runs=own_check_runs,
        entries=_entries(queue),
        documents=nodes.documents(commit, wanted, document.aliases),
        trees={head_sha: nodes.folders(commit, wanted, document.aliases)},
        handles=Handles(found["id"], None, nodes.user_node_ids(parts.data, document.aliases)),
        policy_file=policy.file,
        unreadable=(
            *nodes.unreadable(parts.problems, document.aliases),
            *checks.unreadable,
            *(("the merge queue: more than 100 entries",) if next_cursor(queue) else ()),
            *(("the merge queue: an entry whose pull request is hidden",) if _hides_an_entry(queue) else ()),
            *(() if found["ref"] else ("the base branch: it is gone",)),
            *policy.unreadable,
        ),
    )


def _hides_an_entry(queue: Json | None) -> bool:
    return any(node["pullRequest"] is None for node in nodes.nodes(queue))


def _entries(queue: Json | None) -> tuple[QueueEntry, ...]:
    entries = [
        QueueEntry(
            position=int(node["position"]),
            number=int(node["pullRequest"]["number"]),
            head_sha=str(node["pullRequest"]["headRefOid"]),
            group_head_sha=node["headCommit"]["oid"] if node["headCommit"] else None,
        )
        for node in nodes.nodes(queue)
        if node["pullRequest"] is not None
    ]
    return tuple(sorted(entries, key=lambda entry: entry.position))
