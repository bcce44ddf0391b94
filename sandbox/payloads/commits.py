"""Commits, trees, tags, references and files as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from ..clock import iso
from ..git.diff import ChangedFile
from ..git.objects import Commit, Signature, TagObject
from ..identifiers import node_id
from ..state import Account, Repository
from .accounts import JSON, user_json
from .repositories import api_url, html_url

if TYPE_CHECKING:
    from ..world import World

UNSIGNED: JSON = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
}


def git_person_json(signature: Signature) -> JSON:
    """Name, e-mail and time of a commit's author, committer or a tag's tagger."""
    return {"name": signature.name, "email": signature.email, "date": iso(signature.date)}


def _person(world: World, signature: Signature, *, dated: bool) -> JSON:
    account = world.account_of_email(signature.email)
    body: JSON = {"name": signature.name, "email": signature.email}
    if dated:
        body["date"] = iso(signature.date)
    if account is not None:
        body["username"] = account.login
    return body


def _account(world: World, account: Account | None) -> JSON | None:
    return None if account is None else user_json(world, account)


def head_commit_json(repository: Repository, sha: str) -> JSON:
    """A commit as check suites and merge groups carry it."""
    commit = repository.git.commit(sha)
    return {
        "id": commit.oid,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": iso(commit.committer.date),
        "author": {"name": commit.author.name, "email": commit.author.email},
        "committer": {"name": commit.committer.name, "email": commit.committer.email},
    }


def pushed_commit_json(world: World, repository: Repository, sha: str) -> JSON:
    """A commit as push events list it, with the paths it touched."""
    commit = repository.git.commit(sha)
    changes = repository.git.changes(commit.parents[0], sha) if commit.parents else ()
    removed = [file.path for file in changes if file.status == "removed"]
    removed += [file.previous_path for file in changes if file.status == "renamed" and file.previous_path]
    return {
        "id": commit.oid,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": iso(commit.committer.date),
        "url": f"{html_url(world, repository)}/commit/{sha}",
        "author": _person(world, commit.author, dated=True),
        "committer": _person(world, commit.committer, dated=True),
        "added": [file.path for file in changes if file.status in ("added", "copied", "renamed")],
        "modified": [file.path for file in changes if file.status in ("modified", "changed")],
        "removed": removed,
    }


def _parents(world: World, repository: Repository, commit: Commit, room: str) -> list[JSON]:
    base = f"{api_url(world, repository)}/{room}"
    return [
        {
            "sha": parent,
            "url": f"{base}/{parent}",
            "html_url": f"{html_url(world, repository)}/commit/{parent}",
        }
        for parent in commit.parents
    ]


def commit_json(world: World, repository: Repository, sha: str, *, hook: bool = False) -> JSON:
    """A commit as `GET /commits/{ref}` and, with `hook`, the status event show it."""
    commit = repository.git.commit(sha)
    base = api_url(world, repository)
    return {
        "url": f"{base}/commits/{sha}",
        "sha": sha,
        "node_id": node_id("Commit", repository.id, sha),
        "html_url": f"{html_url(world, repository)}/commit/{sha}",
        "comments_url": f"{base}/commits/{sha}/comments",
        "commit": {
            "url": f"{base}/git/commits/{sha}",
            "author": git_person_json(commit.author),
            "committer": git_person_json(commit.committer),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": f"{base}/git/trees/{commit.tree}"},
            "comment_count": 0,
            "verification": UNSIGNED if hook else {**UNSIGNED, "verified_at": None},
        },
        "author": _account(world, world.account_of_email(commit.author.email)),
        "committer": _account(world, world.account_of_email(commit.committer.email)),
        "parents": _parents(world, repository, commit, "commits"),
    }


def git_commit_json(world: World, repository: Repository, sha: str) -> JSON:
    """A commit as git's own object."""
    commit = repository.git.commit(sha)
    base = f"{api_url(world, repository)}/git"
    return {
        "sha": sha,
        "node_id": node_id("Commit", repository.id, sha),
        "url": f"{base}/commits/{sha}",
        "html_url": f"{html_url(world, repository)}/commit/{sha}",
        "author": git_person_json(commit.author),
        "committer": git_person_json(commit.committer),
        "message": commit.message,
        "tree": {"sha": commit.tree, "url": f"{base}/trees/{commit.tree}"},
        "parents": _parents(world, repository, commit, "git/commits"),
        "verification": {**UNSIGNED, "verified_at": None},
    }


def reference_json(world: World, repository: Repository, name: str, oid: str) -> JSON:
    """A reference and the object it points at."""
    base = f"{api_url(world, repository)}/git"
    kind = repository.git.kind_of(oid) or "commit"
    return {
        "ref": name,
        "node_id": node_id("Ref", repository.id, name),
        "url": f"{base}/{quote(name)}",
        "object": {"sha": oid, "type": kind, "url": f"{base}/{kind}s/{oid}"},
    }


def tag_json(world: World, repository: Repository, tag: TagObject) -> JSON:
    """An annotated tag object."""
    base = f"{api_url(world, repository)}/git"
    return {
        "node_id": node_id("Tag", repository.id, tag.oid),
        "tag": tag.name,
        "sha": tag.oid,
        "url": f"{base}/tags/{tag.oid}",
        "message": tag.message,
        "tagger": git_person_json(tag.tagger),
        "object": {
            "type": tag.target_type,
            "sha": tag.target,
            "url": f"{base}/{tag.target_type}s/{tag.target}",
        },
        "verification": {**UNSIGNED, "verified_at": None},
    }


def changed_file_json(world: World, repository: Repository, head: str, file: ChangedFile) -> JSON:
    """A changed file of a pull request, commit or comparison."""
    path = quote(file.path)
    page = html_url(world, repository)
    body: JSON = {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": f"{page}/blob/{head}/{path}",
        "raw_url": f"{page}/raw/{head}/{path}",
        "contents_url": f"{api_url(world, repository)}/contents/{path}?ref={head}",
    }
    if file.previous_path is not None:
        body["previous_filename"] = file.previous_path
    return body
