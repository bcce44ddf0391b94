"""Check runs and check suites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ..check_facts import latest_runs
from ..errors import Refusal, not_found, unprocessable
from ..operations import check_suites, checks
from ..payloads.checks import check_run_json, suite_json
from ..payloads.repositories import html_url
from ..state import App, CheckRun, CheckSuite, Repository
from .common import answer, body, caller, find_repository, page_answer, paged, required_text, world

blueprint = Blueprint("checks", __name__)
ROOT = "/repos/<owner>/<name>"


def _app() -> App:
    app = caller().app
    if app is None:
        raise Refusal("FORBIDDEN", "You must authenticate via a GitHub App.")
    return app


@blueprint.post(f"{ROOT}/check-runs")
def create_run(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "checks=write")
    run = checks.create_check_run(world(), _app(), repository, body())
    return answer(check_run_json(world(), run), 201)


def _find_run(repository: Repository, identifier: int) -> CheckRun:
    for suites in repository.suites.values():
        for suite in suites:
            for run in suite.runs:
                if run.id == identifier:
                    return run
    raise not_found()


@blueprint.get(f"{ROOT}/check-runs/<int:identifier>")
def get_run(owner: str, name: str, identifier: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "checks=read")
    return answer(check_run_json(world(), _find_run(repository, identifier)))


@blueprint.patch(f"{ROOT}/check-runs/<int:identifier>")
def update_run(owner: str, name: str, identifier: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "checks=write")
    run = checks.update_check_run(world(), _app(), _find_run(repository, identifier), body())
    return answer(check_run_json(world(), run))


@blueprint.get(f"{ROOT}/check-runs/<int:identifier>/annotations")
def list_annotations(owner: str, name: str, identifier: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "checks=read")
    run = _find_run(repository, identifier)
    page = html_url(world(), repository)

    def render(annotation: dict[str, object]) -> dict[str, object]:
        optional = {key: annotation.get(key) for key in ("start_column", "end_column", "title", "raw_details")}
        href = f"{page}/blob/{run.suite.head_sha}/{annotation.get('path')}"
        return {**annotation, **optional, "blob_href": href}

    return page_answer(run.annotations, render)


def _runs_answer(runs: Sequence[CheckRun]) -> ResponseReturnValue:
    name, status, app_id = (request.args.get(key) for key in ("check_name", "status", "app_id"))
    found = [
        run
        for run in runs
        if name in (None, run.name) and status in (None, run.status) and app_id in (None, str(run.suite.app.id))
    ]
    shown = [check_run_json(world(), run) for run in paged(found)]
    return answer({"total_count": len(found), "check_runs": shown})


def _chosen(suites: Sequence[CheckSuite]) -> list[CheckRun]:
    every = request.args.get("filter") == "all"
    return [run for suite in suites for run in (suite.runs if every else latest_runs(suite.runs))]


@blueprint.get(f"{ROOT}/commits/<path:revision>/check-runs")
def list_runs_of_commit(owner: str, name: str, revision: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "checks=read")
    return _runs_answer(_chosen(repository.suites.get(_commit(repository, revision), [])))


def _commit(repository: Repository, revision: str) -> str:
    oid = repository.git.resolve_commit(revision)
    if oid is None:
        raise unprocessable(f"No commit found for SHA: {revision[:60]}")
    return oid


@blueprint.get(f"{ROOT}/commits/<path:revision>/check-suites")
def list_suites_of_commit(owner: str, name: str, revision: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "checks=read")
    app_id, check = request.args.get("app_id"), request.args.get("check_name")
    found = [
        suite
        for suite in repository.suites.get(_commit(repository, revision), [])
        if app_id in (None, str(suite.app.id)) and (check is None or any(run.name == check for run in suite.runs))
    ]
    shown: list[dict[str, Any]] = [suite_json(world(), suite) for suite in paged(found)]
    return answer({"total_count": len(found), "check_suites": shown})


@blueprint.post(f"{ROOT}/check-suites")
def create_suite(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "checks=write")
    sha = required_text(body(), "head_sha")
    if repository.git.kind_of(sha) != "commit":
        raise unprocessable(f"No commit found for SHA: {sha[:60]}")
    suite, new = check_suites.find_or_create(world(), repository, _app(), sha)
    return answer(suite_json(world(), suite), 201 if new else 200)


def _find_suite(repository: Repository, identifier: int) -> CheckSuite:
    for suites in repository.suites.values():
        for suite in suites:
            if suite.id == identifier:
                return suite
    raise not_found()


@blueprint.get(f"{ROOT}/check-suites/<int:identifier>")
def get_suite(owner: str, name: str, identifier: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "checks=read")
    return answer(suite_json(world(), _find_suite(repository, identifier)))


@blueprint.get(f"{ROOT}/check-suites/<int:identifier>/check-runs")
def list_runs_of_suite(owner: str, name: str, identifier: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "checks=read")
    return _runs_answer(_chosen([_find_suite(repository, identifier)]))
