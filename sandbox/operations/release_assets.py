"""The files of a release: attached, renamed, taken away."""

from __future__ import annotations

import re

from ..errors import invalid
from ..state import Account, Release, ReleaseAsset
from ..world import World


def attach(
    world: World, release: Release, sender: Account, name: str, label: str | None, kind: str, content: bytes
) -> ReleaseAsset:
    """Attach a file; GitHub renames what has odd characters, and refuses a second one of that name."""
    _refuse_immutable(release)
    shown = renamed(name)
    _refuse_taken(release, shown)
    now = world.clock.now()
    asset = ReleaseAsset(
        id=world.next_id(),
        release=release,
        name=shown,
        label=label,
        content_type=kind,
        content=content,
        uploader=sender,
        created_at=now,
        updated_at=now,
    )
    release.assets.append(asset)
    return asset


def change(world: World, asset: ReleaseAsset, name: str | None, label: str | None) -> None:
    """Rename a file, or change its label."""
    _refuse_immutable(asset.release)
    if name is not None and renamed(name) != asset.name:
        _refuse_taken(asset.release, renamed(name))
        asset.name = renamed(name)
    if label is not None:
        asset.label = label
    asset.updated_at = world.clock.now()


def detach(asset: ReleaseAsset) -> None:
    """Take a file away."""
    _refuse_immutable(asset.release)
    asset.release.assets.remove(asset)


def renamed(name: str) -> str:
    """The name that GitHub gives a file: dots for special characters, none at either end."""
    plain = re.sub(r"[^A-Za-z0-9_.@+~-]+", ".", name).rstrip(".")
    return f"default{plain}" if plain.startswith(".") or not plain else plain


def _refuse_taken(release: Release, name: str) -> None:
    if any(asset.name == name for asset in release.assets):
        raise invalid("ReleaseAsset", "name", code="already_exists")


def _refuse_immutable(release: Release) -> None:
    if release.immutable:
        raise invalid("ReleaseAsset", "release", "Cannot change the assets of an immutable release")
