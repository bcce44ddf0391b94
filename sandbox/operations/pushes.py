"""Moving references: branches and tags appear, move and go, and pull requests follow their heads."""

from __future__ import annotations

from ..errors import unprocessable
from ..git.process import GitError
from ..payloads.commits import pushed_commit_json
from ..payloads.repositories import html_url
from ..rules.judge import fast_forward
from ..state import Account, Repository
from ..world import World
from . import check_suites, pull_following, release_following
from .activity import record_activity

ZERO = "0" * 40
LISTED_COMMITS = 250


def update_reference(
    world: World, repository: Repository, sender: Account, name: str, oid: str, *, silent: bool = False
) -> None:
    """Create or move a reference and let everything that follows happen; `silent` sends no event of its own."""
    before = repository.git.references.get(name)
    if before == oid:
        return
    try:
        repository.git.set_reference(name, oid)
    except GitError:
        raise unprocessable("Reference update failed") from None
    _touch(world, repository, oid)
    record_activity(world, repository, sender, name, before, oid)
    if before is None and not silent:
        _fire_lifecycle(world, repository, sender, "create", name)
    if not silent:
        _fire_push(world, repository, sender, name, before or ZERO, oid)
    if name.startswith("refs/heads/"):
        branch = name.removeprefix("refs/heads/")
        check_suites.create_for_push(world, repository, branch, oid)
        pull_following.head_moved(world, repository, sender, branch, oid)
        pull_following.base_moved(world, repository, sender, branch, oid)


def delete_reference(
    world: World, repository: Repository, sender: Account, name: str, *, silent: bool = False
) -> None:
    """Delete a reference: pull requests of the branch are closed, the tag's release becomes a draft.

    `silent` sends no event of the reference's own.
    """
    before = repository.git.references[name]
    repository.git.delete_reference(name)
    record_activity(world, repository, sender, name, before, None)
    if not silent:
        _fire_push(world, repository, sender, name, before, ZERO)
        _fire_lifecycle(world, repository, sender, "delete", name)
    release_following.reference_deleted(world, repository, sender, name)
    if name.startswith("refs/heads/"):
        pull_following.branch_deleted(world, repository, sender, name.removeprefix("refs/heads/"))


def _touch(world: World, repository: Repository, oid: str) -> None:
    now = world.clock.now()
    repository.pushed_at = repository.updated_at = now
    repository.pushed_dates.setdefault(oid, now)


def _short(name: str) -> tuple[str, str] | None:
    """(kind, bare name) of a branch or tag; other references fire no events."""
    for prefix, kind in (("refs/heads/", "branch"), ("refs/tags/", "tag")):
        if name.startswith(prefix):
            return kind, name.removeprefix(prefix)
    return None


def _fire_lifecycle(world: World, repository: Repository, sender: Account, event: str, name: str) -> None:
    short = _short(name)
    if short is None:
        return
    body = {"ref": short[1], "ref_type": short[0], "pusher_type": "user"}
    if event == "create":
        body |= {"master_branch": repository.default_branch}
        world.dispatcher.fire(event, None, repository, sender, {**body, "description": None})
    else:
        world.dispatcher.fire(event, None, repository, sender, body)


def _fire_push(world: World, repository: Repository, sender: Account, name: str, before: str, after: str) -> None:
    if _short(name) is None:
        return
    git = repository.git
    head = None if after == ZERO else git.resolve_commit(after)
    reported = after if world.behaviour.push_after_is_tag_object or head is None else head
    listed: tuple[str, ...] = ()
    forced = ZERO not in (before, after) and not fast_forward(repository, before, after)
    if head is not None and name.startswith("refs/heads/"):
        default = git.references.get(f"refs/heads/{repository.default_branch}", head)
        listed = git.commits_between(default if before == ZERO else before, head)[-LISTED_COMMITS:]
    compare = f"{before[:12]}...{reported[:12]}"
    world.dispatcher.fire(
        "push",
        None,
        repository,
        sender,
        {
            "ref": name,
            "before": before,
            "after": reported,
            "created": before == ZERO,
            "deleted": after == ZERO,
            "forced": forced,
            "base_ref": None,
            "compare": f"{html_url(world, repository)}/compare/{compare}",
            "commits": [pushed_commit_json(world, repository, sha) for sha in listed],
            "head_commit": None if head is None else pushed_commit_json(world, repository, head),
            "pusher": {"name": sender.login, "email": sender.email},
        },
    )
