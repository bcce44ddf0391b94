"""Releases and their assets as JSON."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..clock import iso, iso_or_none
from ..state import Release, ReleaseAsset
from .accounts import JSON, user_json
from .repositories import api_url, html_url

if TYPE_CHECKING:
    from ..world import World


def release_json(world: World, release: Release) -> JSON:
    """A release as REST shows it."""
    body = _common(world, release)
    body |= {"immutable": release.immutable, "updated_at": iso(release.updated_at)}
    return {**body, "assets": [asset_json(world, asset) for asset in release.assets]}


def hook_release_json(world: World, release: Release) -> JSON:
    """A release as webhooks carry it: no newer members, and never a null for its texts."""
    body = _common(world, release)
    body |= {"name": release.name or "", "body": release.body or ""}
    assets = [asset_json(world, asset) for asset in release.assets]
    return {**body, "assets": [{name: asset[name] for name in asset if name != "digest"} for asset in assets]}


def _common(world: World, release: Release) -> JSON:
    repository = release.repository
    base, page, tag = api_url(world, repository), html_url(world, repository), quote(release.tag_name)
    shown = f"untagged-{release.id}" if release.draft else tag
    url = f"{base}/releases/{release.id}"
    return {
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"{url}/assets{{?name,label}}",
        "html_url": f"{page}/releases/tag/{shown}",
        "id": release.id,
        "node_id": release.node_id,
        "tag_name": release.tag_name,
        "target_commitish": release.target_commitish,
        "name": release.name,
        "body": release.body,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "author": user_json(world, release.author),
        "created_at": iso(release.created_at),
        "published_at": iso_or_none(release.published_at),
        "tarball_url": None if release.draft else f"{base}/tarball/{tag}",
        "zipball_url": None if release.draft else f"{base}/zipball/{tag}",
    }


def asset_json(world: World, asset: ReleaseAsset) -> JSON:
    """An asset; `digest` is `sha256:` and the content's digest."""
    repository, tag = asset.release.repository, quote(asset.release.tag_name)
    page = html_url(world, repository)
    return {
        "url": f"{api_url(world, repository)}/releases/assets/{asset.id}",
        "browser_download_url": f"{page}/releases/download/{tag}/{quote(asset.name)}",
        "id": asset.id,
        "node_id": asset.node_id,
        "name": asset.name,
        "label": asset.label,
        "state": "uploaded",
        "content_type": asset.content_type,
        "size": len(asset.content),
        "digest": f"sha256:{hashlib.sha256(asset.content).hexdigest()}",
        "download_count": asset.download_count,
        "created_at": iso(asset.created_at),
        "updated_at": iso(asset.updated_at),
        "uploader": user_json(world, asset.uploader),
    }
