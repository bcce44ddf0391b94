"""Check runs and commit statuses: created, updated, refused, announced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..check_facts import suite_status
from ..clock import parse_time
from ..errors import Refusal, invalid, unprocessable
from ..payloads.checks import hook_check_run_json, hook_suite_json
from ..payloads.commits import commit_json
from ..payloads.repositories import api_url
from ..state import Account, App, CheckRun, CommitStatus, Repository
from ..world import World
from . import check_suites

STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")
STATUS_STATES = ("error", "failure", "pending", "success")
TEXT_LIMIT = 65_535
ANNOTATIONS_PER_REQUEST = 50
ANNOTATION_FIELDS = {"path": str, "start_line": int, "end_line": int, "annotation_level": str, "message": str}
ANNOTATION_LEVELS = ("notice", "warning", "failure")
ANNOTATION_TITLE_LIMIT, ANNOTATION_TEXT_BYTES = 255, 64 * 1024
ACTION_LIMITS = {"label": 20, "description": 40, "identifier": 20}


def create_check_run(world: World, app: App, repository: Repository, fields: Mapping[str, Any]) -> CheckRun:
    """Create a check run from REST's fields; raises refusals for everything GitHub would not take."""
    name, sha = fields.get("name"), fields.get("head_sha")
    if not isinstance(name, str) or not name or not isinstance(sha, str):
        missing = "name" if not isinstance(name, str) or not name else "head_sha"
        raise unprocessable(f'Invalid request.\n\n"{missing}" wasn\'t supplied.')
    if repository.git.kind_of(sha) != "commit" or len(sha) != 40:
        raise unprocessable(f"No commit found for SHA: {sha}")
    _check(fields)
    suite, _ = check_suites.find_or_create(world, repository, app, sha)
    before = suite_status(suite)
    run = CheckRun(id=world.next_id(), suite=suite, name=name, started_at=world.clock.now())
    _apply(world, run, fields)
    suite.runs.append(world.register(run))
    if run.status != "completed" or world.behaviour.completed_on_creation_sends_both:
        _fire_run(world, run, "created")
    if run.status == "completed":
        _fire_run(world, run, "completed")
    _fire_suite(world, run, before)
    return run


def update_check_run(world: World, app: App, run: CheckRun, fields: Mapping[str, Any]) -> CheckRun:
    """Change a check run; only its own App may."""
    if run.suite.app is not app:
        raise Refusal(
            "FORBIDDEN",
            "Invalid app_id `" + str(app.id) + "` - check run can only be modified"
            " by the GitHub App that created it.",
        )
    _check(fields)
    before, shown = suite_status(run.suite), (run.status, run.conclusion)
    if "name" in fields and isinstance(fields["name"], str) and fields["name"]:
        run.name = fields["name"]
    _apply(world, run, fields)
    run.suite.updated_at = world.clock.now()
    if run.status == "completed" and (run.status, run.conclusion) != shown:
        _fire_run(world, run, "completed")
    _fire_suite(world, run, before)
    return run


def _check(fields: Mapping[str, Any]) -> None:
    status, conclusion = fields.get("status"), fields.get("conclusion")
    if status is not None and status not in STATUSES:
        raise unprocessable(f"Invalid request.\n\n{status} is not a member of {list(STATUSES)}.")
    if conclusion is not None and conclusion not in CONCLUSIONS:
        raise unprocessable(f"Invalid request.\n\n{conclusion} is not a member of {list(CONCLUSIONS)}.")
    if status == "completed" and conclusion is None:
        raise unprocessable('Invalid request.\n\n"conclusion" wasn\'t supplied.')
    output = fields.get("output")
    if output is not None:
        _check_output(output)
    actions = fields.get("actions") or []
    if len(actions) > 3:
        raise unprocessable(f"Invalid request.\n\nNo more than 3 items are allowed; {len(actions)} were supplied.")
    for action in actions:
        for key, limit in ACTION_LIMITS.items():
            _check_length(action.get(key) or "", limit)


def _check_output(output: Any) -> None:
    if not isinstance(output, Mapping):
        raise unprocessable("Invalid request.\n\nFor 'properties/output', it is not an object.")
    if output.get("summary") is None and "summary" not in output:
        raise unprocessable('Invalid request.\n\n"summary" wasn\'t supplied.')
    for key in ("summary", "text"):
        _check_length(output.get(key) or "", TEXT_LIMIT)
    annotations = output.get("annotations") or []
    if len(annotations) > ANNOTATIONS_PER_REQUEST:
        raise unprocessable(
            f"Invalid request.\n\nNo more than {ANNOTATIONS_PER_REQUEST} items are allowed;"
            f" {len(annotations)} were supplied."
        )
    for annotation in annotations:
        _check_annotation(annotation)


def _check_annotation(annotation: Any) -> None:
    if not isinstance(annotation, Mapping):
        raise unprocessable("Invalid request.\n\nFor 'items', it is not an object.")
    for key, kind in ANNOTATION_FIELDS.items():
        if not isinstance(annotation.get(key), kind):
            raise unprocessable(f'Invalid request.\n\n"{key}" wasn\'t supplied.')
    level = annotation["annotation_level"]
    if level not in ANNOTATION_LEVELS:
        raise unprocessable(f"Invalid request.\n\n{level:.40} is not a member of {list(ANNOTATION_LEVELS)}.")
    _check_length(annotation.get("title") or "", ANNOTATION_TITLE_LIMIT)
    for key in ("message", "raw_details"):
        if len(str(annotation.get(key) or "").encode()) > ANNOTATION_TEXT_BYTES:
            raise unprocessable(f"Invalid request.\n\nOnly {ANNOTATION_TEXT_BYTES} bytes are allowed for {key}.")
    columns = any(annotation.get(key) is not None for key in ("start_column", "end_column"))
    if columns and annotation["start_line"] != annotation["end_line"]:
        raise unprocessable("Invalid request.\n\nColumns are only for annotations of a single line.")


def _check_length(text: str, limit: int) -> None:
    if len(text) > limit:
        raise unprocessable(f"Invalid request.\n\nOnly {limit} characters are allowed; {len(text)} were supplied.")


def _apply(world: World, run: CheckRun, fields: Mapping[str, Any]) -> None:
    _apply_state(world, run, fields)
    for key in ("external_id", "details_url"):
        if isinstance(fields.get(key), str):
            setattr(run, key, fields[key])
    for key in ("started_at", "completed_at"):
        if fields.get(key) is not None:
            setattr(run, key, _time(fields[key]))
    if fields.get("actions") is not None:
        run.actions = [dict(action) for action in fields["actions"]]
    output = fields.get("output") or {}
    for key in ("title", "summary", "text"):
        if key in output:
            setattr(run, key, output[key])
    run.annotations += [dict(annotation) for annotation in output.get("annotations") or []]


def _apply_state(world: World, run: CheckRun, fields: Mapping[str, Any]) -> None:
    status, conclusion = fields.get("status"), fields.get("conclusion")
    if conclusion is not None:
        status = "completed"
    if status is None:
        return
    reopening = run.status == "completed" and status != "completed"
    if reopening and not world.behaviour.completed_check_run_reopens:
        return
    run.status = status
    run.conclusion = conclusion if status == "completed" else None
    run.completed_at = world.clock.now() if status == "completed" else None


def _time(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        return parse_time(str(value))
    except ValueError:
        raise unprocessable(f"Invalid request.\n\n{value!s:.40} is not a valid date-time.") from None


def _fire_run(world: World, run: CheckRun, action: str) -> None:
    body = {"check_run": hook_check_run_json(world, run)}
    world.dispatcher.fire("check_run", action, run.suite.repository, run.suite.app.bot, body)


def _fire_suite(world: World, run: CheckRun, before: str) -> None:
    suite = run.suite
    if suite_status(suite) == "completed" and before != "completed":
        body = {"check_suite": hook_suite_json(world, suite)}
        world.dispatcher.fire("check_suite", "completed", suite.repository, suite.app.bot, body)


def create_status(
    world: World, repository: Repository, sha: str, creator: Account, fields: Mapping[str, Any]
) -> CommitStatus:
    """Set a commit status."""
    state, description = fields.get("state"), fields.get("description")
    context = fields.get("context") or "default"
    if state not in STATUS_STATES:
        raise invalid("Status", "state", "state is not included in the list")
    if isinstance(description, str) and len(description) > 140:
        raise invalid("Status", "description", "description is too long (maximum is 140 characters)")
    if repository.git.kind_of(sha) != "commit":
        raise unprocessable(f"No commit found for SHA: {sha}")
    known = repository.statuses.setdefault(sha, [])
    if sum(1 for status in known if status.context.lower() == str(context).lower()) >= 1000:
        raise invalid("Status", "context", "This SHA and context has reached the maximum number of statuses.")
    status = CommitStatus(
        id=world.next_id(),
        repository=repository,
        sha=sha,
        context=str(context),
        state=str(state),
        description=description,
        target_url=fields.get("target_url"),
        creator=creator,
        created_at=world.clock.now(),
    )
    known.append(world.register(status))
    world.dispatcher.fire("status", None, repository, creator, _status_event(world, status))
    return status


def _status_event(world: World, status: CommitStatus) -> dict[str, Any]:
    repository = status.repository
    moment = status.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    url = f"{api_url(world, repository)}/commits/{status.sha}"
    heads = [
        name.removeprefix("refs/heads/")
        for name, oid in repository.git.references.items()
        if oid == status.sha and name.startswith("refs/heads/")
    ]
    return {
        "id": status.id,
        "sha": status.sha,
        "name": repository.full_name,
        "avatar_url": f"{world.url}/avatars/{status.creator.id}",
        "target_url": status.target_url,
        "context": status.context,
        "description": status.description,
        "state": status.state,
        "commit": commit_json(world, repository, status.sha, hook=True),
        "branches": [
            {"name": name, "commit": {"sha": status.sha, "url": url}, "protected": False} for name in heads[:10]
        ],
        "created_at": moment,
        "updated_at": moment,
    }
