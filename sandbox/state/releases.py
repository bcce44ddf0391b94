"""Releases and the files attached to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..identifiers import node_id

if TYPE_CHECKING:
    from .accounts import Account
    from .repositories import Repository


@dataclass(eq=False, slots=True)
class ReleaseAsset:
    """A file attached to a release."""

    id: int
    release: Release
    name: str
    label: str | None
    content_type: str
    content: bytes
    uploader: Account
    created_at: datetime
    updated_at: datetime
    download_count: int = 0

    @property
    def node_id(self) -> str:
        return node_id("ReleaseAsset", self.id)


@dataclass(eq=False, slots=True, kw_only=True)
class Release:
    """A release of a tag. A draft has no tag of its own until it is published.

    `created_at` is the time of the commit that it is made from, as GitHub has it.
    """

    id: int
    repository: Repository
    tag_name: str
    target_commitish: str
    name: str | None
    body: str | None
    author: Account
    created_at: datetime
    updated_at: datetime
    draft: bool = False
    prerelease: bool = False
    immutable: bool = False
    published_at: datetime | None = None
    assets: list[ReleaseAsset] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        return node_id("Release", self.id)

    @property
    def tag_reference(self) -> str:
        """The full name of its tag."""
        return f"refs/tags/{self.tag_name}"
