"""Check runs, check suites and commit statuses as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import pull_facts
from ..check_facts import suite_conclusion, suite_status
from ..clock import iso, iso_or_none
from ..state import CheckRun, CheckSuite, CommitStatus, Repository
from .accounts import JSON, app_json, user_json
from .commits import head_commit_json
from .repositories import api_url, html_url, pull_reference_json, repository_json

if TYPE_CHECKING:
    from ..world import World


def _pulls(world: World, suite: CheckSuite) -> list[JSON]:
    pulls = pull_facts.pulls_of_commit(world, suite.repository.id, suite.head_sha)
    return [pull_reference_json(world, pull) for pull in pulls]


def check_run_json(world: World, run: CheckRun) -> JSON:
    """A check run as REST shows it."""
    suite = run.suite
    page = f"{html_url(world, suite.repository)}/runs/{run.id}"
    url = f"{api_url(world, suite.repository)}/check-runs/{run.id}"
    return {
        "id": run.id,
        "node_id": run.node_id,
        "head_sha": suite.head_sha,
        "external_id": run.external_id,
        "url": url,
        "html_url": page,
        "details_url": run.details_url or f"{world.url}/apps/{suite.app.slug}/home",
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": iso_or_none(run.started_at),
        "completed_at": iso_or_none(run.completed_at),
        "output": {
            "title": run.title,
            "summary": run.summary,
            "text": run.text,
            "annotations_count": len(run.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "name": run.name,
        "check_suite": {"id": suite.id},
        "app": app_json(world, suite.app),
        "pull_requests": _pulls(world, suite),
    }


def hook_check_run_json(world: World, run: CheckRun) -> JSON:
    """A check run as events carry it, with its whole suite."""
    body = check_run_json(world, run)
    body["check_suite"] = suite_fields_json(world, run.suite)
    return body


def suite_fields_json(world: World, suite: CheckSuite) -> JSON:
    """The fields of a check suite that every form of it has."""
    return {
        "id": suite.id,
        "node_id": suite.node_id,
        "head_branch": suite.head_branch,
        "head_sha": suite.head_sha,
        "status": suite_status(suite),
        "conclusion": suite_conclusion(suite),
        "url": f"{api_url(world, suite.repository)}/check-suites/{suite.id}",
        "before": None,
        "after": suite.head_sha,
        "pull_requests": _pulls(world, suite),
        "app": app_json(world, suite.app),
        "created_at": iso(suite.created_at),
        "updated_at": iso(suite.updated_at),
    }


def hook_suite_json(world: World, suite: CheckSuite) -> JSON:
    """A check suite as its own events carry it."""
    body = suite_fields_json(world, suite)
    return {
        **body,
        "rerequestable": True,
        "runs_rerequestable": True,
        "latest_check_runs_count": len(suite.runs),
        "check_runs_url": f"{body['url']}/check-runs",
        "head_commit": head_commit_json(suite.repository, suite.head_sha),
    }


def suite_json(world: World, suite: CheckSuite) -> JSON:
    """A check suite as REST shows it."""
    return {**hook_suite_json(world, suite), "repository": repository_json(world, suite.repository)}


def simple_status_json(world: World, status: CommitStatus) -> JSON:
    """A commit status inside a combined status."""
    return {
        "url": f"{api_url(world, status.repository)}/statuses/{status.sha}",
        "avatar_url": f"{world.url}/avatars/{status.creator.id}",
        "id": status.id,
        "node_id": status.node_id,
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": iso(status.created_at),
        "updated_at": iso(status.created_at),
    }


def status_json(world: World, status: CommitStatus) -> JSON:
    """A commit status of its own."""
    return {**simple_status_json(world, status), "creator": user_json(world, status.creator)}


def combined_status_json(
    world: World, repository: Repository, sha: str, state: str, statuses: Sequence[CommitStatus]
) -> JSON:
    """All latest statuses of a commit, and what they add up to."""
    commit_url = f"{api_url(world, repository)}/commits/{sha}"
    return {
        "state": state,
        "statuses": [simple_status_json(world, status) for status in statuses],
        "sha": sha,
        "total_count": len(statuses),
        "repository": repository_json(world, repository),
        "commit_url": commit_url,
        "url": f"{commit_url}/status",
    }
