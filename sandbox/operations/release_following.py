"""How releases follow their tags, and how everybody is told of them."""

from __future__ import annotations

from ..payloads.releases import hook_release_json
from ..state import Account, Release, Repository
from ..world import World


def fire_release(world: World, release: Release, sender: Account, action: str, **extra: object) -> None:
    """Fire a release event."""
    body = {"release": hook_release_json(world, release), **extra}
    world.dispatcher.fire("release", action, release.repository, sender, body)


def reference_deleted(world: World, repository: Repository, sender: Account, name: str) -> None:
    """A tag is gone: its published release is a draft from now on, and stays one when the tag comes back."""
    if not world.behaviour.deleted_tag_drafts_release:
        return
    for release in repository.releases.values():
        if release.tag_reference == name and not release.draft:
            release.draft, release.published_at, release.updated_at = True, None, world.clock.now()
            if world.behaviour.deleted_tag_sends_unpublished:
                fire_release(world, release, sender, "unpublished")
