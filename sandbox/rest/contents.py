"""File contents: read a file or folder, write or delete one file by a commit."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from ..access import acting_account
from ..errors import Refusal, not_found, unprocessable
from ..git.objects import TreeEntry
from ..git.writer import TreeChange
from ..operations.pushes import update_reference
from ..payloads.commits import git_commit_json
from ..payloads.repositories import api_url, html_url
from ..state import Repository
from .common import JSONBody, answer, body, caller, find_repository, required_text, text, world
from .git_data import signature

blueprint = Blueprint("contents", __name__)
ROOT = "/repos/<owner>/<name>/contents/"
INLINE_LIMIT, DIRECTORY_LIMIT = 1024 * 1024, 1000
KINDS = {"tree": "dir", "commit": "submodule", "blob": "file"}


@blueprint.get(ROOT, defaults={"path": ""})
@blueprint.get(f"{ROOT}<path:path>")
def read(owner: str, name: str, path: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    ref = request.args.get("ref") or repository.default_branch
    commit = repository.git.resolve_commit(ref)
    if commit is None:
        raise not_found(f"No commit found for the ref {ref[:60]}")
    root = repository.git.commit(commit).tree
    path = path.strip("/")
    entry = repository.git.entry(root, path) if path else TreeEntry("040000", "", root)
    if entry is None:
        raise not_found()
    if entry.kind == "tree":
        listed = list(repository.git.tree(entry.oid).values())[:DIRECTORY_LIMIT]
        prefix = f"{path}/" if path else ""
        return answer([item_json(repository, ref, f"{prefix}{each.name}", each) for each in listed])
    if entry.mode == "120000":
        entry = _followed(repository, root, path, entry)
    content = b"" if entry.kind == "commit" else repository.git.read(entry.oid)[1]
    if "raw" in request.headers.get("Accept", ""):
        return Response(content, content_type="application/vnd.github.raw; charset=utf-8")
    return answer(file_json(repository, ref, path, entry, content))


def _followed(repository: Repository, root: str, path: str, link: TreeEntry) -> TreeEntry:
    """The file that a symbolic link of the repository names; the link itself if it names none."""
    target = repository.git.read(link.oid)[1].decode("utf-8", "replace")
    parts = path.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    found = None if target.startswith("/") else repository.git.entry(root, "/".join(parts))
    return found if found is not None and found.kind == "blob" and found.mode != "120000" else link


def item_json(repository: Repository, ref: str, path: str, entry: TreeEntry) -> dict[str, Any]:
    """A file or folder in a listing."""
    quoted, page = quote(path), html_url(world(), repository)
    base = api_url(world(), repository)
    room = "tree" if entry.kind == "tree" else "blob"
    url, html = f"{base}/contents/{quoted}?ref={quote(ref)}", f"{page}/{room}/{quote(ref)}/{quoted}"
    git = None if entry.kind == "commit" else f"{base}/git/{room}s/{entry.oid}"
    size = len(repository.git.read(entry.oid)[1]) if entry.kind == "blob" else 0
    return {
        "type": "symlink" if entry.mode == "120000" else KINDS[entry.kind],
        "size": size,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": entry.oid,
        "url": url,
        "git_url": git,
        "html_url": html,
        "download_url": f"{page}/raw/{quote(ref)}/{quoted}" if entry.kind == "blob" else None,
        "_links": {"self": url, "git": git, "html": html},
    }


def file_json(repository: Repository, ref: str, path: str, entry: TreeEntry, content: bytes) -> dict[str, Any]:
    """A file with its content, a symbolic link with its target, or a submodule."""
    item = item_json(repository, ref, path, entry)
    if item["type"] == "symlink":
        return {**item, "target": content.decode("utf-8", "replace")}
    if item["type"] == "submodule":
        return {**item, "submodule_git_url": f"{html_url(world(), repository)}.git"}
    if len(content) > INLINE_LIMIT:
        return {**item, "encoding": "none", "content": ""}
    return {**item, "encoding": "base64", "content": base64.encodebytes(content).decode()}


@blueprint.put(f"{ROOT}<path:path>")
def write(owner: str, name: str, path: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=write", role="write")
    fields = body()
    try:
        content = base64.b64decode(required_text(fields, "content"))
    except binascii.Error:
        raise unprocessable("content is not valid Base64") from None
    existed = _check_sha(repository, path, fields)
    oid = repository.git.write_blob(content)
    commit = _commit(repository, fields, TreeChange(path, oid=oid))
    entry = TreeEntry("100644", path.rpartition("/")[2], oid)
    item = item_json(repository, _branch(repository, fields), path, entry)
    shown = {"content": item, "commit": git_commit_json(world(), repository, commit)}
    return answer(shown, 200 if existed else 201)


@blueprint.delete(f"{ROOT}<path:path>")
def delete(owner: str, name: str, path: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=write", role="write")
    fields = {**request.args, **body()}
    if not _check_sha(repository, path, fields):
        raise not_found()
    commit = _commit(repository, fields, TreeChange(path))
    return answer({"content": None, "commit": git_commit_json(world(), repository, commit)})


def _branch(repository: Repository, fields: JSONBody) -> str:
    return text(fields, "branch") or repository.default_branch


def _check_sha(repository: Repository, path: str, fields: JSONBody) -> bool:
    """Whether the file exists; a change must name the blob it replaces."""
    branch = _branch(repository, fields)
    head = repository.git.references.get(f"refs/heads/{branch}")
    if head is None:
        raise not_found(f"Branch {branch[:60]} not found")
    entry = repository.git.entry(repository.git.commit(head).tree, path)
    if entry is None:
        return False
    given = text(fields, "sha")
    if given is None:
        raise unprocessable('Invalid request.\n\n"sha" wasn\'t supplied.')
    if given != entry.oid:
        raise Refusal("CONFLICT", f"{path} does not match {given[:40]}")
    return True


def _commit(repository: Repository, fields: JSONBody, change: TreeChange) -> str:
    name = f"refs/heads/{_branch(repository, fields)}"
    head = repository.git.references[name]
    tree = repository.git.write_tree(repository.git.commit(head).tree, [change])
    author = signature(fields.get("author"))
    committer = signature(fields.get("committer"))
    message = required_text(fields, "message")
    commit = repository.git.write_commit(tree, [head], author, committer, message)
    update_reference(world(), repository, acting_account(caller()), name, commit)
    return commit
