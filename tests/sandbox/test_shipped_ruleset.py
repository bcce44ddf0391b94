"""The ruleset that Trackgate ships, in force: only the App makes, moves and deletes release tags."""

from __future__ import annotations

from typing import Any

from bot.core.rulesets import RulesetProblemKind, judge_rulesets, release_ruleset
from sandbox import Client
from tests.sandbox.conftest import ROOT, Stage
from tests.support.builders import policy

POLICY = policy().policy


def made(client: Client, stage: Stage, tag: str) -> int:
    """The status of an attempt to make a tag."""
    body = {"ref": f"refs/tags/{tag}", "sha": stage.repository.git.references["refs/heads/main"]}
    return int(client.send("POST", f"{ROOT}/git/refs", body)[0])


def test_only_the_app_makes_release_tags(stage: Stage) -> None:
    """Not even an administrator: tags that are none of the policy's are free, release tags are the App's alone."""
    sofia, bot = stage.person("sofia"), stage.bot()
    sofia.create_ruleset(stage.repository, release_ruleset(POLICY, stage.app.id))
    assert [made(sofia, stage, tag) for tag in ("v1.0.0", "v", "a/v1", "nightly")] == [422, 422, 422, 201]
    assert made(bot, stage, "v1.0.0") == 201
    later = sofia.push(stage.repository, "main", {"x": "1"})
    path = f"{ROOT}/git/refs/tags/v1.0.0"
    assert sofia.send("PATCH", path, {"sha": later, "force": True})[0] == 422
    assert sofia.send("DELETE", path)[0] == 422
    assert bot.send("DELETE", path)[0] == 204


def test_what_is_read_of_it_is_judged_well(stage: Stage) -> None:
    """By an administrator it is found right; by the App too, which is not shown who else may bypass it."""
    sofia = stage.person("sofia")
    number = int(sofia.create_ruleset(stage.repository, release_ruleset(POLICY, stage.app.id))["id"])

    def judged(reader: Client) -> list[RulesetProblemKind]:
        ruleset: dict[str, Any] = reader.call("GET", f"{ROOT}/rulesets/{number}")
        return [problem.kind for problem in judge_rulesets([ruleset], POLICY, stage.app.id)]

    assert judged(sofia) == []
    assert judged(stage.bot()) == [RulesetProblemKind.BYPASS_NOT_VISIBLE]
    sofia.edit_ruleset(stage.repository, number, enforcement="disabled")
    assert judged(stage.bot()) == [RulesetProblemKind.DISABLED]
    sofia.edit_ruleset(stage.repository, number, enforcement="active", bypass_actors=[])
    missing = [RulesetProblemKind.APP_MISSING]
    assert judged(sofia) == missing
    assert judged(stage.bot()) == [*missing, RulesetProblemKind.BYPASS_NOT_VISIBLE]
