"""Who may give which command of a release, and what it asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.commands import ParsedCommand, Verb, parse_commands
from bot.core.policy import LoadedPolicy
from bot.core.release_authority import (
    Approve,
    Arm,
    AskForOverride,
    Cancel,
    Help,
    LookAgain,
    Refusal,
    Report,
    Request,
    Revoke,
    ShowStatus,
    is_lead,
    leads_text,
    rule_release,
)
from tests.support.builders import policy
from tests.support.github_markdown import shown

SHA = "4f0c4f0c"


def rule(text: str, sender: str = "raj", loaded: LoadedPolicy | None = None) -> Request:
    """The ruling on one command of the shipped policy."""
    (command,) = parse_commands(f"/gate {text}")
    return rule_release(command, sender, (loaded or policy()).policy)


def refusal(text: str, sender: str = "raj", loaded: LoadedPolicy | None = None) -> str:
    """What the refusal says."""
    found = rule(text, sender, loaded)
    assert isinstance(found, Refusal)
    return found.answer


@pytest.mark.parametrize("sender", ["raj", "mira", "RAJ"])
@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("release", Report(None, None, False)),
        ("release --dry-run", Report(None, None, True)),
        ("release v3.1.0", Arm("v3.1.0", None)),
        (f"release v3.1.0 at {SHA}", Arm("v3.1.0", SHA)),
        ("release v3.1.0 --dry-run", Report("v3.1.0", None, True)),
        (f"release v3.1.0 at {SHA} --dry-run", Report("v3.1.0", SHA, True)),
        ("cancel v3.1.0", Cancel("v3.1.0")),
        ("cancel other", Cancel("other")),
    ],
)
def test_what_a_release_lead_asks_for(text: str, asked: Request, sender: str) -> None:
    """Report, arm, one commit, a dry run, and the end of it, which any name may come to that was armed before."""
    assert rule(text, sender) == asked


@pytest.mark.parametrize("sender", ["sofia", "nina", "raj2", ""])
def test_only_release_leads_release(sender: str) -> None:
    """A refusal says who may."""
    for text in ("release", "release v3.1.0", "release v3.1.0 --dry-run"):
        assert refusal(text, sender) == "Only a release lead (raj, mira) may release."
    assert refusal("cancel v3.1.0", sender) == "Only a release lead (raj, mira) may cancel a release."


def test_tag_not_matching_the_pattern() -> None:
    """The policy's patterns are named."""
    assert refusal("release 3.1.0") == "`3.1.0` is no release tag: the policy names `v*`."
    two = policy({"release": {"tags": ["v*", "release-*"]}})
    assert refusal("release 3.1.0", loaded=two) == "`3.1.0` is no release tag: the policy names `v*`, `release-*`."


@pytest.mark.parametrize(
    "text", ["release v3 at", "release v3 at xyz", "cancel", "cancel a b", "approve all", "override backend"]
)
def test_words_that_are_not_understood(text: str) -> None:
    """Refused with how it is written, whoever asks, and nothing is changed."""
    for sender in ("raj", "nina"):
        assert refusal(text, sender)


BOTH = ("contract-freeze", "rollout-readiness")
RAJ_ALONE = {"release": {"statements": {"contract-freeze": ["raj"], "rollout-readiness": ["raj", "mira"]}}}


@pytest.mark.parametrize("sender", ["raj", "Mira"])
@pytest.mark.parametrize(
    ("words", "statements"),
    [
        ("", BOTH),
        (" contract-freeze", BOTH[:1]),
        (" rollout-readiness", BOTH[1:]),
        (" rollout-readiness contract-freeze", BOTH),
    ],
)
def test_sign_offs(words: str, statements: tuple[str, ...], sender: str) -> None:
    """None named: both. Each person confirms and takes back for themselves."""
    assert rule(f"approve{words}", sender) == Approve(statements)
    assert rule(f"revoke{words}", sender) == Revoke(statements)


def test_none_named_means_all_that_are_ones_own() -> None:
    """Who may confirm one statement only need not name it; naming another's is refused."""
    loaded = policy(RAJ_ALONE)
    assert rule("approve", "mira", loaded) == Approve(BOTH[1:])
    assert rule("revoke", "mira", loaded) == Revoke(BOTH[1:])
    expected = "Only raj may confirm `contract-freeze`, each for themselves."
    assert refusal("approve contract-freeze", "mira", loaded) == expected
    assert refusal("approve contract-freeze rollout-readiness", "mira", loaded) == expected


def test_sign_off_by_somebody_else() -> None:
    """A reviewer or an operator is no approver."""
    expected = "Only raj, mira may confirm `contract-freeze`, each for themselves."
    assert refusal("approve", "sofia") == refusal("revoke", "sofia") == expected
    assert "rollout-readiness" in refusal("approve rollout-readiness", "sofia")


@pytest.mark.parametrize(
    ("sender", "track"), [("raj", "backend"), ("mira", "dbt"), ("SOFIA", "backend"), ("priya", "dbt")]
)
def test_override(sender: str, track: str) -> None:
    """Release leads, and owners for their own track."""
    assert rule(f"override {track} the runner is broken", sender) == AskForOverride(track, "the runner is broken")


def test_override_by_somebody_else() -> None:
    """The refusal says who may, and that it takes two."""
    expected = "Only these may override it, two of them together: raj, mira, sofia, maya."
    assert refusal("override backend why", "priya") == expected


def test_commands_that_need_no_right() -> None:
    """Anybody may look, whatever the policy is."""
    for known in (policy().policy, None):
        for sender in ("nina", "raj"):
            given = {verb: rule_release(ParsedCommand(verb, verb.value, ""), sender, known) for verb in Verb}
            assert isinstance(given[Verb.HELP], Help)
            assert given[Verb.STATUS] == ShowStatus()
            assert given[Verb.RECHECK] == LookAgain()
    found = rule("help", "nina")
    assert isinstance(found, Help)
    assert "/gate release" in found.answer


@pytest.mark.parametrize("word", ["hold", "unhold", "reassign"])
def test_commands_for_pull_requests(word: str) -> None:
    """On a plain issue there is nothing that they could be about."""
    expected = f"`/gate {word}` is a command for pull requests; comment it there."
    assert refusal(f"{word} x y") == expected
    assert rule_release(ParsedCommand(Verb(word), word, ""), "raj", None) == Refusal(expected)


def test_an_unknown_command() -> None:
    """The nearest one is named."""
    assert "`/gate release`" in refusal("relaese v3")


@pytest.mark.parametrize("word", ["release", "cancel v1", "approve", "revoke", "override backend x"])
def test_while_the_policy_is_broken(word: str) -> None:
    """Nobody has a right that no policy gives."""
    (command,) = parse_commands(f"/gate {word}")
    found = rule_release(command, "raj", None)
    assert found == Refusal(
        "The policy in force is missing or invalid, so nobody has this right until it is corrected."
    )


def test_rights_are_of_logins_not_of_names() -> None:
    """A person of the policy is who has their login on GitHub."""
    loaded = policy({"people": {"raj": {"login": "rajesh"}}})
    assert is_lead("Rajesh", loaded.policy)
    assert not is_lead("raj", loaded.policy)
    assert leads_text(loaded.policy) == "rajesh, mira"
    assert isinstance(rule("release", "raj", loaded), Refusal)
    assert rule("approve", "rajesh", loaded) == Approve(BOTH)


@given(
    st.sampled_from(["release", "cancel", "approve", "revoke", "override", "hold", "xyz"]),
    st.text(max_size=80),
    st.sampled_from(["raj", "nina"]),
)
def test_answers_are_inert(word: str, argument: str, sender: str) -> None:
    """Whatever stands behind a command, its refusal mentions nobody and links nowhere."""
    for command in parse_commands(f"/gate {word} {argument}"):
        found = rule_release(command, sender, policy().policy)
        if isinstance(found, Refusal):
            assert (shown(found.answer).markup, shown(found.answer).alive) == ([], [])
