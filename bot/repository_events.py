"""The event table's part for installations and whole repositories: where the App is, and what is called how."""

from __future__ import annotations

from bot.core.subjects import InstallationSubject, RepositorySubject, Subject, TagsSubject
from bot.interpretation import (
    Handler,
    InstallationChange,
    Interpretation,
    Received,
    RepositoryGone,
    RepositoryMoved,
)
from bot.payload import Payload, full_name_at, items_at, number_at, text_at, value_at


def installation_changed(received: Received) -> Interpretation:
    """The App came to repositories, left them, was suspended or came back."""
    installation_id = number_at(received.payload, "installation", "id")
    if installation_id is None:
        return Interpretation("installation without an ID")
    came_whole = received.action in ("created", "unsuspend", "new_permissions_accepted")
    listed = items_at(received.payload, "repositories" if came_whole else "repositories_added")
    ids = tuple(
        (name, number)
        for item in listed
        if (name := full_name_at(item, "full_name")) and (number := number_at(item, "id")) is not None
    )
    gained = tuple(name for item in listed if (name := full_name_at(item, "full_name")))
    change = InstallationChange(
        installation_id,
        gained,
        _full_names(received.payload, "repositories_removed"),
        all_lost=received.action in ("deleted", "suspend"),
        ids=ids,
    )
    # The tags that are there when the App comes are the baseline: the sooner it is taken, the better.
    subjects: tuple[Subject, ...] = tuple(
        subject for name in gained for subject in (RepositorySubject(name), TagsSubject(name))
    )
    if received.action in ("unsuspend", "new_permissions_accepted"):
        subjects = (*subjects, InstallationSubject(installation_id))
    return Interpretation(f"installation {received.action}", subjects, installation=change)


def repository_changed(received: Received) -> Interpretation:
    """A repository got another name, owner or default branch, or is gone."""
    if received.action in ("deleted", "archived"):
        number = number_at(received.payload, "repository", "id")
        gone = RepositoryGone(received.repository, is_deleted=received.action == "deleted", repository_id=number)
        return Interpretation(f"repository {received.action}", moved=gone)
    old = _old_name(received)
    moved = RepositoryMoved(old, received.repository) if old is not None and old != received.repository else None
    subjects: tuple[Subject, ...] = (RepositorySubject(received.repository),)
    installation_id = number_at(received.payload, "installation", "id")
    if (moved is not None or received.action == "unarchived") and installation_id is not None:
        # Two renames may arrive in the wrong order: GitHub's own list has the last word. And what was archived is
        # served by nobody until it is listed again.
        subjects = (*subjects, InstallationSubject(installation_id))
    return Interpretation(f"repository {received.action}", subjects, moved=moved)


def _old_name(received: Received) -> str | None:
    """What the repository was called before it was renamed or transferred; None when that is no name."""
    owner, _, name = received.repository.partition("/")
    changes = value_at(received.payload, "changes")
    old_owner = (
        text_at(changes, "owner", "from", "user", "login")
        or text_at(changes, "owner", "from", "organization", "login")
        or owner
    )
    old_name = text_at(changes, "repository", "name", "from") or name
    return full_name_at({"full_name": f"{old_owner}/{old_name}"}, "full_name")


def rights_changed(received: Received) -> Interpretation:
    """Somebody may now be asked for a review who could not be asked before."""
    return Interpretation(
        f"member {received.action}",
        (RepositorySubject(received.repository),),
        opened_to_somebody=received.repository,
    )


def _full_names(payload: Payload, key: str) -> tuple[str, ...]:
    names = (full_name_at(item, "full_name") for item in items_at(payload, key))
    return tuple(name for name in names if name)


REPOSITORY_TABLE: dict[tuple[str, str], Handler] = {
    ("installation", "*"): installation_changed,
    ("installation_repositories", "*"): installation_changed,
    **{
        ("repository", action): repository_changed
        for action in ["renamed", "transferred", "deleted", "archived", "unarchived", "edited"]
    },
    ("member", "added"): rights_changed,
}
