"""Check suites: one for each App and commit, made by pushes or by the first check run."""

from __future__ import annotations

from ..payloads.checks import hook_suite_json
from ..state import App, CheckSuite, Repository
from ..world import World


def find(repository: Repository, app: App, sha: str) -> CheckSuite | None:
    """The App's suite on a commit, or None."""
    return next((suite for suite in repository.suites.get(sha, []) if suite.app is app), None)


def find_or_create(world: World, repository: Repository, app: App, sha: str) -> tuple[CheckSuite, bool]:
    """The App's suite on a commit, and whether it is new."""
    found = find(repository, app, sha)
    if found is not None:
        return found, False
    now = world.clock.now()
    suite = CheckSuite(
        id=world.next_id(),
        repository=repository,
        app=app,
        head_sha=sha,
        head_branch=branch_of(repository, sha),
        created_at=now,
        updated_at=now,
    )
    repository.suites.setdefault(sha, []).append(suite)
    return world.register(suite), True


def branch_of(repository: Repository, sha: str) -> str | None:
    """A branch of this repository at this commit; None for the heads of forks."""
    for name, oid in repository.git.references.items():
        if oid == sha and name.startswith("refs/heads/"):
            return name.removeprefix("refs/heads/")
    return None


def create_for_push(world: World, repository: Repository, branch: str, sha: str) -> None:
    """An empty suite, and `check_suite.requested`, for every installed App that may write checks."""
    if not world.behaviour.auto_create_check_suites:
        return
    for installation in world.installations_on(repository):
        if installation.permissions.get("checks") != "write":
            continue
        suite, new = find_or_create(world, repository, installation.app, sha)
        if new:
            suite.head_branch = branch
            body = {"check_suite": hook_suite_json(world, suite)}
            sender = installation.app.bot
            world.dispatcher.fire("check_suite", "requested", repository, sender, body, only=installation.app)
