"""Resolvers of check suites, check runs, statuses and their summary."""

from __future__ import annotations

from typing import Any

from ..check_facts import (
    combined_state,
    latest_runs,
    latest_statuses,
    rollup_state,
    suite_conclusion,
    suite_status,
)
from ..state import CheckRun, CheckSuite, CommitStatus, Repository
from .connections import Connection, connection
from .registry import Info, need, resolver, world_of
from .repositories import reference
from .sources import CommitSource, RefSource, RollupSource, StatusSource


@resolver("Commit", "statusCheckRollup")
def rollup(source: CommitSource, info: Info) -> RollupSource | None:
    need(info, source.repository, "checks=read")
    need(info, source.repository, "statuses=read")
    return None if rollup_state(source.repository, source.oid) is None else RollupSource(source)


@resolver("StatusCheckRollup", "state")
def rollup_state_of(source: RollupSource, _info: Info) -> str | None:
    return rollup_state(source.commit.repository, source.commit.oid)


@resolver("StatusCheckRollup", "contexts")
def rollup_contexts(source: RollupSource, info: Info, **arguments: Any) -> Connection:
    repository, oid = source.commit.repository, source.commit.oid
    runs = [run for suite in repository.suites.get(oid, []) for run in latest_runs(suite.runs)]
    return connection(info, [*runs, *latest_statuses(repository, oid)], arguments)


@resolver("Commit", "status")
def status(source: CommitSource, info: Info) -> StatusSource | None:
    need(info, source.repository, "statuses=read")
    return StatusSource(source) if latest_statuses(source.repository, source.oid) else None


@resolver("Status", "state")
def status_state(source: StatusSource, _info: Info) -> str:
    return combined_state(latest_statuses(source.commit.repository, source.commit.oid)).upper()


@resolver("Status", "contexts")
def status_contexts(source: StatusSource, _info: Info) -> list[CommitStatus]:
    return latest_statuses(source.commit.repository, source.commit.oid)


@resolver("Status", "context")
def status_context(source: StatusSource, _info: Info, name: str) -> CommitStatus | None:
    for found in latest_statuses(source.commit.repository, source.commit.oid):
        if found.context.lower() == name.lower():
            return found
    return None


@resolver("StatusContext", "state")
def context_state(source: CommitStatus, _info: Info) -> str:
    return source.state.upper()


@resolver("StatusContext", "commit")
def context_commit(source: CommitStatus, _info: Info) -> CommitSource:
    return CommitSource(source.repository, source.sha)


@resolver("StatusContext", "isRequired")
@resolver("CheckRun", "isRequired")
def is_required(_source: Any, _info: Info, **_arguments: Any) -> bool:
    return False


@resolver("Commit", "checkSuites")
def check_suites(source: CommitSource, info: Info, **arguments: Any) -> Connection:
    need(info, source.repository, "checks=read")
    wanted = arguments.get("filterBy") or {}
    app_id, name = wanted.get("appId"), wanted.get("checkName")
    found = [
        suite
        for suite in source.repository.suites.get(source.oid, [])
        if app_id in (None, suite.app.id) and (name is None or any(run.name == name for run in suite.runs))
    ]
    return connection(info, found, arguments)


@resolver("CheckSuite", "commit")
def suite_commit(suite: CheckSuite, _info: Info) -> CommitSource:
    return CommitSource(suite.repository, suite.head_sha)


@resolver("CheckSuite", "branch")
def suite_branch(suite: CheckSuite, _info: Info) -> RefSource | None:
    return reference(suite.repository, f"refs/heads/{suite.head_branch}")


@resolver("CheckSuite", "status")
def suite_status_of(suite: CheckSuite, _info: Info) -> str:
    return suite_status(suite).upper()


@resolver("CheckSuite", "conclusion")
def suite_conclusion_of(suite: CheckSuite, _info: Info) -> str | None:
    found = suite_conclusion(suite)
    return None if found is None else found.upper()


@resolver("CheckSuite", "creator")
def suite_creator(_suite: CheckSuite, _info: Info) -> None:
    return None


@resolver("CheckSuite", "url")
def suite_url(suite: CheckSuite, info: Info) -> str:
    return f"{world_of(info).url}/{suite.repository.full_name}/commit/{suite.head_sha}/checks"


@resolver("CheckSuite", "checkRuns")
def check_runs(suite: CheckSuite, info: Info, **arguments: Any) -> Connection:
    wanted = arguments.get("filterBy") or {}
    kind = wanted.get("checkType") or world_of(info).behaviour.graphql_check_runs_default_type
    runs = latest_runs(suite.runs) if kind == "LATEST" else list(suite.runs)
    return connection(info, [run for run in runs if _fits(run, wanted)], arguments)


def _fits(run: CheckRun, wanted: dict[str, Any]) -> bool:
    statuses = list(wanted.get("statuses") or [])
    if wanted.get("status"):
        statuses.append(wanted["status"])
    conclusions = wanted.get("conclusions")
    return (
        wanted.get("appId") in (None, run.suite.app.id)
        and wanted.get("checkName") in (None, run.name)
        and (not statuses or run.status.upper() in statuses)
        and (not conclusions or (run.conclusion or "").upper() in conclusions)
    )


@resolver("CheckRun", "checkSuite")
def run_suite(run: CheckRun, _info: Info) -> CheckSuite:
    return run.suite


@resolver("CheckRun", "repository")
def run_repository(run: CheckRun, _info: Info) -> Repository:
    return run.suite.repository


@resolver("CheckRun", "status")
def run_status(run: CheckRun, _info: Info) -> str:
    return run.status.upper()


@resolver("CheckRun", "conclusion")
def run_conclusion(run: CheckRun, _info: Info) -> str | None:
    return None if run.conclusion is None else run.conclusion.upper()


@resolver("CheckRun", "detailsUrl")
def run_details(run: CheckRun, info: Info) -> str:
    return run.details_url or f"{world_of(info).url}/apps/{run.suite.app.slug}/home"


@resolver("CheckRun", "url", "permalink")
def run_url(run: CheckRun, info: Info) -> str:
    return f"{world_of(info).url}/{run.suite.repository.full_name}/runs/{run.id}"


@resolver("CheckRun", "annotations")
def annotations_of(run: CheckRun, info: Info, **arguments: Any) -> Connection:
    page = f"{world_of(info).url}/{run.suite.repository.full_name}/blob/{run.suite.head_sha}"

    def render(given: dict[str, Any]) -> dict[str, Any]:
        def place(side: str) -> dict[str, Any]:
            return {"line": given[f"{side}_line"], "column": given.get(f"{side}_column")}

        return {
            "annotationLevel": str(given["annotation_level"]).upper(),
            "blobUrl": f"{page}/{given['path']}",
            "location": {"start": place("start"), "end": place("end")},
            "message": given["message"],
            "path": given["path"],
            "rawDetails": given.get("raw_details"),
            "title": given.get("title"),
        }

    return connection(info, run.annotations, arguments, render=render)
