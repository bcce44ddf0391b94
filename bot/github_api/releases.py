"""GitHub releases and their files, by REST. Each write is sent once; what is there is asked for before."""

from __future__ import annotations

from hashlib import sha256

from bot.github_api.errors import NotFound
from bot.github_api.graphql import Json
from bot.github_api.release_readings import Asset, Release
from bot.github_api.session import PAGE_SIZE, Session, repository_path
from bot.github_api.transport import Upload

MOST_PAGES = 30


def find_release(session: Session, slug: str, repository: str, tag: str) -> Release | None:
    """The published release of a tag, whoever made it; else the oldest draft for it that our App made.

    1 request; when none is published, 1 more for each 100 releases, as GitHub finds drafts by no other way.
    """
    try:
        path = repository_path(repository, "releases", "tags", tag)
        return _release(session.get("find a release", path), slug)
    except NotFound:
        pass
    drafts: list[Release] = []
    for page in session.pages("list releases", repository_path(repository, "releases"), MOST_PAGES):
        releases = (_release(item, slug) for item in page if item["tag_name"] == tag)
        drafts += [release for release in releases if release.is_own and release.is_draft]
    return min(drafts, key=lambda release: release.release_id, default=None)


def create_release(
    session: Session, slug: str, repository: str, tag: str, *, title: str, body: str, draft: bool
) -> Release:
    """Make a release of a tag that is there. Raises AlreadyExists when one is published for the tag.

    Of drafts GitHub takes any number for one tag: find_release first.
    """
    given = {"tag_name": tag, "name": title, "body": body, "draft": draft}
    path = repository_path(repository, "releases")
    return _release(session.change("POST", "make a release", path, given, creates_content=True), slug)


def update_release(
    session: Session,
    slug: str,
    repository: str,
    release_id: int,
    *,
    draft: bool | None = None,
    title: str | None = None,
    body: str | None = None,
) -> Release:
    """Publish a release, take it back to a draft, or change what it says. What is None stays."""
    wanted: dict[str, str | bool | None] = {"draft": draft, "name": title, "body": body}
    given = {name: value for name, value in wanted.items() if value is not None}
    path = repository_path(repository, "releases", release_id)
    # Who watches releases is told of one when it is published.
    return _release(session.change("PATCH", "change a release", path, given, creates_content=draft is False), slug)


def read_assets(session: Session, repository: str, release_id: int) -> tuple[Asset, ...]:
    """The files of a release (1 request for each 100; GitHub allows 1,000)."""
    path = repository_path(repository, "releases", release_id, "assets")
    pages = session.pages("list a release's files", path, 1_000 // PAGE_SIZE)
    return tuple(_asset(item) for page in pages for item in page)


def put_asset(
    session: Session, repository: str, release_id: int, name: str, content: bytes, media_type: str
) -> Asset:
    """Make a release have this file: nothing is sent when it has it; one that is another, or broken, is replaced.

    Whether it is the same is told by GitHub's digest of it; where there is none, it is sent again.
    """
    digest = f"sha256:{sha256(content).hexdigest()}"
    for asset in read_assets(session, repository, release_id):
        if asset.name == name:
            if asset.is_uploaded and asset.digest == digest:
                return asset
            delete_asset(session, repository, asset.asset_id)
    return upload_asset(session, repository, release_id, name, content, media_type)


def upload_asset(
    session: Session, repository: str, release_id: int, name: str, content: bytes, media_type: str
) -> Asset:
    """Attach a file to a release. Raises AlreadyExists when it has one of this name.

    It goes to the address that the configured API has for it (`transport.uploads_root`), not to `upload_url`.
    """
    path = repository_path(repository, "releases", release_id, "assets")
    return _asset(session.upload("attach a file to a release", path, name, Upload(content, media_type)))


def delete_asset(session: Session, repository: str, asset_id: int) -> None:
    """Take a file off its release: one whose upload broke stands in the way of another. NotFound: it is gone."""
    path = repository_path(repository, "releases", "assets", asset_id)
    session.change("DELETE", "take a file off a release", path)


def _release(item: Json, slug: str) -> Release:
    author = item.get("author") or {}
    return Release(
        release_id=int(item["id"]),
        tag=str(item["tag_name"]),
        title=str(item.get("name") or ""),
        body=str(item.get("body") or ""),
        is_draft=bool(item["draft"]),
        is_own=author.get("type") == "Bot" and author.get("login") == f"{slug}[bot]",
        url=str(item["html_url"]),
    )


def _asset(item: Json) -> Asset:
    digest = item.get("digest")
    return Asset(
        asset_id=int(item["id"]),
        name=str(item["name"]),
        size=int(item["size"]),
        digest=None if digest is None else str(digest),
        is_uploaded=item["state"] == "uploaded",
    )
