"""`/gate` commands: obeyed from the right people, once, and answered where they were given."""

from __future__ import annotations

import pytest

from sandbox.errors import unprocessable
from sandbox.operations import checks
from tests.support.service import wait_until
from tests.support.world import World

DBT = {"dbt/models/a.sql": "select 1\n"}


def test_hold_unhold_by_somebody_else(world: World) -> None:
    """Lina holds; Omar may not lift it and is told who may; Mira, a release lead, may."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    comment = world.as_user("lina").comment(pull, "/gate hold contract is not frozen")
    gate = world.shown(repository, pull.head_sha)
    assert (gate.state, gate.title) == ("failure", "Blocked: held by lina: contract is not frozen")
    assert world.reactions(repository, comment) == ["eyes", "rocket"]
    refused = world.as_user("omar").comment(pull, "/gate unhold")
    assert world.shown(repository, pull.head_sha).state == "failure"
    assert world.reactions(repository, refused) == ["eyes", "confused"]
    assert (
        "Only lina or a release lead (raj, mira) may lift this hold" in world.comments(repository, pull.number)[-1]
    )
    world.as_user("mira").comment(pull, "/gate unhold")
    assert world.shown(repository, pull.head_sha).state == "in_progress"


def test_hold_needs_write_access(world: World) -> None:
    """Somebody who may only read is refused, in words."""
    rights = {**dict.fromkeys(("raj", "mira", "sofia", "maya", "priya", "lina"), "write"), "omar": "read"}
    repository = world.repository(collaborators=rights)
    pull = world.open("sofia", repository, DBT)
    world.as_user("omar").comment(pull, "/gate hold because")
    assert world.shown(repository, pull.head_sha).state == "in_progress"
    assert "may write to the repository" in world.comments(repository, pull.number)[-1]


def test_hold_by_label_is_lifted_with_the_label(world: World) -> None:
    """The label closes the gate; a release lead's unhold takes the label off."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("lina").label(pull, "gate/hold")
    assert world.shown(repository, pull.head_sha).state == "failure"
    world.as_user("raj").comment(pull, "/gate unhold")
    assert world.shown(repository, pull.head_sha).state == "in_progress"
    labels = world.get(f"/repos/{repository}/issues/{pull.number}")["labels"]
    assert labels == []


def test_reassign_moves_the_review(world: World) -> None:
    """Priya gives her review to Sofia, who is then asked; Omar may not do that."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("omar").comment(pull, "/gate reassign @priya @lina")
    world.settle()
    assert "Only priya or a release lead" in world.comments(repository, pull.number)[-1]
    world.as_user("priya").comment(pull, "/gate reassign @priya @sofia")
    gate = world.shown(repository, pull.head_sha)
    assert "sofia" in gate.title
    assert "sofia" in world.requested(repository, pull.number)


def test_status_and_help_answer_in_one_reply(world: World) -> None:
    """Several lines, several commands, one answer."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("omar").comment(pull, "/gate status\n/gate help")
    world.settle()
    (answer,) = world.comments(repository, pull.number)
    assert "Waiting for priya, track / dbt" in answer
    assert "/gate reassign @old @new" in answer


def test_an_unknown_command_gets_the_nearest_known_one(world: World) -> None:
    """A typo is answered with what was perhaps meant."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("omar").comment(pull, "/gate stauts")
    world.settle()
    assert "Did you mean `/gate status`?" in world.comments(repository, pull.number)[-1]


@pytest.mark.parametrize("text", ["> /gate hold x", "```\n/gate hold x\n```", "please /gate hold x"])
def test_command_in_a_quote_or_a_code_block_or_in_mid_line_is_not_obeyed(world: World, text: str) -> None:
    """Talking about a command is not giving it."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("raj").comment(pull, text)
    assert world.shown(repository, pull.head_sha).state == "in_progress"


def test_command_in_an_edited_comment_is_not_obeyed(world: World) -> None:
    """An edit never acts, not even by the writer."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    comment = world.as_user("raj").comment(pull, "hello")
    world.as_user("raj").edit_comment(comment, "/gate hold x")
    assert world.shown(repository, pull.head_sha).state == "in_progress"


def test_command_by_a_bot_is_not_obeyed(world: World) -> None:
    """Another App's comment is no person's."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    bot = world.github.as_app(world.github.actions_app(), repository)
    bot.call("POST", f"/repos/{repository}/issues/{pull.number}/comments", {"body": "/gate hold x"})
    assert world.shown(repository, pull.head_sha).state == "in_progress"


def test_comment_that_mentions_a_team_is_answered_without_mentioning_it(world: World) -> None:
    """Whatever a comment contains, our text about it notifies nobody."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("raj").comment(pull, "/gate hold ask @meta/everyone and @lina")
    gate = world.shown(repository, pull.head_sha)
    assert "@meta/everyone" not in gate.summary
    world.as_user("raj").comment(pull, "/gate @meta/everyone")
    world.settle()
    answer = world.comments(repository, pull.number)[-1]
    assert "`@meta/everyone`" in answer


def test_commands_on_a_closed_pull_request_are_answered_and_forgotten(world: World) -> None:
    """Nothing waits for the reopening: a hold is refused in words, a status is given."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.settle()
    world.as_user("omar").close(pull)
    comment = world.as_user("raj").comment(pull, "/gate hold never mind\n/gate status")
    world.settle()
    assert world.reactions(repository, comment) == ["eyes", "confused"]
    (answer,) = world.comments(repository, pull.number)
    assert "This pull request is closed" in answer
    assert "Waiting for priya" in answer
    world.as_user("omar").reopen(pull)
    assert world.shown(repository, pull.head_sha).state == "in_progress"


def test_an_answer_is_given_once_though_the_gate_cannot_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check runs are refused for a while; the reply that went with them is not repeated by each retry."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.settle()

    def refuse(*_: object, **__: object) -> None:
        raise unprocessable("not now")

    with monkeypatch.context() as refusing:
        refusing.setattr(checks, "update_check_run", refuse)
        refusing.setattr(checks, "create_check_run", refuse)
        world.as_user("raj").comment(pull, "/gate hold x\n/gate status")
        wait_until(lambda: world.comments(repository, pull.number), what="the answer")
        world.as_user("lina").review(pull, "COMMENT", body="hm")
        world.settle()
    world.as_user("lina").review(pull, "COMMENT", body="hm again")
    assert world.shown(repository, pull.head_sha).state == "failure"
    assert len(world.comments(repository, pull.number)) == 1
