"""The models on their own: frozen, looked up by person and login, and checked however they are built."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from bot.core.policy import load_policy
from bot.core.policy_model import Away, Person, Policy, RequiredChecks, Track
from bot.core.policy_types import duration_text
from tests.support.policy_texts import small


@pytest.fixture
def policy() -> Policy:
    """The small policy."""
    return load_policy(small(), "p.yml").policy


def test_login_and_person_lead_to_each_other(policy: Policy) -> None:
    """A person has one login, found again without regard to case; strangers are nobody."""
    assert policy.login_of("ana") == "Ana-1"
    assert policy.person_of("ANA-1") == "ana"
    assert policy.person_of("ana") is None
    with pytest.raises(KeyError):
        policy.login_of("zoe")


def test_nothing_in_a_policy_can_be_changed(policy: Policy) -> None:
    """Fields, people, tracks and statements are read-only."""
    with pytest.raises(ValidationError):
        policy.name = "other"
    with pytest.raises(TypeError):
        policy.people["zoe"] = policy.people["ana"]  # type: ignore[index]
    with pytest.raises(TypeError):
        policy.tracks["web"] = policy.tracks["api"]  # type: ignore[index]
    with pytest.raises(TypeError):
        policy.release.statements["ready"] = ()  # type: ignore[index]
    with pytest.raises(ValidationError):
        policy.tracks["web"].owners = ()


def test_equal_text_gives_equal_policies(policy: Policy) -> None:
    """Policies compare by content."""
    assert policy == load_policy(small(), "other.yml").policy
    assert policy != load_policy(small("name: small", "name: other"), "p.yml").policy


def test_written_out_and_read_again_is_the_same(policy: Policy) -> None:
    """The JSON form of a policy is a policy (YAML reads JSON)."""
    text = policy.model_dump_json(by_alias=True)
    assert load_policy(text.encode(), "p.json").policy == policy


def test_models_may_be_built_in_code_by_name() -> None:
    """Tests and tools name fields as Python does and give dates and durations as such."""
    away = Away(from_=date(2026, 3, 2), until=date(2026, 3, 2))
    assert Person(login="x", role="y", away=away).away == away
    assert RequiredChecks(start_within=timedelta(hours=2)).start_within == timedelta(hours=2)


def test_rules_between_sections_hold_however_a_policy_is_built(policy: Policy) -> None:
    """A policy built in code with an unknown person is refused like one from a file."""
    data = policy.model_dump(by_alias=True)
    data["cross_stream_reviewer"] = "zoe"
    with pytest.raises(ValidationError) as refused:
        Policy.model_validate(data)
    assert [error["loc"] for error in refused.value.errors()] == [("cross_stream_reviewer",)]


def test_key_of_a_file_is_not_the_name_in_code(policy: Policy) -> None:
    """In a file the first day away is `from`; Python's `from_` is unknown there."""
    text = small("role: the rest", "role: r, away: {from_: 2026-03-02, until: 2026-03-03}")
    with pytest.raises(Exception, match=r"people\.ben\.away\.from_: expected a known key"):
        load_policy(text, "p.yml")


def test_prose_may_be_folded_over_lines() -> None:
    """A purpose that is written over several lines is kept as one."""
    assert Track(prefix="a", purpose="one\n  two\n", owners=("ana",)).purpose == "one two"


@pytest.mark.parametrize(
    ("seconds", "text"), [(45, "45s"), (90, "90s"), (1800, "30m"), (7200, "2h"), (1209600, "14d")]
)
def test_durations_are_written_in_the_largest_whole_unit(seconds: int, text: str) -> None:
    """A duration reads as somebody would write it."""
    assert duration_text(timedelta(seconds=seconds)) == text


def test_emoji_and_letters_of_any_script_are_prose() -> None:
    """Joined emoji hold invisible characters and are fine; only controls and reordering are refused."""
    assert Track(prefix="a", purpose="família 👩‍💻 тест", owners=("ana",)).purpose == "família 👩‍💻 тест"
