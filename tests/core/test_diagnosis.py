"""What the doctor says of permissions and repositories; and the one table of permissions and events."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.core.diagnosis import Diagnosis, Health
from bot.core.grants import (
    AUTOMATIC_EVENTS,
    EVENTS,
    NEEDS,
    OPTIONAL,
    Need,
    judge_app,
    judge_installation,
)
from bot.core.policy import InvalidPolicy, Problem
from bot.core.repository_diagnosis import (
    MOST_PROBLEMS,
    judge_baseline,
    judge_branch,
    judge_policy,
    judge_protection,
    judge_served,
)
from bot.core.rulesets import release_ruleset
from bot.events import TABLE
from demo import local
from tests.support.builders import policy

ALL = {need.name: need.level for need in NEEDS}
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def texts(found: Iterable[Diagnosis], health: Health) -> list[str]:
    """The texts of the findings of one health."""
    return [one.text for one in found if one.health is health]


def test_the_readme_lists_the_permissions_of_the_table() -> None:
    """What people give the App by the README is what the doctor asks for: names, levels, and no others."""
    rows = dict(re.findall(r"^   \| ([A-Z][a-z ]+) \| (read and write|read) \|", README, flags=re.MULTILINE))
    words = {"read": "read", "write": "read and write"}
    needed = {need.shown: words[need.level] for need in NEEDS if need.name != "members"}
    assert rows == needed or rows == {**needed, OPTIONAL.shown: words[OPTIONAL.level]}
    assert "organisation permission Members: read" in README


def test_the_readme_lists_the_events_of_the_table() -> None:
    """The README names each event to subscribe to in the words of GitHub's form, and no others."""
    found = re.search(r"Subscribe to: (.+?)\.\s", README, flags=re.DOTALL)
    assert found is not None
    named = {name.strip().lower().replace(" ", "_") for name in re.split(r",| and ", found[1]) if name.strip()}
    assert named == set(EVENTS)


def test_the_sandbox_app_has_the_permissions_and_events_of_the_table() -> None:
    """What `make run` and the end-to-end tests run with is what the README tells people to grant."""
    assert ALL == local.PERMISSIONS
    assert set(EVENTS) == set(local.EVENTS)


def test_every_event_of_the_table_is_acted_on_and_no_other() -> None:
    """An event that nothing comes of is not asked for, and one that something comes of is."""
    assert {event for event, _ in TABLE} == {*EVENTS, *AUTOMATIC_EVENTS}


def test_an_app_with_all_that_is_needed() -> None:
    """Nothing to do; what is said about Workflows is that it is not needed."""
    found = list(judge_app(ALL, EVENTS))
    assert {one.health for one in found} == {Health.OK}
    assert any("Workflows: write is not asked for; only needed for tags on stale" in one.text for one in found)
    found = list(judge_app({**ALL, "workflows": "write"}, EVENTS))
    assert {one.health for one in found} == {Health.OK}
    assert any("Workflows: write is asked for" in one.text for one in found)


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.name)
def test_each_permission_that_is_missing_is_told(need: Need) -> None:
    """One failure, with what is impossible, and the App's owner as the one who acts."""
    name, level, shown, without = need.name, need.level, need.shown, need.without
    left = {one: of for one, of in ALL.items() if one != name}
    (text,) = texts(judge_app(left, EVENTS), Health.FAILURE)
    assert text == f"{shown}: {level} is not asked for (no access is): {without}"
    found = [one for one in judge_installation("acme", left, EVENTS, ALL) if one.health is not Health.OK]
    assert [one.text for one in found] == [f"{shown}: {level} is not granted (no access is): {without}"]
    assert found[0].health is (Health.WARNING if name == "members" else Health.FAILURE)
    assert found[0].next_action is not None
    assert found[0].next_action.owner == "an owner of acme"


def test_a_lower_level_with_which_all_works_is_a_warning() -> None:
    """Commit statuses: read is enough for both gates."""
    lower = {**ALL, "statuses": "read"}
    assert len(texts(judge_app(lower, EVENTS), Health.WARNING)) == 1
    assert texts(judge_app(lower, EVENTS), Health.FAILURE) == []
    found = list(judge_installation("acme", lower, EVENTS, ALL))
    assert (len(texts(found, Health.WARNING)), texts(found, Health.FAILURE)) == (1, [])


def test_more_than_is_needed_is_a_warning() -> None:
    """The least permissions: what goes beyond the table is named, with the level to go back to."""
    found = [
        one
        for one in judge_app({**ALL, "administration": "write", "secrets": "read"}, EVENTS)
        if one.health is not Health.OK
    ]
    assert [(one.health, one.text) for one in found] == [
        (Health.WARNING, "it asks for administration: write, which is more than it needs"),
        (Health.WARNING, "it asks for secrets: read, which is more than it needs"),
    ]
    actions = [one.next_action.action for one in found if one.next_action is not None]
    assert actions == ["take it back to read", "take it away"]


def test_a_higher_level_covers_a_lower_one() -> None:
    """Write where read is needed grants it; a level that nobody knows grants nothing."""
    assert texts(judge_installation("acme", {**ALL, "actions": "write"}, EVENTS, ALL), Health.FAILURE) == []
    assert texts(judge_installation("acme", {**ALL, "actions": "perhaps"}, EVENTS, ALL), Health.FAILURE)


def test_events_that_are_missing_are_listed() -> None:
    """Of the App and of an installation alike."""
    some = [event for event in EVENTS if event not in ("push", "delete")]
    for found in (judge_app(ALL, some), judge_installation("acme", ALL, some, ALL)):
        assert texts(found, Health.FAILURE) == ["not told of push, delete"]


def test_an_invalid_policy_is_cut_short() -> None:
    """The first problems, and how many more there are."""
    problems = tuple(Problem("policy.yml", line, "tracks", "a name") for line in range(1, MOST_PROBLEMS + 3))
    found = judge_policy("o/r", InvalidPolicy(problems))
    assert found.health is Health.FAILURE
    assert found.text.count("policy.yml:") == MOST_PROBLEMS
    assert found.text.endswith("; and 2 more")
    assert "more" not in judge_policy("o/r", InvalidPolicy(problems[:2])).text


def test_a_repository_where_all_is_well() -> None:
    """Policy, branch, ruleset, baseline, and that the service knows of it."""
    loaded = policy()
    assert judge_policy("o/r", loaded).health is Health.OK
    assert judge_branch("o/r", "main", "a" * 40).text == "main is at aaaaaaaaaaaa"
    (found,) = judge_protection("o/r", [release_ruleset(loaded.policy, 7)], loaded, 7)
    assert (found.health, found.text) == (Health.OK, "in force for v*, with this App in its bypass list")
    assert judge_baseline("o/r", 3).text == "the baseline is taken; release tags known now: 3"
    assert judge_served("o/r", is_served=True) is None


def test_a_repository_where_nothing_is() -> None:
    """No policy, no branch, no ruleset, no baseline, and a service that has not heard of it."""
    assert judge_policy("o/r", None).health is Health.WARNING
    assert judge_branch("o/r", "main", None).health is Health.FAILURE
    (found,) = judge_protection("o/r", [], policy(), 7)
    assert (found.health, found.text.partition(":")[0]) == (Health.FAILURE, "missing")
    assert judge_baseline("o/r", None).health is Health.FAILURE
    unheard = judge_served("o/r", is_served=False)
    assert unheard is not None
    assert unheard.health is Health.WARNING


def test_who_else_may_bypass_is_a_warning_beside_an_ok() -> None:
    """Release tags are protected, and somebody should know who else may make them."""
    loaded = policy()
    ruleset = release_ruleset(loaded.policy, 7)
    ruleset["bypass_actors"].append({"actor_type": "Team", "actor_id": 3, "bypass_mode": "always"})
    found = list(judge_protection("o/r", [ruleset], loaded, 7))
    assert [one.health for one in found] == [Health.WARNING, Health.OK]
    assert "release-tags: others may make release tags past it: Team 3" in found[0].text
