"""References: branches and tags by their full names, and branches by their own."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ..access import acting_account
from ..errors import Refusal, not_found, unprocessable
from ..git.names import is_reference_name
from ..operations.pushes import delete_reference, update_reference
from ..operations.workflows import refuse_strange_workflows
from ..payloads.commits import commit_json, reference_json
from ..payloads.repositories import api_url, html_url
from ..rules.judge import enforce, fast_forward
from ..state import Repository
from .common import answer, body, caller, find_repository, nothing, page_answer, required_text, world

blueprint = Blueprint("references", __name__)


@blueprint.get("/repos/<owner>/<name>/git/matching-refs/<path:prefix>")
def matching(owner: str, name: str, prefix: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    found = [
        (full, oid)
        for full, oid in sorted(repository.git.references.items())
        if full.startswith(f"refs/{prefix}") and full.startswith(("refs/heads/", "refs/tags/"))
    ]
    return answer([reference_json(world(), repository, full, oid) for full, oid in found])


@blueprint.get("/repos/<owner>/<name>/git/ref/<path:short>")
def get_reference(owner: str, name: str, short: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    full = f"refs/{short}"
    if full not in repository.git.references:
        raise not_found()
    return answer(reference_json(world(), repository, full, repository.git.references[full]))


@blueprint.post("/repos/<owner>/<name>/git/refs")
def create_reference(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=write", role="write")
    if not _branches(repository):
        raise Refusal("CONFLICT", "Git Repository is empty.")
    fields = body()
    full, oid = required_text(fields, "ref"), required_text(fields, "sha")
    if not is_reference_name(full):
        raise unprocessable(
            "Reference name must start with 'refs' and have at least two slashes."
            if not full.startswith("refs/") or full.count("/") < 2
            else f"{full} is not a valid ref name."
        )
    _check_object(repository, oid, full)
    if full in repository.git.references:
        raise unprocessable("Reference already exists")
    refuse_strange_workflows(repository, caller(), oid)
    enforce(world(), repository, acting_account(caller()), full, None, oid)
    update_reference(world(), repository, acting_account(caller()), full, oid)
    return answer(reference_json(world(), repository, full, oid), 201)


def _check_object(repository: Repository, oid: str, full: str) -> None:
    kind = repository.git.kind_of(oid) if re.fullmatch(r"[0-9a-f]{40}", oid) else None
    if kind is None or (full.startswith("refs/heads/") and kind != "commit"):
        raise unprocessable("Object does not exist")


@blueprint.patch("/repos/<owner>/<name>/git/refs/<path:short>")
def move_reference(owner: str, name: str, short: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=write", role="write")
    fields, full = body(), f"refs/{short}"
    oid = required_text(fields, "sha")
    before = repository.git.references.get(full)
    if before is None:
        raise unprocessable("Reference does not exist")
    _check_object(repository, oid, full)
    if not fields.get("force", False) and not fast_forward(repository, before, oid):
        raise unprocessable("Update is not a fast forward")
    refuse_strange_workflows(repository, caller(), oid)
    enforce(world(), repository, acting_account(caller()), full, before, oid)
    update_reference(world(), repository, acting_account(caller()), full, oid)
    return answer(reference_json(world(), repository, full, oid))


@blueprint.delete("/repos/<owner>/<name>/git/refs/<path:short>")
def remove_reference(owner: str, name: str, short: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=write", role="write")
    full = f"refs/{short}"
    if full not in repository.git.references:
        raise unprocessable("Reference does not exist")
    if full == f"refs/heads/{repository.default_branch}":
        raise unprocessable("Cannot delete the default branch")
    enforce(world(), repository, acting_account(caller()), full, repository.git.references[full], None)
    delete_reference(world(), repository, acting_account(caller()), full)
    return nothing()


def _branches(repository: Repository) -> list[tuple[str, str]]:
    return sorted(
        (full.removeprefix("refs/heads/"), oid)
        for full, oid in repository.git.references.items()
        if full.startswith("refs/heads/")
    )


@blueprint.get("/repos/<owner>/<name>/branches")
def list_branches(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    base = f"{api_url(world(), repository)}/commits"

    def render(item: tuple[str, str]) -> dict[str, Any]:
        return {"name": item[0], "commit": {"sha": item[1], "url": f"{base}/{item[1]}"}, "protected": False}

    return page_answer(_branches(repository), render)


@blueprint.get("/repos/<owner>/<name>/branches/<path:branch>")
def get_branch(owner: str, name: str, branch: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    oid = repository.git.references.get(f"refs/heads/{branch}")
    if oid is None:
        raise not_found("Branch not found")
    url = f"{api_url(world(), repository)}/branches/{branch}"
    return answer(
        {
            "name": branch,
            "commit": commit_json(world(), repository, oid),
            "_links": {"self": url, "html": f"{html_url(world(), repository)}/tree/{branch}"},
            "protected": False,
            "protection": {"enabled": False},
            "protection_url": f"{url}/protection",
        }
    )


@blueprint.get("/repos/<owner>/<name>/tags")
def list_tags(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "contents=read")
    base = api_url(world(), repository)
    found = sorted(
        (full.removeprefix("refs/tags/"), repository.git.resolve_commit(full) or oid)
        for full, oid in repository.git.references.items()
        if full.startswith("refs/tags/")
    )

    def render(item: tuple[str, str]) -> dict[str, Any]:
        tag, sha = item
        return {
            "name": tag,
            "commit": {"sha": sha, "url": f"{base}/commits/{sha}"},
            "zipball_url": f"{base}/zipball/refs/tags/{tag}",
            "tarball_url": f"{base}/tarball/refs/tags/{tag}",
            "node_id": f"REF_{tag}",
        }

    return page_answer(found, render)
