"""Rulesets and the log of their evaluations as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..clock import iso
from ..state import Repository, Ruleset, RuleSuite
from .accounts import JSON
from .repositories import api_url, html_url

if TYPE_CHECKING:
    from ..world import World


def short_ruleset_json(world: World, ruleset: Ruleset) -> JSON:
    """A ruleset as the list shows it."""
    repository = ruleset.repository
    return {
        "id": ruleset.id,
        "name": ruleset.name,
        "target": ruleset.target,
        "source_type": "Repository",
        "source": repository.full_name,
        "enforcement": ruleset.enforcement,
        "node_id": ruleset.node_id,
        "_links": {
            "self": {"href": f"{api_url(world, repository)}/rulesets/{ruleset.id}"},
            "html": {"href": f"{html_url(world, repository)}/rules/{ruleset.id}"},
        },
        "created_at": iso(ruleset.created_at),
        "updated_at": iso(ruleset.updated_at),
    }


def ruleset_json(world: World, ruleset: Ruleset) -> JSON:
    """A whole ruleset, with who may bypass it."""
    return {
        **short_ruleset_json(world, ruleset),
        "conditions": ruleset.conditions,
        "rules": ruleset.rules,
        "bypass_actors": ruleset.bypass_actors,
    }


def rule_suite_json(repository: Repository, suite: RuleSuite) -> JSON:
    """One line of the log of evaluations."""
    body: JSON = {
        "id": suite.id,
        "actor_id": suite.actor.id,
        "actor_name": suite.actor.login,
        "before_sha": suite.before,
        "after_sha": suite.after,
        "ref": suite.reference,
        "repository_id": repository.id,
        "repository_name": repository.name,
        "pushed_at": iso(suite.pushed_at),
        "result": suite.result,
    }
    return body if suite.evaluation is None else {**body, "evaluation_result": suite.evaluation}
