"""Branches and tags by REST: read right before they are written, and written once."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from bot.core.release_model import ExistingTag
from bot.github_api.errors import NotFound
from bot.github_api.graphql import Json
from bot.github_api.release_readings import Tagger
from bot.github_api.session import Session, repository_path

MOST_TAGS_OF_TAGS = 10


def read_branch_head(session: Session, repository: str, branch: str) -> str | None:
    """The SHA a branch is at, or None when there is no such branch (1 request)."""
    found = _reference(session, repository, f"heads/{branch}", "read a branch's head")
    return None if found is None else str(found["sha"])


def read_tag(session: Session, repository: str, tag: str) -> ExistingTag | None:
    """A tag, and the commit behind it (1 request, 1 more for each annotated tag on the way)."""
    found = _reference(session, repository, f"tags/{tag}", "read a tag")
    if found is None:
        return None
    last = found
    for _ in range(MOST_TAGS_OF_TAGS):
        if last["type"] != "tag":
            break
        path = repository_path(repository, "git", "tags", str(last["sha"]))
        last = session.get("read a tag object", path)["object"]
    commit = str(last["sha"]) if last["type"] == "commit" else None
    return ExistingTag(str(found["sha"]), commit)


def read_tags(session: Session, repository: str, prefix: str) -> dict[str, str]:
    """The tags whose names begin with `prefix`: name → the object's SHA (1 request; GitHub does not page them)."""
    path = _path(repository, "git/matching-refs", f"tags/{prefix}")
    items = session.get("list tags", path)
    return {str(item["ref"]).removeprefix("refs/tags/"): str(item["object"]["sha"]) for item in items}


def create_tag_object(
    session: Session, repository: str, tag: str, message: str, commit_sha: str, tagger: Tagger
) -> str:
    """Make an annotated tag's object, to which no reference points yet; gives its SHA.

    The same arguments make the same object, so that repeating it is harmless.
    """
    body = {
        "tag": tag,
        "message": message,
        "object": commit_sha,
        "type": "commit",
        "tagger": {
            "name": tagger.name,
            "email": tagger.email,
            "date": tagger.moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }
    made = session.change("POST", "make a tag object", repository_path(repository, "git", "tags"), body)
    return str(made["sha"])


def create_tag(session: Session, repository: str, tag: str, object_sha: str) -> None:
    """Let a new tag point to an object.

    Raises AlreadyExists when there is one of this name, RulesetRefused when a rule forbids it, and Forbidden with
    `permission` naming `workflows=write` when the commit's workflow files differ from those of every branch.
    """
    body = {"ref": f"refs/tags/{tag}", "sha": object_sha}
    session.change("POST", "make a tag", repository_path(repository, "git", "refs"), body)


def move_tag(session: Session, repository: str, tag: str, object_sha: str) -> None:
    """Let a tag point to another object, whatever it points to. Raises NotFound when it is not there."""
    session.change(
        "PATCH", "move a tag", _path(repository, "git/refs", f"tags/{tag}"), {"sha": object_sha, "force": True}
    )


def delete_tag(session: Session, repository: str, tag: str) -> None:
    """Delete a tag. Raises NotFound when it is not there."""
    session.change("DELETE", "delete a tag", _path(repository, "git/refs", f"tags/{tag}"))


def _reference(session: Session, repository: str, name: str, operation: str) -> Json | None:
    """What a reference of exactly this name points to."""
    try:
        found: Any = session.get(operation, _path(repository, "git/ref", name))
    except NotFound:
        return None
    # Where a name is only the beginning of others, GitHub once answered with a list of those.
    return found["object"] if isinstance(found, dict) and found.get("ref") == f"refs/{name}" else None


def _path(repository: str, kind: str, name: str) -> str:
    """The REST path of a reference. Slashes in its name stay; nothing else in it can change the path.

    A name that Git itself would refuse is not sent: with an empty or dotted part it would be another path.
    """
    steps = name.split("/")
    if "" in steps[:-1]:
        raise NotFound("no reference has an empty part in its name")
    return repository_path(repository, *kind.split("/"), *steps)
