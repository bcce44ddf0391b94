"""Making what a fresh GitHub lacks: accounts, repositories, Apps, installations; in-process, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .access import ROLES
from .git.objects import Signature
from .git.writer import TreeChange
from .identifiers import webhook_secret
from .operations.activity import record_activity
from .operations.repositories import add_repository, install
from .state import Account, AccountKind, App, Installation, Repository, Team
from .webhooks.events import missing_permission
from .world import World

ACTIONS_APP_ID = 15368
ACTIONS_SLUG = "github-actions"
ACTIONS_PERMISSIONS = {"checks": "write", "statuses": "write", "contents": "write", "pull_requests": "write"}


def add_account(world: World, login: str, kind: AccountKind, email: str | None = None) -> Account:
    """An account; the login must be free."""
    if world.find_account(login) is not None:
        raise ValueError(f"the login {login} is taken")
    account = Account(
        id=world.next_id(),
        login=login,
        kind=kind,
        email=email or f"{login.lower()}@example.com",
        created_at=world.clock.now(),
    )
    return world.add_account(account)


def owner_account(world: World, login: str) -> Account:
    """The account that owns repositories; an unknown one becomes an organisation."""
    owner = world.find_account(login)
    if owner is None:
        owner = add_account(world, login, "Organization")
    if owner.kind != "Bot" and not any(
        one.account is owner and one.app.id == ACTIONS_APP_ID for one in world.installations.values()
    ):
        install(world, actions_app(world), owner, None, owner)
    return owner


def import_repository(
    world: World,
    full_name: str,
    source: Path | None,
    collaborators: Mapping[str, str],
    *,
    private: bool,
    default_branch: str | None,
) -> Repository:
    """A repository with the history of a local one; collaborators by login and role."""
    owner_login, _, name = full_name.partition("/")
    if world.find_repository(full_name) is not None:
        raise ValueError(f"{full_name} is there already")
    owner = owner_account(world, owner_login)
    repository = add_repository(world, owner, name, source, private=private, default_branch=default_branch)
    for login, role in collaborators.items():
        if role not in ROLES[1:]:
            raise ValueError(f"{role} is no role; the roles are {', '.join(ROLES[1:])}")
        repository.roles[world.account(login).id] = role
    return repository


def commit_files(world: World, repository: Repository, files: Mapping[str, str | bytes], branch: str) -> str:
    """A first commit with these files on a branch; returns its SHA."""
    changes = [
        TreeChange(path, content=content.encode() if isinstance(content, str) else content)
        for path, content in files.items()
    ]
    git, owner = repository.git, repository.owner
    tree = git.write_tree(None, changes)
    signature = Signature(owner.login, owner.email, world.clock.now())
    sha = git.write_commit(tree, [], signature, signature, "First commit")
    git.set_reference(f"refs/heads/{branch}", sha)
    record_activity(world, repository, owner, f"refs/heads/{branch}", None, sha)
    return sha


def add_team(world: World, organization: str, slug: str, members: Sequence[str], roles: Mapping[str, str]) -> Team:
    """A team with members by login and roles by repository name."""
    owner = owner_account(world, organization)
    team = Team(
        id=world.next_id(),
        organization=owner,
        slug=slug,
        name=slug.replace("-", " ").title(),
        members=[world.account(login) for login in members],
    )
    for name, role in roles.items():
        repository = world.find_repository(name)
        if repository is None:
            raise ValueError(f"there is no repository {name}")
        team.roles[repository.id] = role
    world.teams.append(world.register(team))
    return team


def register_app(
    world: World,
    slug: str,
    *,
    permissions: Mapping[str, str],
    events: Sequence[str],
    webhook_url: str | None,
    secret: str | None,
    private_key_pem: str | None,
    identifier: int | None = None,
) -> App:
    """A GitHub App with a key of its own; refuses events that its permissions do not cover, as GitHub does."""
    for event in events:
        lacking = missing_permission(event, dict(permissions))
        if lacking is not None:
            raise ValueError(f"the event {event} needs the permission {lacking}")
    private, public = _key_pair(private_key_pem)
    bot = add_account(world, f"{slug}[bot]", "Bot")
    bot.app_slug = slug
    owner = world.find_account("sandbox-apps") or add_account(world, "sandbox-apps", "Organization")
    app_id = identifier or world.next_id()
    app = App(
        id=app_id,
        slug=slug,
        name=slug.replace("-", " ").title(),
        client_id=f"Iv23li{app_id:014d}",
        owner=owner,
        bot=bot,
        private_key_pem=private,
        public_key_pem=public,
        permissions={"metadata": "read", **permissions},
        events=list(events),
        hook_id=world.next_id(),
        created_at=world.clock.now(),
        webhook_url=webhook_url,
        webhook_secret=secret or webhook_secret(),
    )
    world.apps[app.id] = world.register(app)
    return app


def _key_pair(private_key_pem: str | None) -> tuple[str, str]:
    if private_key_pem is None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        loaded = serialization.load_pem_private_key(
            private_key_pem.encode(), None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(loaded, RSAPrivateKey):
            raise TypeError("an App's key is an RSA key")
        key = loaded
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def actions_app(world: World) -> App:
    """GitHub Actions, with the App ID it has on GitHub. It has no usable key: nobody signs JWTs for it."""
    known = world.apps.get(ACTIONS_APP_ID)
    if known is not None:
        return known
    bot = add_account(world, f"{ACTIONS_SLUG}[bot]", "Bot")
    bot.app_slug = ACTIONS_SLUG
    owner = world.find_account("github") or add_account(world, "github", "Organization")
    app = App(
        id=ACTIONS_APP_ID,
        slug=ACTIONS_SLUG,
        name="GitHub Actions",
        client_id="Iv1.05c79e9ad1f6bdfa",
        owner=owner,
        bot=bot,
        private_key_pem="",
        public_key_pem="",
        permissions={"metadata": "read", **ACTIONS_PERMISSIONS},
        events=[],
        hook_id=world.next_id(),
        created_at=world.clock.now(),
    )
    world.apps[app.id] = world.register(app)
    return app


def find_installation(world: World, app: App, repository: Repository) -> Installation:
    """The App's installation on a repository; raises LookupError."""
    found = world.installation_on(app, repository)
    if found is None:
        raise LookupError(f"{app.slug} is not installed on {repository.full_name}")
    return found
