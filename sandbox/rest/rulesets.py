"""Rulesets: list, make, read, change and delete them; and the log of what they said."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from ..access import acting_account, has_role
from ..errors import invalid, not_found
from ..operations import rulesets as operations
from ..payloads.rulesets import rule_suite_json, ruleset_json, short_ruleset_json
from ..rules.bypass import shown_bypass
from ..state import Repository, Ruleset
from .common import answer, body, caller, find_repository, nothing, page_answer, world

blueprint = Blueprint("rulesets", __name__)
ROOT = "/repos/<owner>/<name>/rulesets"
WRITING = "administration=write"
PERIODS = {"hour": 1, "day": 24, "week": 7 * 24, "month": 30 * 24}


@blueprint.get(ROOT)
def list_rulesets(owner: str, name: str) -> ResponseReturnValue:
    """The list leaves out rules, conditions and who may bypass: each ruleset has to be read for them."""
    repository = find_repository(owner, name, "metadata=read")
    targets = request.args.get("targets", "branch,tag,push").split(",")
    found = [ruleset for ruleset in repository.rulesets.values() if ruleset.target in targets]
    return page_answer(found, lambda ruleset: short_ruleset_json(world(), ruleset))


@blueprint.post(ROOT)
def create(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, WRITING, role="admin")
    ruleset = operations.create(world(), repository, acting_account(caller()), body())
    return answer(_shown(ruleset), 201)


@blueprint.get(f"{ROOT}/<int:number>")
def read(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "metadata=read")
    return answer(_shown(_find(repository, number)))


@blueprint.put(f"{ROOT}/<int:number>")
def change(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, WRITING, role="admin")
    ruleset = _find(repository, number)
    operations.change(world(), ruleset, acting_account(caller()), body())
    return answer(_shown(ruleset))


@blueprint.delete(f"{ROOT}/<int:number>")
def delete(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, WRITING, role="admin")
    operations.delete(world(), _find(repository, number), acting_account(caller()))
    return nothing()


@blueprint.get(f"{ROOT}/rule-suites")
def rule_suites(owner: str, name: str) -> ResponseReturnValue:
    repository = find_repository(owner, name, "administration=read", role="write")
    asked = request.args
    if asked.get("time_period", "day") not in PERIODS:
        raise invalid("RuleSuite", "time_period", code="invalid")
    since = world().clock.now() - timedelta(hours=PERIODS[asked.get("time_period", "day")])
    reference = asked.get("ref")
    wanted = {reference, f"refs/heads/{reference}", f"refs/tags/{reference}"}
    found = [
        suite
        for suite in reversed(repository.rule_suites)
        if suite.pushed_at >= since
        and (reference is None or suite.reference in wanted)
        and asked.get("actor_name", suite.actor.login) == suite.actor.login
        and asked.get("rule_suite_result", "all") in ("all", suite.result)
    ]
    return page_answer(found, lambda suite: rule_suite_json(repository, suite))


def _find(repository: Repository, number: int) -> Ruleset:
    found = repository.rulesets.get(number)
    if found is None:
        raise not_found()
    return found


def _shown(ruleset: Ruleset) -> dict[str, object]:
    """A ruleset as this caller may see it: who may bypass is for those who may change it."""
    asking = caller()
    shown = ruleset_json(world(), ruleset)
    shown["current_user_can_bypass"] = shown_bypass(world(), ruleset, asking.account)
    if asking.kind == "installation":
        writes = asking.permission("administration") == "write"
    else:
        writes = has_role(world(), ruleset.repository, asking.account, "admin")
    if not writes:
        del shown["bypass_actors"]
    return shown
