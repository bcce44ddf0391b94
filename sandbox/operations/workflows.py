"""The permission `workflows`: Apps without it make no reference on workflow files that no branch has."""

from __future__ import annotations

from ..access import not_accessible
from ..state import Repository
from ..tokens import Caller

FOLDER = ".github/workflows"


def workflow_files(repository: Repository, commit: str) -> frozenset[tuple[str, str]]:
    """Path and blob of each file below .github/workflows in a commit."""
    git = repository.git
    found: set[tuple[str, str]] = set()

    def walk(tree: str, prefix: str) -> None:
        for entry in git.tree(tree).values():
            path = f"{prefix}/{entry.name}"
            if entry.kind == "tree":
                walk(entry.oid, path)
            else:
                found.add((path, entry.oid))

    folder = git.entry(git.commit(commit).tree, FOLDER)
    if folder is not None and folder.kind == "tree":
        walk(folder.oid, FOLDER)
    return frozenset(found)


def refuse_strange_workflows(repository: Repository, caller: Caller, oid: str) -> None:
    """Refuse an App without `workflows: write` a reference on workflow files that differ from every branch's.

    GitHub answers a bare 403 whose header names both permissions (seen in mkb79/Audible#882).
    """
    if lacks_workflows(repository, caller, oid):
        raise not_accessible("contents=write", "contents=write,workflows=write")


def lacks_workflows(repository: Repository, caller: Caller, oid: str) -> bool:
    """Whether the caller may not make a reference on the commit behind `oid`, for its workflow files.

    They are strange when each branch's head lacks one of them or has it with other content.
    """
    if caller.kind != "installation" or caller.permission("workflows") == "write":
        return False
    commit = repository.git.resolve_commit(oid)
    files = frozenset() if commit is None else workflow_files(repository, commit)
    heads = {sha for name, sha in repository.git.references.items() if name.startswith("refs/heads/")}
    return bool(files) and not any(files <= workflow_files(repository, head) for head in heads)
