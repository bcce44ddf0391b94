"""The ruleset that we ship is a body that GitHub's description of the API takes."""

from __future__ import annotations

import pytest

from bot.core.rulesets import release_ruleset
from tests.contract.openapi import OpenApi
from tests.support.builders import policy

pytestmark = pytest.mark.contract
PATH = "/repos/acme/integration/rulesets"


def test_github_would_take_it(openapi: OpenApi) -> None:
    """`POST /repos/{owner}/{repo}/rulesets` documents this body, and the check sees a wrong one."""
    body = release_ruleset(policy().policy, 4711)
    answer = {"id": 1, "name": "release-tags", "enforcement": "active", "source": "acme/integration"}
    headers = {"content-type": "application/json"}
    assert openapi.check_exchange("POST", PATH, {}, body, 201, headers, answer) == []
    wrong = {**body, "bypass_actors": [{"actor_type": "Robot"}]}
    assert openapi.check_exchange("POST", PATH, {}, wrong, 201, headers, answer) != []
