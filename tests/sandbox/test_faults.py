"""Faults of one installation alone, and answers that never come or break off."""

from __future__ import annotations

import pytest
import urllib3

from tests.sandbox.conftest import ROOT, Stage
from tests.sandbox.test_auth import mint


def test_a_fault_can_be_one_installation_s(stage: Stage) -> None:
    """Its requests and the minting of its tokens are hit; people and other installations are not."""
    stage.github.import_repository("other/thing", files={"a": "b"})
    stage.github.install(stage.app, "other/thing")
    other, bot = stage.github.as_app(stage.app, "other/thing"), stage.bot()
    stage.github.faults.fail(429, headers={"Retry-After": "7"}, times=None, installation=stage.installation.id)
    status, _, headers = bot.send("GET", ROOT)
    assert (status, headers["Retry-After"]) == (429, "7")
    assert mint(stage)[0] == 429
    assert other.send("GET", "/repos/other/thing")[0] == 200
    assert stage.person("sofia").send("GET", ROOT)[0] == 200


def test_graphql_can_say_that_it_is_limited(stage: Stage) -> None:
    """Status 200 with an error of type RATE_LIMITED, and nothing done."""
    stage.github.faults.rate_limited(installation=stage.installation.id)
    status, answer, _ = stage.bot().send("POST", "/graphql", {"query": "{viewer {login}}"})
    assert (status, [error["type"] for error in answer["errors"]], answer.get("data")) == (
        200,
        ["RATE_LIMITED"],
        None,
    )
    assert stage.bot().graphql("{viewer {login}}")


@pytest.mark.parametrize("is_done", [True, False])
def test_a_connection_can_end_without_an_answer(stage: Stage, is_done: bool) -> None:
    """Whether the work was done or not, the caller cannot tell."""
    pull = stage.open()
    stage.github.faults.disconnect(method="POST", path="/comments$", after=is_done)
    with pytest.raises(urllib3.exceptions.HTTPError):
        stage.person("sofia").comment(pull, "hello")
    assert len(stage.person("sofia").comments(pull)) == int(is_done)


def test_an_answer_can_break_off(stage: Stage) -> None:
    """The work was done, and half of the answer arrives."""
    pull = stage.open()
    stage.github.faults.truncate(method="POST", path="/comments$")
    with pytest.raises(urllib3.exceptions.HTTPError):
        stage.person("sofia").comment(pull, "hello")
    assert len(stage.person("sofia").comments(pull)) == 1
