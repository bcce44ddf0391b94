"""Deployments to environments that Apps protect: asked for, approved, rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ..errors import Refusal, invalid
from ..payloads.deployments import requested_json
from ..state import Account, App, Deployment, Environment, Gate, ProtectionRule, Report, Repository
from ..state.deployments import Verdict
from ..world import World

RULES_PER_ENVIRONMENT = 6
REPORTS = 10
COMMENT_LIMIT = 1024
LONGEST_WAIT = timedelta(days=30)
VERDICTS: Mapping[str, Verdict] = {"approved": "approved", "rejected": "rejected"}


def environment_of(world: World, repository: Repository, name: str) -> Environment:
    """The repository's environment of this name, made if there is none."""
    known = repository.environments.get(name.lower())
    if known is None:
        known = Environment(world.next_id(), repository, name, world.clock.now())
        repository.environments[name.lower()] = known
    return known


def enable_rule(world: World, environment: Environment, app: App) -> ProtectionRule:
    """Let an App protect an environment; refuses a second rule of the App, and more than six rules."""
    if environment.rule_of(app) is not None:
        raise invalid("DeploymentProtectionRule", "integration_id", code="already_exists")
    if len(environment.rules) >= RULES_PER_ENVIRONMENT:
        message = f"An environment has at most {RULES_PER_ENVIRONMENT} deployment protection rules"
        raise invalid("DeploymentProtectionRule", "integration_id", message)
    rule = ProtectionRule(world.next_id(), app)
    environment.rules.append(rule)
    return rule


def request_deployment(
    world: World,
    environment: Environment,
    creator: Account,
    *,
    ref: str,
    sha: str,
    event: str,
    apps: Sequence[App],
    callback: str | None,
) -> Deployment:
    """A job of a new workflow run reaches the environment: these Apps are asked.

    `callback` takes the place of the address that the payload gives, as only somebody hostile would.
    """
    deployment = Deployment(
        id=world.next_id(),
        repository=environment.repository,
        environment=environment,
        ref=ref,
        sha=sha,
        event=event,
        run_id=world.next_id(),
        creator=creator,
        created_at=world.clock.now(),
        gates=[Gate(app) for app in apps],
    )
    environment.repository.deployments.append(deployment)
    body = requested_json(world, deployment, callback)
    for app in apps:
        world.dispatcher.fire(
            "deployment_protection_rule", "requested", environment.repository, creator, body, only=app
        )
    return deployment


def review(
    world: World,
    repository: Repository,
    run_id: int,
    app: App,
    *,
    environment: str,
    state: str | None,
    comment: str | None,
) -> None:
    """What an App says of a run's deployment: its verdict, or a comment alone.

    GitHub documents the success of this address only; see `Behaviour.deployment_review_refusal`.
    """
    if state is not None and state not in VERDICTS:
        raise Refusal("UNPROCESSABLE", f"Invalid request.\n\n{state:.40} is not a member of {list(VERDICTS)}.")
    if state is None and comment is None:
        raise Refusal("UNPROCESSABLE", 'Invalid request.\n\n"state" wasn\'t supplied.')
    if comment is not None and len(comment) > COMMENT_LIMIT:
        message = f"comment is too long (maximum is {COMMENT_LIMIT} characters)"
        raise Refusal("UNPROCESSABLE", "Validation Failed", errors=[message])
    gate = _waiting_gate(world, repository, run_id, environment, app)
    gate.reports.append(Report(state, comment, world.clock.now()))
    if state is not None:
        gate.state = VERDICTS[state]


def _waiting_gate(world: World, repository: Repository, run_id: int, environment: str, app: App) -> Gate:
    of_run = [one for one in repository.deployments if one.run_id == run_id]
    if not of_run:
        raise Refusal("NOT_FOUND", "Not Found")
    refusal = world.behaviour.deployment_review_refusal
    deployment = next((one for one in of_run if one.environment.name.lower() == environment.lower()), None)
    gate = None if deployment is None else deployment.gate_of(app)
    if deployment is None or gate is None:
        raise Refusal(refusal, "There is no deployment protection rule of this App for the environment.")
    expired = world.clock.now() - deployment.created_at > LONGEST_WAIT
    if gate.state != "waiting" or deployment.state != "waiting" or expired:
        raise Refusal(refusal, "The deployment does not wait for approval.")
    if len(gate.reports) >= REPORTS:
        raise Refusal(refusal, f"A deployment takes at most {REPORTS} status reports.")
    return gate
