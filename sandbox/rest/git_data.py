"""Git's own objects: blobs, trees, commits and annotated tags, read and made."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ..access import acting_account
from ..clock import parse_time
from ..errors import Refusal, not_found, unprocessable
from ..git.objects import Signature
from ..git.process import GitError, MissingObjectError
from ..git.writer import TreeChange
from ..identifiers import node_id
from ..payloads.commits import git_commit_json, tag_json
from ..payloads.repositories import api_url
from ..state import Repository
from .common import JSONBody, answer, body, caller, find_repository, names, required_text, text, world

blueprint = Blueprint("git_data", __name__)
MODES = ("100644", "100755", "040000", "160000", "120000")
TREE_LIMIT = 100_000


@blueprint.post("/repos/<owner>/<name>/git/blobs")
def create_blob(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=write", role="write")
    fields = body()
    oid = repository.git.write_blob(_content(fields))
    return answer({"sha": oid, "url": f"{api_url(world(), repository)}/git/blobs/{oid}"}, 201)


def _content(fields: JSONBody) -> bytes:
    content = required_text(fields, "content")
    if fields.get("encoding", "utf-8") != "base64":
        return content.encode("utf-8", "replace")
    try:
        return base64.b64decode(content)
    except binascii.Error:
        raise unprocessable("Content is not valid Base64") from None


@blueprint.get("/repos/<owner>/<name>/git/blobs/<oid>")
def get_blob(owner: str, name: str, oid: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    content = _read(repository, oid, "blob")
    return answer(
        {
            "sha": oid,
            "node_id": node_id("Blob", repository.id, oid),
            "size": len(content),
            "url": f"{api_url(world(), repository)}/git/blobs/{oid}",
            "content": base64.encodebytes(content).decode(),
            "encoding": "base64",
        }
    )


def _read(repository: Repository, oid: str, kind: str) -> bytes:
    try:
        found, content = repository.git.read(oid)
    except MissingObjectError:
        raise not_found() from None
    if found != kind:
        raise not_found()
    return content


@blueprint.post("/repos/<owner>/<name>/git/trees")
def create_tree(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=write", role="write")
    fields = body()
    items = fields.get("tree")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise unprocessable("Invalid tree info")
    base_tree = _base_tree(repository, text(fields, "base_tree"))
    try:
        oid = repository.git.write_tree(base_tree, [_change(repository, item) for item in items])
    except GitError:
        raise unprocessable("GitRPC::BadObjectState") from None
    return answer(tree_json(repository, oid, recursive=False), 201)


def _base_tree(repository: Repository, oid: str | None) -> str | None:
    if oid is None:
        return None
    kind = repository.git.kind_of(oid)
    if kind == "commit":
        return repository.git.commit(oid).tree
    if kind != "tree":
        raise unprocessable("base_tree is not a valid tree")
    return oid


def _change(repository: Repository, item: JSONBody) -> TreeChange:
    path, mode = required_text(item, "path"), item.get("mode", "100644")
    parts = path.split("/")
    if mode not in MODES or any(part in ("", ".", "..", ".git") for part in parts):
        raise unprocessable("tree.path contains a malformed path component" if mode in MODES else "Invalid mode")
    if isinstance(item.get("content"), str):
        return TreeChange(path, mode, content=item["content"].encode("utf-8", "replace"))
    oid = text(item, "sha")
    if oid is not None and mode != "160000" and repository.git.kind_of(oid) is None:
        raise unprocessable(f"tree.sha {oid[:40]} is not a valid object")
    return TreeChange(path, mode, oid=oid)


@blueprint.get("/repos/<owner>/<name>/git/trees/<path:revision>")
def get_tree(owner: str, name: str, revision: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    oid = repository.git.resolve(revision)
    kind = None if oid is None else repository.git.kind_of(oid)
    if kind in ("commit", "tag"):
        commit = repository.git.resolve_commit(revision)
        oid = None if commit is None else repository.git.commit(commit).tree
    if oid is None or kind == "blob":
        raise not_found()
    return answer(tree_json(repository, oid, recursive=bool(request.args.get("recursive"))))


def tree_json(repository: Repository, oid: str, *, recursive: bool) -> dict[str, Any]:
    """A tree, with all that lies below it if asked."""
    base = f"{api_url(world(), repository)}/git"
    listed: list[dict[str, Any]] = []

    def walk(tree: str, prefix: str) -> None:
        for entry in repository.git.tree(tree).values():
            if len(listed) >= TREE_LIMIT:
                return
            item = {"path": f"{prefix}{entry.name}", "mode": entry.mode, "type": entry.kind, "sha": entry.oid}
            if entry.kind != "commit":
                item["url"] = f"{base}/{entry.kind}s/{entry.oid}"
            listed.append(item)
            if recursive and entry.kind == "tree":
                walk(entry.oid, f"{prefix}{entry.name}/")

    walk(oid, "")
    truncated = len(listed) >= TREE_LIMIT
    return {"sha": oid, "url": f"{base}/trees/{oid}", "tree": listed, "truncated": truncated}


@blueprint.post("/repos/<owner>/<name>/git/commits")
def create_commit(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=write", role="write")
    fields = body()
    message, tree = required_text(fields, "message"), required_text(fields, "tree")
    if repository.git.kind_of(tree) != "tree":
        raise unprocessable("Tree SHA does not exist")
    parents = names(fields, "parents")
    if any(repository.git.kind_of(parent) != "commit" for parent in parents):
        raise unprocessable("Parent SHA does not exist or is not a commit object")
    author = signature(fields.get("author"))
    committer = signature(fields.get("committer") or fields.get("author"))
    oid = repository.git.write_commit(tree, parents, author, committer, message)
    return answer(git_commit_json(world(), repository, oid), 201)


def signature(given: object) -> Signature:
    """The signature a request asks for; the caller's own by default."""
    account = acting_account(caller())
    fields = given if isinstance(given, dict) else {}
    return Signature(
        name=text(fields, "name") or account.name or account.login,
        email=text(fields, "email") or account.email,
        date=_date(text(fields, "date")),
    )


def _date(value: str | None) -> datetime:
    if value is None:
        return world().clock.now()
    try:
        return parse_time(value)
    except ValueError:
        raise Refusal("UNPROCESSABLE", "Invalid request.\n\nThe date is not a valid time stamp.") from None


@blueprint.get("/repos/<owner>/<name>/git/commits/<oid>")
def get_commit(owner: str, name: str, oid: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    _read(repository, oid, "commit")
    return answer(git_commit_json(world(), repository, oid))


@blueprint.post("/repos/<owner>/<name>/git/tags")
def create_tag(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=write", role="write")
    fields = body()
    target, kind = required_text(fields, "object"), required_text(fields, "type")
    if kind not in ("commit", "tree", "blob") or repository.git.kind_of(target) != kind:
        raise unprocessable(f"Object is not a {kind[:10]}")
    tag, message = required_text(fields, "tag"), required_text(fields, "message")
    oid = repository.git.write_tag(tag, target, kind, signature(fields.get("tagger")), message)
    return answer(tag_json(world(), repository, repository.git.tag(oid)), 201)


@blueprint.get("/repos/<owner>/<name>/git/tags/<oid>")
def get_tag(owner: str, name: str, oid: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    _read(repository, oid, "tag")
    return answer(tag_json(world(), repository, repository.git.tag(oid)))
