"""Accounts, teams, Apps and their installations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ..identifiers import node_id

AccountKind = Literal["User", "Bot", "Organization"]


@dataclass(eq=False, slots=True)
class Account:
    """A person, a bot or an organisation. `email` ties commits to it, `owners` are an organisation's (by ID)."""

    id: int
    login: str
    kind: AccountKind
    email: str
    created_at: datetime
    name: str | None = None
    app_slug: str | None = None
    owners: set[int] = field(default_factory=set)

    @property
    def node_id(self) -> str:
        return node_id(self.kind, self.id)


@dataclass(eq=False, slots=True)
class Team:
    """A team of an organisation, with the role it gives on repositories (by repository ID)."""

    id: int
    organization: Account
    slug: str
    name: str
    members: list[Account]
    roles: dict[int, str] = field(default_factory=dict)

    @property
    def node_id(self) -> str:
        return node_id("Team", self.id)


@dataclass(eq=False, slots=True)
class App:
    """A GitHub App: its key, its webhook, and the permissions and events it asked for."""

    id: int
    slug: str
    name: str
    client_id: str
    owner: Account
    bot: Account
    private_key_pem: str
    public_key_pem: str
    permissions: dict[str, str]
    events: list[str]
    hook_id: int
    created_at: datetime
    webhook_url: str | None = None
    webhook_secret: str | None = None
    content_type: str = "json"

    @property
    def node_id(self) -> str:
        return node_id("App", self.id)


@dataclass(eq=False, slots=True)
class Installation:
    """An App on an account. `repository_ids` is None when it covers all of the account's repositories."""

    id: int
    app: App
    account: Account
    repository_ids: set[int] | None
    permissions: dict[str, str]
    events: list[str]
    created_at: datetime
    suspended_at: datetime | None = None
    suspended_by: Account | None = None

    @property
    def node_id(self) -> str:
        return node_id("Installation", self.id)
