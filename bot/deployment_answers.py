"""Answers to deployments that wait for our custom protection rule, each given once."""

from __future__ import annotations

from uuid import UUID

from bot.core.deployments import DeploymentAnswer, judge_deployment
from bot.core.words import State
from bot.github_api.client import Installation
from bot.github_api.errors import NotFound, Refused, Retryable
from bot.policy_reading import read_valid_policy
from bot.services import Services
from bot.store import log
from bot.store.deployments import Deployment, DeploymentState, deployment_of, note_deployment_answered
from bot.store.log import Entry, Kind
from bot.store.releases import ReleaseState, release_of, released

NO_POLICY = DeploymentAnswer(
    False, "The policy in force is missing or invalid: nothing can be deployed until it is corrected."
)
WAIT_FOR_TAGGING = 5.0
"""Seconds until a deployment of a tag that is just being made is looked at again."""


def deployment(
    services: Services,
    repository: str,
    run_id: int,
    environment: str,
    installation_id: int,
    *,
    delivery: UUID | None,
) -> None:
    """Answer one waiting deployment (1 read, 1 write). Whatever is raised here is tried again by the queue."""
    with services.database.transaction() as connection:
        asked = deployment_of(connection, repository, run_id, environment)
    if asked is None or asked.state is not DeploymentState.WAITING:
        return
    installation = services.github.installation(installation_id)
    answer = _judge(services, installation, asked)
    state = DeploymentState.APPROVED if answer.is_approved else DeploymentState.REJECTED
    try:
        installation.answer_deployment(
            asked.callback_path, asked.environment, is_approved=answer.is_approved, comment=answer.comment
        )
    except (Refused, NotFound) as error:
        if isinstance(error, Refused) and error.status != 422:
            raise
        # Nothing waits any more: behind a lost answer ours was taken, or the run has ended or is gone.
    now = services.clock()
    with services.database.transaction() as connection:
        log.append(
            connection,
            Entry(
                Kind.DEPLOYMENT,
                repository,
                f"{environment} {run_id}",
                State.SUCCESS if answer.is_approved else State.FAILURE,
                answer.comment[:500],
                now,
                head_sha=asked.sha,
                delivery_guid=delivery,
                content={"ref": asked.ref, "sha": asked.sha, "environment": environment, "run_id": run_id},
            ),
        )
        note_deployment_answered(connection, asked, state, now)


def _judge(services: Services, installation: Installation, asked: Deployment) -> DeploymentAnswer:
    loaded = read_valid_policy(services, installation, asked.repository)
    if loaded is None:
        return NO_POLICY
    with services.database.transaction() as connection:
        made = {tag: commit for tag, (commit, _) in released(connection, asked.repository).items()}
        release = release_of(connection, asked.repository, asked.ref.removeprefix("refs/tags/"))
    answer = judge_deployment(asked.environment, asked.ref, asked.sha, made, loaded.policy)
    if not answer.is_approved and release is not None and release.state is ReleaseState.TAGGING:
        raise Retryable(f"{release.tag} is being made", retry_after=WAIT_FOR_TAGGING)
    return answer
