"""Environments, deployments and their protection rules as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from ..clock import iso
from ..pull_facts import pulls_of_commit
from ..state import Deployment, Environment, ProtectionRule
from .accounts import JSON, user_json
from .pulls import pull_json
from .repositories import api_url, html_url

if TYPE_CHECKING:
    from ..world import World


def environment_json(world: World, environment: Environment) -> JSON:
    """An environment; rules of Apps are not among its own."""
    repository, name = environment.repository, quote(environment.name, safe="")
    return {
        "id": environment.id,
        "node_id": environment.node_id,
        "name": environment.name,
        "url": f"{api_url(world, repository)}/environments/{name}",
        "html_url": f"{html_url(world, repository)}/deployments/activity_log?environments_filter={name}",
        "created_at": iso(environment.created_at),
        "updated_at": iso(environment.created_at),
        "protection_rules": [],
        "deployment_branch_policy": None,
    }


def rule_json(world: World, rule: ProtectionRule) -> JSON:
    """An App's rule on an environment."""
    return {
        "id": rule.id,
        "node_id": rule.node_id,
        "enabled": True,
        "app": {
            "id": rule.app.id,
            "node_id": rule.app.node_id,
            "slug": rule.app.slug,
            "integration_url": f"{world.url}/apps/{rule.app.slug}",
        },
    }


def callback_url(world: World, deployment: Deployment) -> str:
    """Where an App reports to; the payload names the workflow run nowhere else."""
    base = api_url(world, deployment.repository)
    return f"{base}/actions/runs/{deployment.run_id}/deployment_protection_rule"


def deployment_json(world: World, deployment: Deployment) -> JSON:
    """A deployment that a job of a workflow asks for."""
    repository = deployment.repository
    url = f"{api_url(world, repository)}/deployments/{deployment.id}"
    return {
        "url": url,
        "id": deployment.id,
        "node_id": deployment.node_id,
        "task": "deploy",
        "original_environment": deployment.environment.name,
        "environment": deployment.environment.name,
        "description": None,
        "created_at": iso(deployment.created_at),
        "updated_at": iso(deployment.created_at),
        "statuses_url": f"{url}/statuses",
        "repository_url": api_url(world, repository),
        "creator": user_json(world, deployment.creator),
        "sha": deployment.sha,
        "ref": deployment.ref,
        "payload": {},
        "transient_environment": False,
        "production_environment": False,
        "performed_via_github_app": None,
    }


def requested_json(world: World, deployment: Deployment, callback: str | None) -> JSON:
    """What `deployment_protection_rule` `requested` tells, besides what every event does."""
    repository = deployment.repository
    return {
        "environment": deployment.environment.name,
        "event": deployment.event,
        "deployment_callback_url": callback_url(world, deployment) if callback is None else callback,
        "deployment": deployment_json(world, deployment),
        "pull_requests": [
            pull_json(world, pull, hook=True) for pull in pulls_of_commit(world, repository.id, deployment.sha)
        ],
    }
