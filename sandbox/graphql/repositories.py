"""Resolvers of repositories, their labels, collaborators and merge queues."""

from __future__ import annotations

import re
from typing import Any

from ..access import collaborators_of, role_of, sees
from ..errors import not_found
from ..state import Issue, Label, MergeQueueEntry, Milestone, PullRequest, Repository
from .connections import Connection, connection
from .issues import labelled, sorted_by
from .registry import Info, context, need, resolver, world_of
from .sources import CommitSource, GitObjectSource, QueueSource, RefSource, TreeSource, git_object

FULL_OID = re.compile(r"[0-9a-f]{40}")


@resolver("Query", "repository")
def repository(_source: Any, info: Info, owner: str, name: str) -> Repository:
    world = world_of(info)
    full_name = f"{owner}/{name}"
    found = world.find_repository(full_name)
    if found is None and full_name.lower() in world.renamed:
        found = world.repository_by_id(world.renamed[full_name.lower()])
    if found is None or not sees(world, context(info).caller, found):
        raise not_found(f"Could not resolve to a Repository with the name '{full_name}'.")
    return found


@resolver("Repository", "nameWithOwner")
def name_with_owner(source: Repository, _info: Info) -> str:
    return source.full_name


@resolver("Repository", "url")
def repository_url(source: Repository, info: Info) -> str:
    return f"{world_of(info).url}/{source.full_name}"


@resolver("Repository", "isPrivate")
def is_private(source: Repository, _info: Info) -> bool:
    return source.private


@resolver("Repository", "isFork")
def is_fork(source: Repository, _info: Info) -> bool:
    return source.parent is not None


@resolver("Repository", "isArchived")
def is_archived(_source: Repository, _info: Info) -> bool:
    return False


@resolver("Repository", "defaultBranchRef")
def default_branch_ref(source: Repository, _info: Info) -> RefSource | None:
    return reference(source, f"refs/heads/{source.default_branch}")


def reference(source: Repository, name: str) -> RefSource | None:
    """A reference by its full name, or None."""
    oid = source.git.references.get(name)
    return None if oid is None else RefSource(source, name, oid)


@resolver("Repository", "ref")
def ref(source: Repository, info: Info, qualifiedName: str) -> RefSource | None:  # noqa: N803
    need(info, source, "contents=read")
    for name in (qualifiedName, f"refs/heads/{qualifiedName}", f"refs/tags/{qualifiedName}"):
        found = reference(source, name)
        if found is not None and name.startswith("refs/"):
            return found
    return None


@resolver("Repository", "refs")
def refs(source: Repository, info: Info, **arguments: Any) -> Connection:
    need(info, source, "contents=read")
    prefix, wanted = arguments["refPrefix"], arguments.get("query") or ""
    found = [
        RefSource(source, name, oid)
        for name, oid in sorted(source.git.references.items())
        if name.startswith(prefix) and wanted in name.removeprefix(prefix)
    ]
    return connection(info, found, arguments)


@resolver("Repository", "object")
def git_object_of(source: Repository, info: Info, **arguments: Any) -> GitObjectSource | None:
    need(info, source, "contents=read")
    oid = arguments.get("oid")
    if oid:
        return git_object(source, oid) if FULL_OID.fullmatch(oid) else None
    revision, colon, path = (arguments.get("expression") or "").partition(":")
    if revision == "HEAD" or revision.startswith(("HEAD^", "HEAD~")):
        revision = source.default_branch + revision.removeprefix("HEAD")
    if not colon:
        return git_object(source, source.git.resolve(revision))
    root = source.git.resolve_tree(revision)
    if root is None:
        return None
    if not path:
        return git_object(source, root)
    entry = source.git.entry(root, path.strip("/"))
    if entry is not None and entry.kind == "tree":
        return TreeSource(source, entry.oid, f"{path.strip('/')}/")
    return None if entry is None else git_object(source, entry.oid)


@resolver("Repository", "mergeQueue")
def merge_queue(source: Repository, info: Info, branch: str | None = None) -> QueueSource | None:
    need(info, source, "merge_queues=read")
    name = branch or source.default_branch
    return QueueSource(source, name) if name in source.queues else None


@resolver("MergeQueue", "url")
def queue_url(source: QueueSource, info: Info) -> str:
    return f"{world_of(info).url}/{source.repository.full_name}/queue/{source.branch}"


@resolver("MergeQueue", "entries")
def queue_entries(source: QueueSource, info: Info, **arguments: Any) -> Connection:
    return connection(info, source.repository.queues[source.branch], arguments)


@resolver("MergeQueueEntry", "position")
def position(entry: MergeQueueEntry, _info: Info) -> int:
    return entry.pull.repository.queues[entry.pull.base_ref].index(entry) + 1


@resolver("MergeQueueEntry", "pullRequest")
def queued_pull(entry: MergeQueueEntry, _info: Info) -> PullRequest:
    return entry.pull


@resolver("MergeQueueEntry", "state")
def queue_state(entry: MergeQueueEntry, _info: Info) -> str:
    return "QUEUED" if entry.head_sha is None else "AWAITING_CHECKS"


@resolver("MergeQueueEntry", "headCommit")
def queue_head(entry: MergeQueueEntry, _info: Info) -> CommitSource | None:
    return None if entry.head_sha is None else CommitSource(entry.pull.repository, entry.head_sha)


@resolver("MergeQueueEntry", "baseCommit")
def queue_base(entry: MergeQueueEntry, _info: Info) -> CommitSource | None:
    return None if entry.base_sha is None else CommitSource(entry.pull.repository, entry.base_sha)


@resolver("Repository", "pullRequest")
def pull_request(source: Repository, info: Info, number: int) -> PullRequest:
    need(info, source, "pull_requests=read")
    found = source.issues.get(number)
    if not isinstance(found, PullRequest):
        raise not_found(f"Could not resolve to a PullRequest with the number of {number}.")
    return found


@resolver("Repository", "issue")
def issue(source: Repository, info: Info, number: int) -> Issue:
    need(info, source, "issues=read")
    found = source.issues.get(number)
    if found is None or isinstance(found, PullRequest):
        raise not_found(f"Could not resolve to an Issue with the number of {number}.")
    return found


@resolver("Repository", "issueOrPullRequest")
def issue_or_pull(source: Repository, info: Info, number: int) -> Issue:
    need(info, source, "issues=read", "pull_requests=read")
    found = source.issues.get(number)
    if found is None:
        raise not_found(f"Could not resolve to an issue or pull request with the number of {number}.")
    return found


def _state(pull: PullRequest) -> str:
    return "MERGED" if pull.merged else pull.state.upper()


@resolver("Repository", "pullRequests")
def pull_requests(source: Repository, info: Info, **arguments: Any) -> Connection:
    need(info, source, "pull_requests=read")
    states = arguments.get("states")
    base, head = arguments.get("baseRefName"), arguments.get("headRefName")
    found = [
        pull
        for pull in source.pulls
        if (not states or _state(pull) in states)
        and base in (None, pull.base_ref)
        and head in (None, pull.head_ref)
    ]
    found = labelled(world_of(info), found, arguments.get("labels"))
    return connection(info, sorted_by(found, arguments.get("orderBy")), arguments)


@resolver("Repository", "label")
def label(source: Repository, _info: Info, name: str) -> Label | None:
    return source.labels.get(name.lower())


@resolver("Repository", "labels")
def labels(source: Repository, info: Info, **arguments: Any) -> Connection:
    return connection(info, list(source.labels.values()), arguments)


@resolver("Milestone", "state")
def milestone_state(source: Milestone, _info: Info) -> str:
    return source.state.upper()


@resolver("Repository", "collaborators")
def collaborators(source: Repository, info: Info, **arguments: Any) -> Connection:
    need(info, source, "metadata=read", role="write")
    world = world_of(info)
    wanted, login = (arguments.get("query") or "").lower(), arguments.get("login")
    found = [
        account
        for account in collaborators_of(world, source)
        if wanted in account.login.lower() and (login is None or login.lower() == account.login.lower())
    ]
    return connection(info, found, arguments, permission=lambda account: role_of(world, source, account).upper())
