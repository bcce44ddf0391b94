"""The story's chapters about code: git objects, references, contents, commits, repositories and forks."""

from __future__ import annotations

import base64

from tests.contract.sandbox_stage import NAME, ROOT, Stage, refused


def text(content: str) -> str:
    """Base64 of a text."""
    return base64.b64encode(content.encode()).decode()


def tell(stage: Stage) -> None:
    """All chapters of this file."""
    git_objects(stage)
    references(stage)
    contents(stage)
    commits(stage)
    people(stage)
    forks_and_names(stage)


def git_objects(stage: Stage) -> None:
    """Blobs, trees (with a submodule and a symbolic link), commits and annotated tags."""
    maya = stage.person("maya")
    head = maya.call("GET", f"{ROOT}/git/ref/heads/main")["object"]["sha"]
    blob = maya.call("POST", f"{ROOT}/git/blobs", {"content": text("../README.md"), "encoding": "base64"})["sha"]
    maya.call("GET", f"{ROOT}/git/blobs/{blob}")
    tree = maya.call(
        "POST",
        f"{ROOT}/git/trees",
        {
            "base_tree": head,
            "tree": [
                {"path": "docs/link", "mode": "120000", "type": "blob", "sha": blob},
                {"path": "docs/away", "mode": "120000", "type": "blob", "content": "/etc/hostname"},
                {"path": "vendor/module", "mode": "160000", "type": "commit", "sha": "1" * 40},
                {"path": "run.sh", "mode": "100755", "type": "blob", "content": "#!/bin/sh\n"},
            ],
        },
    )["sha"]
    for recursive in ({}, {"recursive": "1"}):
        maya.call("GET", f"{ROOT}/git/trees/{tree}", query=recursive)
    maya.call("GET", f"{ROOT}/git/trees/main")
    person = {"name": "Nobody Known", "email": "nobody@example.org", "date": "2026-02-19T12:00:00Z"}
    commit = maya.call(
        "POST",
        f"{ROOT}/git/commits",
        {
            "message": "Links\n\nand a body",
            "tree": tree,
            "parents": [head],
            "author": person,
            "committer": {"name": "maya", "email": "maya@example.com"},
        },
    )["sha"]
    maya.call("GET", f"{ROOT}/git/commits/{commit}")
    maya.set_branch(NAME, "main", commit)
    tag = {"tag": "v1.0.0", "message": "One", "object": commit, "type": "commit", "tagger": person}
    made = maya.call("POST", f"{ROOT}/git/tags", tag)
    maya.call("GET", f"{ROOT}/git/tags/{made['sha']}")
    maya.call("POST", f"{ROOT}/git/refs", {"ref": "refs/tags/v1.0.0", "sha": made["sha"]})
    maya.tag(NAME, "light", commit)


def references(stage: Stage) -> None:
    """Branches and tags made, moved, listed and deleted, with a slash in a name."""
    maya = stage.person("maya")
    first = maya.push(NAME, "feature/one", {"a.txt": "a\n"})
    maya.push(NAME, "feature/one", {"b.txt": "b\n"})
    maya.set_branch(NAME, "feature/one", first, force=True)
    for path in ("git/matching-refs/heads/feature", "git/matching-refs/tags/", "git/ref/tags/v1.0.0"):
        maya.call("GET", f"{ROOT}/{path}")
    for path in ("branches", "branches/feature/one", "tags"):
        maya.call("GET", f"{ROOT}/{path}")
    maya.call("GET", f"{ROOT}/branches", query={"per_page": "1", "page": "2"})
    maya.delete_branch(NAME, "feature/one")
    maya.call("DELETE", f"{ROOT}/git/refs/tags/light")


def contents(stage: Stage) -> None:
    """A folder, a file, links, a submodule and raw bytes are read; files are written, changed and deleted."""
    maya, folder = stage.person("maya"), f"{ROOT}/contents/"
    for path in ("", "docs", "README.md", "docs/link", "docs/away", "vendor/module", "docs/logo.png"):
        maya.call("GET", folder + path)
    maya.call("GET", f'{folder}docs/a b/ünï "quoted".md', query={"ref": "main"})
    raw = {"Accept": "application/vnd.github.raw+json"}
    assert maya.send("GET", f"{folder}README.md", headers=raw)[1] == b"# Hello\n"
    maya.push(NAME, "large", {"large.bin": b"x" * (1024 * 1024 + 1)})
    maya.call("GET", f"{folder}large.bin", query={"ref": "large"})
    given = {"message": "Write", "content": text("new\n")}
    made = maya.call("PUT", f"{folder}docs/new.md", given)["content"]["sha"]
    changed = {**given, "content": text("newer\n"), "sha": made, "branch": "main"}
    made = maya.call("PUT", f"{folder}docs/new.md", changed)["content"]["sha"]
    maya.call("DELETE", f"{folder}docs/new.md", {"message": "Delete", "sha": made, "branch": "main"})


def commits(stage: Stage) -> None:
    """Lists and single commits, a merge among them, and comparisons in every direction."""
    maya = stage.person("maya")
    maya.call("GET", f"{ROOT}/commits")
    maya.call("GET", f"{ROOT}/commits", query={"sha": "main", "path": "docs", "per_page": "1"})
    side = maya.push(NAME, "side/way", {"moved.py": ("backend/app/oauth.py",), "README.md": None, "c": b"\0\1"})
    for revision in (side, "main", "side/way", "v1.0.0", "HEAD"):
        maya.call("GET", f"{ROOT}/commits/{revision}")
    maya.call("GET", f"{ROOT}/commits/{side}", query={"per_page": "1", "page": "2"})
    for pair in ("main...side/way", "side/way...main", "main...main", "v1.0.0...side/way"):
        maya.call("GET", f"{ROOT}/compare/{pair}")
    maya.push(NAME, "main", {"d.txt": "d\n"})
    maya.call("GET", f"{ROOT}/compare/main...side/way")


def people(stage: Stage) -> None:
    """Accounts of each kind, and who may do what in the repository."""
    sofia = stage.person("sofia")
    sofia.call("GET", "/user")
    for login in ("lina", "LINA", "meta", "trackgate[bot]"):
        sofia.call("GET", f"/users/{login}")
    sofia.call("GET", f"{ROOT}/collaborators")
    sofia.call("GET", f"{ROOT}/collaborators", query={"permission": "push", "per_page": "1"})
    sofia.call("GET", f"{ROOT}/collaborators/lina")
    for login in ("sofia", "maya", "priya", "lina", "outsider"):
        stage.bot.call("GET", f"{ROOT}/collaborators/{login}/permission")
    sofia.call("PUT", f"{ROOT}/collaborators/omar", {"permission": "maintain"})
    sofia.call("GET", f"{ROOT}/collaborators/omar/permission")
    sofia.call("PUT", f"{ROOT}/collaborators/omar", {"permission": "pull"})
    sofia.call("DELETE", f"{ROOT}/collaborators/omar")


def forks_and_names(stage: Stage) -> None:
    """Repositories of organisations and people, private ones and forks; changed, renamed, deleted."""
    sofia, outsider = stage.person("sofia"), stage.person("outsider")
    for client in (sofia, stage.person("lina"), stage.bot):
        client.call("GET", ROOT)
    fork = outsider.fork(NAME)
    outsider.call("GET", f"/repos/{fork}")
    outsider.call("PATCH", f"/repos/{fork}", {"default_branch": "side/way", "description": "Mine"})
    stage.github.import_repository(
        "meta/old-name", files={"a": "b"}, collaborators={"sofia": "admin"}, private=True
    )
    sofia.call("PATCH", "/repos/meta/old-name", {"name": "new-name", "private": True})
    refused(301, sofia, "GET", "/repos/meta/old-name")
    refused(301, sofia, "GET", "/repos/meta/old-name/pulls", query={"state": "all"})
    refused(307, sofia, "PATCH", "/repos/meta/old-name", {"description": "Moved"})
    sofia.delete_repository("meta/new-name")
    stage.github.import_repository("sofia/given", files={"a": "b"})
    stage.github.behaviour.transfer_told_to_old_owner = True
    theirs = stage.github.install(stage.other, account="sofia")
    refused(422, sofia, "POST", "/repos/sofia/given/transfer", {"new_owner": "nobody-at-all"})
    assert sofia.transfer_repository("sofia/given", "meta") == "meta/given"
    refused(301, sofia, "GET", "/repos/sofia/given")
    stage.github.uninstall(theirs)
