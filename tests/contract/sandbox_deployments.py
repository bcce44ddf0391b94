"""The story's chapter about deployments: environments that an App protects, and what the App answers."""

from __future__ import annotations

from sandbox import Pull
from tests.contract.sandbox_stage import NAME, ROOT, Stage, refused


def tell(stage: Stage, pull: Pull) -> None:
    """Asked for a branch, a tag and a pull request's head; approved, rejected, commented on, and refused."""
    sofia, bot, github = stage.person("sofia"), stage.bot, stage.github
    github.protect_environment(NAME, "production", stage.app)
    path = f"{ROOT}/environments/production"
    rules = f"{path}/deployment_protection_rules"
    for address in (f"{ROOT}/environments", path, rules):
        bot.call("GET", address)
    more = sofia.call("POST", rules, {"integration_id": stage.other.id})
    sofia.call("DELETE", f"{rules}/{more['id']}")
    for ref, said in (
        ("main", {"state": "rejected", "comment": "Not released"}),
        ("v1.0.0", {"state": "approved"}),
        (pull.branch, {"comment": "Still looking"}),
    ):
        run = github.request_deployment(NAME, "production", ref).run_id
        answers = f"{ROOT}/actions/runs/{run}/deployment_protection_rule"
        bot.call("POST", answers, {"environment_name": "production", **said})
    said = {"environment_name": "production", "state": "approved"}
    refused(403, sofia, "POST", answers, said)
    refused(404, bot, "POST", answers.replace(str(run), "1"), said)
    refused(422, bot, "POST", answers, {**said, "environment_name": "none"})
