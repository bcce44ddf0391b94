"""The verdict on one change of a reference, and its line in the log of rule suites.

Enforced are the rules creation, update, deletion and non_fast_forward; others are kept and shown, not enforced.
Those who ask are REST's addresses of references, pushes by git, and releases that make their tag. Merges and
commits of single files are not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Refusal
from ..state import Account, Repository, RuleSuite
from .bypass import bypass_of
from .patterns import matches

if TYPE_CHECKING:
    from ..world import World

ZERO = "0" * 40
# The sentences as seen in refused pushes and answers of the REST API.
CREATION = "Cannot create ref due to creations being restricted."
UPDATE = "Cannot update this protected ref."


@dataclass(frozen=True, slots=True)
class Verdict:
    """GitHub's sentences on what is refused, and on what was passed by."""

    refused: tuple[str, ...] = ()
    bypassed: tuple[str, ...] = ()


def judge(
    world: World, repository: Repository, account: Account, reference: str, before: str | None, after: str | None
) -> Verdict:
    """Judge the change of a reference from `before` to `after` (object IDs; None: it is not there)."""
    if before == after:
        return Verdict()
    refused: list[str] = []
    bypassed: list[str] = []
    evaluated: list[bool] = []
    touched = False
    for ruleset in repository.rulesets.values():
        if ruleset.enforcement == "disabled" or not matches(ruleset, repository, reference):
            continue
        mode = bypass_of(world, ruleset, account)
        if mode == "exempt":
            continue
        found = [_reason(repository, str(rule["type"]), reference, before, after) for rule in ruleset.rules]
        reasons = [reason for reason in found if reason is not None]
        if ruleset.enforcement == "evaluate":
            evaluated.append(not reasons or mode == "always")
            continue
        touched = True
        (bypassed if mode == "always" else refused).extend(reasons)
    if touched or evaluated:
        result = "fail" if refused else "bypass" if bypassed else "pass"
        evaluation = None if not evaluated else "pass" if all(evaluated) else "fail"
        _log(world, repository, account, reference, before, after, result, evaluation)
    refused += _immutable(repository, reference, before, after)
    return Verdict(tuple(dict.fromkeys(refused)), tuple(dict.fromkeys(bypassed)))


def enforce(
    world: World, repository: Repository, account: Account, reference: str, before: str | None, after: str | None
) -> None:
    """As `judge`; raises REST's refusal when something forbids the change."""
    refused = judge(world, repository, account, reference, before, after).refused
    if refused:
        message = world.behaviour.rule_violation_message.format(reasons="\n".join(refused))
        raise Refusal(world.behaviour.rule_violation_kind, message)


def _reason(
    repository: Repository, rule: str, reference: str, before: str | None, after: str | None
) -> str | None:
    kind = "tag" if reference.startswith("refs/tags/") else "branch"
    if rule == "creation" and before is None:
        return CREATION
    if rule == "deletion" and after is None:
        return f"Cannot delete this {kind}"
    if before is None or after is None:
        return None
    if rule == "update":
        return UPDATE
    if rule == "non_fast_forward" and not fast_forward(repository, before, after):
        return f"Cannot force-push to this {kind}"
    return None


def fast_forward(repository: Repository, before: str, after: str) -> bool:
    """Whether the commit behind `after` has the one behind `before` among its ancestors."""
    old, new = repository.git.resolve_commit(before), repository.git.resolve_commit(after)
    return old is not None and new is not None and repository.git.contains(new, old)


def _immutable(repository: Repository, reference: str, before: str | None, after: str | None) -> list[str]:
    """What immutable releases forbid: moving or deleting their tag, and making it again once it is gone."""
    tag = reference.removeprefix("refs/tags/")
    if tag == reference:
        return []
    if before is None:
        return [CREATION] if tag in repository.burned_tags else []
    held = any(release.immutable and release.tag_name == tag for release in repository.releases.values())
    return [UPDATE if after is not None else "Cannot delete this tag"] if held else []


def _log(
    world: World,
    repository: Repository,
    account: Account,
    reference: str,
    before: str | None,
    after: str | None,
    result: str,
    evaluation: str | None,
) -> None:
    repository.rule_suites.append(
        RuleSuite(
            id=world.next_id(),
            actor=account,
            reference=reference,
            before=before or ZERO,
            after=after or ZERO,
            pushed_at=world.clock.now(),
            result=result,
            evaluation=evaluation,
        )
    )
