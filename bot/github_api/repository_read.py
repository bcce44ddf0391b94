"""Lists and small questions: open pull requests, permissions, installations and their repositories."""

from __future__ import annotations

from datetime import datetime

from bot.github_api import nodes
from bot.github_api.auth import AppCredential
from bot.github_api.budget import RequestKind
from bot.github_api.errors import NotFound
from bot.github_api.graphql import Json
from bot.github_api.pull_request_pages import next_cursor
from bot.github_api.readings import InstalledApp, InstalledRepository, OpenPullRequest
from bot.github_api.session import PAGE_SIZE, Session, owner_and_name, repository_path
from bot.github_api.transport import Request

PERMISSIONS = ("admin", "maintain", "write", "triage", "read", "none")


def read_open_pull_requests(session: Session, repository: str) -> list[OpenPullRequest]:
    """All open pull requests, oldest first. Raises NotFound when there is no such repository."""
    found: list[OpenPullRequest] = []
    cursor: str | None = None
    while True:
        variables = {**owner_and_name(repository), "after": cursor}
        parts, _document = session.query("list open pull requests", "open_pull_requests", variables)
        page = (parts.data.get("repository") or {}).get("pullRequests")
        if page is None:
            raise NotFound("list open pull requests: no such repository")
        found += [_open_pull_request(node) for node in nodes.nodes(page)]
        cursor = next_cursor(page)
        if cursor is None:
            return found


def _open_pull_request(node: Json) -> OpenPullRequest:
    return OpenPullRequest(
        number=int(node["number"]),
        head_sha=str(node["headRefOid"]),
        base_branch=str(node["baseRefName"]),
        is_draft=bool(node["isDraft"]),
        title=str(node["title"]),
        author=nodes.login_of(node["author"]),
        updated_at=datetime.fromisoformat(node["updatedAt"]),
    )


def read_permission(session: Session, repository: str, login: str) -> str:
    """What a person may do with a repository: one of `PERMISSIONS`.

    `permission` says write for maintain and read for triage; `role_name` is exact, unless it is a role that an
    organisation made for itself (docs: REST, get repository permissions for a user).
    """
    path = repository_path(repository, "collaborators", login, "permission")
    try:
        answer = session.get("read a permission", path)
    except NotFound:
        return "none"
    for name in (answer.get("role_name"), answer.get("permission")):
        if name in PERMISSIONS:
            return str(name)
    return "none"


def read_repositories(session: Session) -> tuple[InstalledRepository, ...]:
    """The repositories that the installation may see."""
    found: list[InstalledRepository] = []
    page = 0
    while True:
        page += 1
        answer = session.get(
            "list repositories", "/installation/repositories", {"per_page": PAGE_SIZE, "page": page}
        )
        found += [
            InstalledRepository(
                int(item["id"]), str(item["full_name"]), str(item["default_branch"]), bool(item["archived"])
            )
            for item in answer["repositories"]
        ]
        if len(answer["repositories"]) < PAGE_SIZE:
            return tuple(found)


def read_installations(app: AppCredential) -> tuple[InstalledApp, ...]:
    """Every installation of the App."""
    found: list[InstalledApp] = []
    page = 0
    while True:
        page += 1
        items = app.send(
            Request(
                "GET",
                "/app/installations",
                RequestKind.READ,
                "list installations",
                {"per_page": PAGE_SIZE, "page": page},
            )
        ).data
        found += [_installation(item) for item in items]
        if len(items) < PAGE_SIZE:
            return tuple(found)


def read_installation_of(app: AppCredential, repository: str) -> int | None:
    """The installation that covers a repository, if any."""
    path = repository_path(repository, "installation")
    try:
        return int(app.send(Request("GET", path, RequestKind.READ, "find an installation")).data["id"])
    except NotFound:
        return None


def _installation(item: Json) -> InstalledApp:
    account = item.get("account") or {}
    # An enterprise has a slug instead of a login.
    name = str(account.get("login") or account.get("slug") or "")
    return InstalledApp(int(item["id"]), name, item.get("suspended_at") is not None)
