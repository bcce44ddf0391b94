"""A push by git itself: several references at once, each with its own verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..errors import Refusal
from ..git.names import is_reference_name
from ..git.process import GitError
from ..git.wire import ZERO, Command, Push, unpack
from ..payloads.repositories import html_url
from ..rules.judge import judge
from ..state import Account, Repository
from ..tokens import Caller
from ..world import World
from .pushes import delete_reference, update_reference
from .workflows import lacks_workflows

DECLINED = "push declined due to repository rule violations"


@dataclass(slots=True)
class Outcome:
    """Why references were refused, by their names, and what the person reads in the terminal."""

    refused: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def receive(world: World, repository: Repository, caller: Caller, sender: Account, push: Push) -> Outcome:
    """Store the objects and change the references that may be changed; with `atomic` all of them or none.

    More tags in one push than `Behaviour.silent_tags_per_push` are moved without events, as on GitHub.
    """
    outcome = Outcome()
    try:
        unpack(repository.git.directory, push.pack)
    except GitError:
        outcome.refused = {command.name: "unpacker error" for command in push.commands}
        return outcome
    names = [command.name for command in push.commands]
    for command in push.commands:
        if names.count(command.name) > 1:
            outcome.refused[command.name] = "multiple updates for ref not allowed"
            continue
        why = _refusal(world, repository, caller, sender, command, outcome.notes)
        if why is not None:
            outcome.refused[command.name] = why
    if outcome.refused and "atomic" in push.capabilities:
        for command in push.commands:
            outcome.refused.setdefault(command.name, "atomic push failure")
    accepted = [command for command in push.commands if command.name not in outcome.refused]
    tags = sum(command.name.startswith("refs/tags/") for command in accepted)
    for command in accepted:
        quiet = command.name.startswith("refs/tags/") and tags > world.behaviour.silent_tags_per_push
        try:
            if command.new == ZERO:
                delete_reference(world, repository, sender, command.name, silent=quiet)
            else:
                update_reference(world, repository, sender, command.name, command.new, silent=quiet)
        except Refusal:  # a name that is another reference's folder
            outcome.refused[command.name] = "failed to update ref"
    return outcome


def _refusal(
    world: World, repository: Repository, caller: Caller, sender: Account, command: Command, notes: list[str]
) -> str | None:
    why = next(_objections(repository, caller, command), None)
    if why is not None:
        return why
    before, after = (None if oid == ZERO else oid for oid in (command.old, command.new))
    verdict = judge(world, repository, sender, command.name, before, after)
    if verdict.refused:
        page = f"{html_url(world, repository)}/rules?ref={command.name.replace('/', '%2F')}"
        notes += [
            f"error: GH013: Repository rule violations found for {command.name}.\n",
            f"Review all repository rules at {page}\n\n",
            *(f"- {reason}\n" for reason in verdict.refused),
        ]
        return DECLINED
    if verdict.bypassed:
        notes.append(f"Bypassed rule violations for {command.name}:\n\n")
        notes += [f"- {reason}\n" for reason in verdict.bypassed]
    return None


def _objections(repository: Repository, caller: Caller, command: Command) -> Iterator[str]:
    git, name = repository.git, command.name
    if not is_reference_name(name):
        yield "funny refname"
    if name.startswith("refs/pull/"):
        yield "deny updating a hidden ref"
    if git.references.get(name, ZERO) != command.old or command.old == command.new == ZERO:
        yield "failed to update ref"
    if command.new == ZERO:
        if name == f"refs/heads/{repository.default_branch}":
            yield f"refusing to delete the current branch: {name}"
        return
    kind = git.kind_of(command.new)
    if kind is None or (name.startswith("refs/heads/") and kind != "commit"):
        yield "missing necessary objects"
    elif lacks_workflows(repository, caller, command.new):
        yield "refusing to allow a GitHub App to create or update workflow without `workflows` permission"
