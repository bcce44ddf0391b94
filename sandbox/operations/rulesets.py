"""Rulesets: made, changed, deleted, and everybody told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import Refusal, invalid, unprocessable
from ..payloads.rulesets import ruleset_json
from ..state import Account, Repository, Ruleset
from ..world import World

TARGETS = ("branch", "tag", "push")
ENFORCEMENTS = ("disabled", "active", "evaluate")
ACTORS = ("Integration", "OrganizationAdmin", "RepositoryRole", "Team", "DeployKey", "User")
MODES = ("always", "pull_request", "exempt")
RULES = (
    "creation",
    "update",
    "deletion",
    "required_linear_history",
    "merge_queue",
    "required_deployments",
    "required_signatures",
    "pull_request",
    "required_status_checks",
    "non_fast_forward",
    "commit_message_pattern",
    "commit_author_email_pattern",
    "committer_email_pattern",
    "branch_name_pattern",
    "tag_name_pattern",
    "file_path_restriction",
    "max_file_path_length",
    "file_extension_restriction",
    "max_file_size",
    "workflows",
    "code_scanning",
    "copilot_code_review",
    "license_compliance_scanning",
)
MAXIMUM = 75
"""Rulesets of one repository."""


def create(world: World, repository: Repository, sender: Account, fields: Mapping[str, Any]) -> Ruleset:
    """A new ruleset; raises the refusals of values that GitHub does not take."""
    for needed in ("name", "enforcement"):
        if needed not in fields:
            raise unprocessable(f'Invalid request.\n\n"{needed}" wasn\'t supplied.')
    if len(repository.rulesets) >= MAXIMUM:
        raise invalid("RepositoryRuleset", "base", f"Only {MAXIMUM} rulesets are allowed")
    now = world.clock.now()
    ruleset = Ruleset(
        id=world.next_id(),
        repository=repository,
        name=str(fields["name"]),
        target=str(fields.get("target", "branch")),
        enforcement=str(fields["enforcement"]),
        bypass_actors=_actors(fields.get("bypass_actors", [])),
        conditions=_conditions(fields.get("conditions", {})),
        rules=_rules(fields.get("rules", [])),
        created_at=now,
        updated_at=now,
    )
    _check(world, ruleset)
    repository.rulesets[ruleset.id] = ruleset
    _fire(world, ruleset, sender, "created")
    return ruleset


def change(world: World, ruleset: Ruleset, sender: Account, fields: Mapping[str, Any]) -> None:
    """Change what is given and leave the rest; one event says what was different before."""
    before = _copy(ruleset)
    for name in ("name", "target", "enforcement"):
        if name in fields:
            setattr(ruleset, name, str(fields[name]))
    try:
        for name, reader in (("bypass_actors", _actors), ("conditions", _conditions), ("rules", _rules)):
            if name in fields:
                setattr(ruleset, name, reader(fields[name]))
        _check(world, ruleset)
    except Refusal:
        for name, value in before.items():
            setattr(ruleset, name, value)
        raise
    ruleset.updated_at = world.clock.now()
    _fire(world, ruleset, sender, "edited", changes=_changes(before, ruleset))


def delete(world: World, ruleset: Ruleset, sender: Account) -> None:
    """Delete a ruleset."""
    del ruleset.repository.rulesets[ruleset.id]
    _fire(world, ruleset, sender, "deleted")


def _copy(ruleset: Ruleset) -> dict[str, Any]:
    names = ("name", "target", "enforcement", "bypass_actors", "conditions", "rules")
    return {name: getattr(ruleset, name) for name in names}


def _objects(value: object, name: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise unprocessable(f"Invalid request.\n\nFor 'properties/{name}', it is not an array of objects.")
    return value


def _actors(value: object) -> list[dict[str, Any]]:
    found = []
    for actor in _objects(value, "bypass_actors"):
        kind, mode = actor.get("actor_type"), actor.get("bypass_mode", "always")
        if kind not in ACTORS or mode not in MODES:
            raise invalid("RepositoryRuleset", "bypass_actors", code="invalid")
        found.append({"actor_id": actor.get("actor_id"), "actor_type": kind, "bypass_mode": mode})
    return found


def _conditions(value: object) -> dict[str, Any]:
    names = value.get("ref_name", {}) if isinstance(value, dict) else None
    if not isinstance(names, dict):
        raise invalid("RepositoryRuleset", "conditions", code="invalid")
    sides = {side: names.get(side) or [] for side in ("include", "exclude")}
    for patterns in sides.values():
        if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
            raise invalid("RepositoryRuleset", "conditions", code="invalid")
    return {"ref_name": sides}


def _rules(value: object) -> list[dict[str, Any]]:
    rules = _objects(value, "rules")
    for rule in rules:
        if rule.get("type") not in RULES:
            raise invalid("RepositoryRuleset", "rules", code="invalid")
    return rules


def _check(world: World, ruleset: Ruleset) -> None:
    if ruleset.target not in TARGETS or ruleset.enforcement not in ENFORCEMENTS:
        raise invalid("RepositoryRuleset", "enforcement", code="invalid")
    others = [each for each in ruleset.repository.rulesets.values() if each is not ruleset]
    if any(other.name == ruleset.name for other in others):
        raise invalid("RepositoryRuleset", "name", "Name must be unique")
    for actor in ruleset.bypass_actors:
        if actor["bypass_mode"] == "pull_request" and ruleset.target != "branch":
            raise invalid("RepositoryRuleset", "bypass_actors", "pull_request is for branch rulesets only")
        if actor["actor_type"] == "Integration":
            _check_app(world, ruleset.repository, actor["actor_id"])


def _check_app(world: World, repository: Repository, number: object) -> None:
    """GitHub refuses Apps that are not the owner's business, its own Actions among them."""
    app = world.apps.get(number) if isinstance(number, int) else None
    installed = app is not None and any(
        each.app is app and each.account is repository.owner for each in world.installations.values()
    )
    if app is None or not installed or app.slug == "github-actions":
        name = "" if app is None else f" {app.name}"
        message = f"Actor{name} integration must be part of the ruleset source or owner organization"
        raise invalid("RepositoryRuleset", "bypass_actors", message)


def _changes(before: Mapping[str, Any], ruleset: Ruleset) -> dict[str, Any]:
    """What the event says of the difference: names and enforcement by their old value, the rest by its parts."""
    changes: dict[str, Any] = {
        name: {"from": before[name]} for name in ("name", "enforcement") if before[name] != getattr(ruleset, name)
    }
    if before["rules"] != ruleset.rules:
        changes["rules"] = {
            "added": [rule for rule in ruleset.rules if rule not in before["rules"]],
            "deleted": [rule for rule in before["rules"] if rule not in ruleset.rules],
            "updated": [],
        }
    old, new = before["conditions"]["ref_name"], ruleset.conditions["ref_name"]
    if old != new:
        sides = {side: {"from": old[side]} for side in ("include", "exclude") if old[side] != new[side]}
        updated = {"condition": ruleset.conditions, "changes": sides}
        changes["conditions"] = {"added": [], "deleted": [], "updated": [updated]}
    return changes


def _fire(world: World, ruleset: Ruleset, sender: Account, action: str, **extra: object) -> None:
    body = {"repository_ruleset": ruleset_json(world, ruleset), **extra}
    world.dispatcher.fire("repository_ruleset", action, ruleset.repository, sender, body)
