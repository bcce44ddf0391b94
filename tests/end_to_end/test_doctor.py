"""`trackgate doctor` beside the running service: what a new installation looks like after its first minute."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from bot.cli.main import app
from bot.core.rulesets import release_ruleset
from demo.local import PEOPLE
from tests.support.builders import SHIPPED_POLICY, policy
from tests.support.service import service_environment, wait_until
from tests.support.world import World


def test_what_the_service_keeps_is_found_well(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service knows the repository and took its baseline by itself; with the shipped ruleset nothing fails."""
    repository = world.repository(collaborators={**dict.fromkeys(PEOPLE, "write"), "raj": "admin"})
    more = {
        "GITHUB_APP_ID": str(world.app.id),
        "GITHUB_APP_PRIVATE_KEY": world.app.private_key_pem,
        "GITHUB_API_URL": world.github.url,
    }
    url = world._database_url
    for name, value in service_environment(url, SHIPPED_POLICY.parent, 8000, **more).items():
        monkeypatch.setenv(name, value)

    def lines() -> list[str]:
        answer = CliRunner().invoke(app, ["doctor", "--repository", repository], catch_exceptions=False)
        return answer.stdout.splitlines()

    assert [line for line in lines() if line.startswith("  failure")] == [
        "  failure  tag ruleset     missing: no ruleset restricts who makes, moves or deletes release tags"
    ]
    world.as_user("raj").create_ruleset(repository, release_ruleset(policy().policy, world.app.id))
    found = wait_until(
        lambda: (seen := lines())[-1].endswith(" 0 failures") and seen, what="a doctor without failures"
    )
    assert any(line.startswith("  ok       tag guard") for line in found)
    assert not any("has not heard of it" in line for line in found)
