"""Releases: made, published, taken back, edited and deleted; and the tags that publishing makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ErrorItem, Refusal, invalid
from ..git.names import is_reference_name
from ..rules.judge import judge
from ..state import Release, Repository
from ..tokens import Caller
from ..world import World
from .pushes import update_reference
from .release_following import fire_release
from .workflows import lacks_workflows

TEXTS = ("tag_name", "target_commitish", "name", "body")
_INVALID_TAG: ErrorItem = {
    "resource": "Release",
    "code": "custom",
    "message": "Published releases must have a valid tag",
}


def create(world: World, repository: Repository, caller: Caller, fields: Mapping[str, Any]) -> Release:
    """A new release; unless it is a draft it is published at once, with its tag."""
    sender = caller.account
    if sender is None:
        raise Refusal("UNAUTHENTICATED", "Requires authentication")
    now = world.clock.now()
    release = Release(
        id=world.next_id(),
        repository=repository,
        tag_name=str(fields["tag_name"]),
        target_commitish=fields.get("target_commitish") or repository.default_branch,
        name=fields.get("name"),
        body=fields.get("body"),
        author=sender,
        created_at=now,
        updated_at=now,
        draft=True,
        prerelease=bool(fields.get("prerelease", False)),
    )
    if fields.get("draft", False):
        repository.releases[release.id] = release
        if world.behaviour.draft_release_sends_created:
            fire_release(world, release, sender, "created")
        return release
    _prepare(world, release, caller)
    repository.releases[release.id] = release
    _publish(world, release)
    for action in ("created", "published", _kind(release)):
        fire_release(world, release, sender, action)
    return release


def change(world: World, release: Release, caller: Caller, fields: Mapping[str, Any]) -> None:
    """Change texts and state; a refused change changes nothing."""
    sender = caller.account
    if sender is None:
        raise Refusal("UNAUTHENTICATED", "Requires authentication")
    before = {name: getattr(release, name) for name in (*TEXTS, "prerelease")}
    draft = bool(fields.get("draft", release.draft))
    if release.immutable and (draft or fields.get("tag_name", release.tag_name) != release.tag_name):
        raise invalid("Release", "tag_name", "Immutable releases keep their tag")
    for name in TEXTS:
        if fields.get(name) is not None:
            setattr(release, name, fields[name])
    release.prerelease = bool(fields.get("prerelease", release.prerelease))
    publishes = release.draft and not draft
    try:
        if publishes or (not draft and release.tag_name != before["tag_name"]):
            _prepare(world, release, caller)
    except Refusal:
        for name, value in before.items():
            setattr(release, name, value)
        raise
    release.updated_at = world.clock.now()
    changes = {
        name: {"from": before[name] or ""} for name in ("name", "body") if before[name] != getattr(release, name)
    }
    if changes or (draft == release.draft and release.prerelease == before["prerelease"]):
        fire_release(world, release, sender, "edited", changes=changes)
    _change_state(world, release, caller, draft, publishes, bool(before["prerelease"]))


def _change_state(
    world: World, release: Release, caller: Caller, draft: bool, publishes: bool, was_prerelease: bool
) -> None:
    actions: tuple[str, ...] = ()
    if publishes:
        _publish(world, release)
        # A pre-release that was a draft is published, but not announced as "prereleased".
        actions = ("published",) if release.prerelease else ("published", "released")
    elif draft and not release.draft:
        release.draft, release.published_at = True, None
        actions = ("unpublished",)
    elif not draft and release.prerelease != was_prerelease:
        actions = (_kind(release),)
    for action in actions:
        if caller.account is not None:
            fire_release(world, release, caller.account, action)


def delete(world: World, release: Release, caller: Caller) -> None:
    """Delete a release; its tag stays, and the tag's name is burned if the release was immutable."""
    del release.repository.releases[release.id]
    if release.immutable:
        release.repository.burned_tags.add(release.tag_name)
    if caller.account is not None:
        fire_release(world, release, caller.account, "deleted")


def _kind(release: Release) -> str:
    return "prereleased" if release.prerelease else "released"


def _publish(world: World, release: Release) -> None:
    release.draft = False
    release.published_at = world.clock.now()
    release.immutable = world.behaviour.immutable_releases
    commit = release.repository.git.resolve_commit(release.tag_reference)
    if commit is not None:
        release.created_at = release.repository.git.commit(commit).committer.date


def _prepare(world: World, release: Release, caller: Caller) -> None:
    """Refuse a second release of a tag, and make the tag (a light one) if it is not there yet."""
    repository, tag = release.repository, release.tag_name
    others = [each for each in repository.releases.values() if each is not release]
    if any(each.tag_name == tag and not each.draft for each in others):
        raise invalid("Release", "tag_name", code="already_exists")
    if tag in repository.burned_tags:
        raise invalid("Release", "tag_name", "tag_name was used by an immutable release")
    if release.tag_reference not in repository.git.references:
        _make_tag(world, release, caller)


def _make_tag(world: World, release: Release, caller: Caller) -> None:
    repository, name, account = release.repository, release.tag_reference, caller.account
    commit = repository.git.resolve_commit(release.target_commitish)
    if commit is None or account is None:
        raise invalid("Release", "target_commitish", code="invalid")
    if not is_reference_name(name):
        raise Refusal("UNPROCESSABLE", "Validation Failed", errors=[_INVALID_TAG])
    if lacks_workflows(repository, caller, commit):
        kind = world.behaviour.release_without_workflows_kind
        message = "Not Found" if kind == "NOT_FOUND" else "Resource not accessible by integration"
        raise Refusal(kind, message)
    refused = judge(world, repository, account, name, None, commit).refused
    if refused:
        reasons = "\n".join(refused)
        message = f"pre_receive Repository rule violations found\n\n{reasons}\n\n"
        hook = {"resource": "Release", "code": "custom", "field": "pre_receive", "message": message}
        raise Refusal("UNPROCESSABLE", "Validation Failed", errors=[hook, _INVALID_TAG])
    update_reference(world, repository, account, name, commit)
