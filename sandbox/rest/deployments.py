"""Environments, the Apps that protect them, and those Apps' answers."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ..access import NOT_ACCESSIBLE
from ..errors import Refusal, invalid, not_found
from ..operations import deployments
from ..payloads.deployments import environment_json, rule_json
from ..state import App, Environment, Repository
from .common import answer, body, caller, find_repository, nothing, paged, required_text, text, world

blueprint = Blueprint("deployments", __name__)
ROOT = "/repos/<owner>/<name>"
ENVIRONMENT = f"{ROOT}/environments/<path:environment>"
RULES = f"{ENVIRONMENT}/deployment_protection_rules"


@blueprint.get(f"{ROOT}/environments")
def list_environments(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "actions=read")
    found = list(repository.environments.values())
    shown = [environment_json(world(), environment) for environment in paged(found)]
    return answer({"total_count": len(found), "environments": shown})


def _find(repository: Repository, environment: str) -> Environment:
    found = repository.environments.get(environment.lower())
    if found is None:
        raise not_found()
    return found


@blueprint.get(ENVIRONMENT)
def get_environment(owner: str, name: str, environment: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "actions=read")
    return answer(environment_json(world(), _find(repository, environment)))


@blueprint.get(RULES)
def list_rules(owner: str, name: str, environment: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "actions=read")
    rules = _find(repository, environment).rules
    shown = [rule_json(world(), rule) for rule in rules]
    return answer({"total_count": len(rules), "custom_deployment_protection_rules": shown})


@blueprint.post(RULES)
def create_rule(owner: str, name: str, environment: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "administration=write", role="admin")
    found, app = _find(repository, environment), world().apps.get(body().get("integration_id", 0))
    if app is None or world().installation_on(app, repository) is None:
        raise invalid("DeploymentProtectionRule", "integration_id", code="invalid")
    return answer(rule_json(world(), deployments.enable_rule(world(), found, app)), 201)


@blueprint.delete(f"{RULES}/<int:identifier>")
def delete_rule(owner: str, name: str, environment: str, identifier: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "administration=write", role="admin")
    found = _find(repository, environment)
    for rule in found.rules:
        if rule.id == identifier:
            found.rules.remove(rule)
            return nothing()
    raise not_found()


def _app() -> App:
    """The App of an installation token: nobody else answers for a rule."""
    app = caller().app
    if caller().kind != "installation" or app is None:
        raise Refusal("FORBIDDEN", NOT_ACCESSIBLE)
    return app


@blueprint.post(f"{ROOT}/actions/runs/<int:run_id>/deployment_protection_rule")
def review(owner: str, name: str, run_id: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "deployments=write")
    app, fields = _app(), body()
    deployments.review(
        world(),
        repository,
        run_id,
        app,
        environment=required_text(fields, "environment_name"),
        state=text(fields, "state"),
        comment=text(fields, "comment"),
    )
    return nothing()
