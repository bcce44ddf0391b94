"""Releases: list, make, read, change and delete them."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ..access import require
from ..errors import Refusal, not_found, unprocessable
from ..operations import releases as operations
from ..payloads.releases import release_json
from ..state import Release, Repository
from .common import (
    JSONBody,
    answer,
    body,
    caller,
    find_repository,
    nothing,
    page_answer,
    required_text,
    text,
    world,
)

blueprint = Blueprint("releases", __name__)
ROOT = "/repos/<owner>/<name>/releases"
READING, WRITING = "contents=read", "contents=write"


@blueprint.get(ROOT)
def list_releases(owner: str, name: str) -> ResponseReturnValue:
    """The newest first; drafts only for those who may push."""
    repository = find_repository(owner, name, READING)
    found = [release for release in repository.releases.values() if _visible(release)]
    found.sort(key=lambda release: (release.created_at, release.id), reverse=True)
    return page_answer(found, lambda release: release_json(world(), release))


@blueprint.post(ROOT)
def create(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, WRITING, role="write")
    fields = _checked(body())
    required_text(fields, "tag_name")
    return answer(release_json(world(), operations.create(world(), repository, caller(), fields)), 201)


@blueprint.get(f"{ROOT}/latest")
def latest(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, READING)
    full = [each for each in repository.releases.values() if not each.draft and not each.prerelease]
    if not full:
        raise not_found()
    return answer(release_json(world(), max(full, key=lambda release: (release.created_at, release.id))))


@blueprint.get(f"{ROOT}/tags/<path:tag>")
def by_tag(owner: str, name: str, tag: str) -> ResponseReturnValue:
    """Published releases only."""
    repository = find_repository(owner, name, READING)
    for release in repository.releases.values():
        if release.tag_name == tag and not release.draft:
            return answer(release_json(world(), release))
    raise not_found()


@blueprint.get(f"{ROOT}/<int:number>")
def read(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, READING)
    return answer(release_json(world(), find_release(repository, number)))


@blueprint.patch(f"{ROOT}/<int:number>")
def change(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, WRITING, role="write")
    release = find_release(repository, number)
    operations.change(world(), release, caller(), _checked(body()))
    return answer(release_json(world(), release))


@blueprint.delete(f"{ROOT}/<int:number>")
def delete(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, WRITING, role="write")
    operations.delete(world(), find_release(repository, number), caller())
    return nothing()


def find_release(repository: Repository, number: int) -> Release:
    """A release that this caller may see."""
    found = repository.releases.get(number)
    if found is None or not _visible(found):
        raise not_found()
    return found


def _visible(release: Release) -> bool:
    if not release.draft:
        return True
    try:
        require(world(), caller(), release.repository, WRITING, role="write")
    except Refusal:
        return False
    return True


def _checked(fields: JSONBody) -> JSONBody:
    """The fields, once they are of the right types."""
    for member in operations.TEXTS:
        text(fields, member)
    for member in ("draft", "prerelease"):
        if not isinstance(fields.get(member, False), bool):
            raise unprocessable(f"Invalid request.\n\nFor 'properties/{member}', it is not a boolean.")
    return fields
