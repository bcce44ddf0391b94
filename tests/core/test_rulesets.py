"""The tag ruleset: the one we ship, and every way in which one on GitHub fails to protect release tags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.core.model import NextAction
from bot.core.policy_model import Policy
from bot.core.ruleset_patterns import matches_any, names_like
from bot.core.rulesets import (
    ADMINISTRATORS,
    judge_rulesets,
    release_ruleset,
)
from bot.core.rulesets import (
    RulesetProblemKind as Kind,
)
from tests.support.builders import policy

APP = 4711
SHIPPED = Path(__file__).parents[2] / "docs" / "ruleset-release-tags.json"


def shipped_policy(*tags: str) -> Policy:
    """The shipped policy, with other patterns for release tags if told."""
    return policy({"release": {"tags": list(tags)}} if tags else None).policy


def ruleset(**changes: Any) -> dict[str, Any]:
    """Our own ruleset as GitHub would show it, with some keys changed (None: not there)."""
    whole = {"id": 1, **release_ruleset(shipped_policy(), APP), **changes}
    return {key: value for key, value in whole.items() if value is not None}


def targets(include: list[str], exclude: list[str] | None = None) -> dict[str, Any]:
    """The condition of a ruleset."""
    return {"ref_name": {"include": include, "exclude": exclude or []}}


def rules(*types: str) -> list[dict[str, str]]:
    """Rules by their types."""
    return [{"type": kind} for kind in types]


def kinds(*rulesets: dict[str, Any], of: Policy | None = None) -> list[Kind]:
    """What is wrong with these rulesets."""
    return [problem.kind for problem in judge_rulesets(rulesets, of or shipped_policy(), APP)]


def test_the_shipped_file_is_what_the_command_prints() -> None:
    """`docs/ruleset-release-tags.json` is the ruleset of the shipped policy, with 0 in the place of the App."""
    assert json.loads(SHIPPED.read_text()) == release_ruleset(shipped_policy(), 0)
    assert release_ruleset(shipped_policy(), APP)["conditions"] == targets(["refs/tags/v*", "refs/tags/**/v*"])


def test_ruleset_present() -> None:
    """What we ship is what we accept, for any patterns."""
    assert kinds(ruleset()) == []
    for patterns in (["v*"], ["v*", "release/*"], ["v[0-9]*", "r?"], ["[!v]*"], ["a/b"]):
        chosen = shipped_policy(*patterns)
        assert kinds(release_ruleset(chosen, APP), of=chosen) == []


def test_ruleset_missing() -> None:
    """None at all, or only for branches, or one that restricts nothing of ours: one problem with one action."""
    for there in ([], [ruleset(target="branch")]):
        [problem] = judge_rulesets(there, shipped_policy(), APP)
        assert (problem.kind, problem.ruleset, problem.is_warning) == (Kind.MISSING, None, False)
        assert problem.next_action == NextAction(ADMINISTRATORS, "import what `trackgate ruleset` prints")
    off = ruleset(rules=rules("required_signatures"), enforcement="disabled")
    assert kinds(off) == [Kind.MISSING]


def test_ruleset_disabled() -> None:
    """A ruleset that is off protects nothing, and is named."""
    [problem] = judge_rulesets([ruleset(enforcement="disabled")], shipped_policy(), APP)
    assert (problem.kind, problem.ruleset) == (Kind.DISABLED, "release-tags")
    assert problem.next_action.action == "in the ruleset release-tags: set its enforcement to active"
    assert kinds(ruleset(enforcement="something new")) == [Kind.DISABLED]


def test_ruleset_in_evaluate_mode() -> None:
    """Evaluate mode only reports."""
    assert kinds(ruleset(enforcement="evaluate")) == [Kind.EVALUATE]


@pytest.mark.parametrize(
    "conditions",
    [
        targets([]),
        targets(["refs/heads/v*"]),
        targets(["v*"]),
        targets(["refs/tags/release-*"]),
        targets(["refs/tags/*/v*"]),
        {},
        {"ref_name": "v*"},
        {"ref_name": {"include": "refs/tags/v*"}},
    ],
)
def test_ruleset_matching_nothing(conditions: dict[str, Any]) -> None:
    """Patterns that no release tag matches, whatever they look like."""
    assert kinds(ruleset(conditions=conditions)) == [Kind.MATCHES_NOTHING]


def test_ruleset_without_conditions() -> None:
    """A condition that is missing matches nothing."""
    assert kinds(ruleset(conditions=None)) == [Kind.MATCHES_NOTHING]


@pytest.mark.parametrize("include", [["refs/tags/v[0-9]*"], ["refs/tags/v1*", "refs/tags/v2*"], ["refs/tags/v?*"]])
def test_ruleset_that_misses_some_release_tags(include: list[str]) -> None:
    """`v*` has more in it than versions: a tag `v` or `vfinal` would be open to everybody."""
    [problem] = judge_rulesets([ruleset(conditions=targets(include))], shipped_policy(), APP)
    assert problem.kind is Kind.NOT_ALL_TAGS
    assert "release tags such as v" in problem.reason


def test_a_policy_pattern_that_the_ruleset_does_not_have() -> None:
    """The policy got another kind of release tag, and the ruleset did not."""
    assert kinds(ruleset(), of=shipped_policy("v*", "hotfix/*")) == [Kind.NOT_ALL_TAGS]


@pytest.mark.parametrize("include", [["~ALL"], ["refs/tags/*"], ["refs/tags/**/*"], ["refs/tags/**/v*"]])
def test_a_wider_ruleset_is_right_too(include: list[str]) -> None:
    """All tags are release tags and more."""
    assert kinds(ruleset(conditions=targets(include))) == []


def test_ruleset_with_exclusions() -> None:
    """An exclusion is a way in; one that no release tag matches is none."""
    assert kinds(ruleset(conditions=targets(["~ALL"], ["refs/tags/v*-rc*"]))) == [Kind.EXCLUDES]
    assert kinds(ruleset(conditions=targets(["~ALL"], ["refs/tags/nightly-*"]))) == []


@pytest.mark.parametrize(
    "excluded",
    [
        "refs/tags/v6*",
        "refs/tags/v1.2.4",
        "refs/tags/?7*",
        "refs/tags/[v]9",
        "refs/**/v6",
        "*",
        "~ALL",
        "refs/tags/{v}",
    ],
)
def test_an_exclusion_that_may_match_a_release_tag(excluded: str) -> None:
    """Nobody knows which tags there will be: unless both begin with other letters, it is a way in, and named."""
    [problem] = judge_rulesets([ruleset(conditions=targets(["refs/tags/v*"], [excluded]))], shipped_policy(), APP)
    assert (problem.kind, problem.is_warning) == (Kind.EXCLUDES, False)
    assert problem.reason == f"it excludes {excluded}, which a release tag may match"


@pytest.mark.parametrize("excluded", ["refs/tags/nightly-*", "refs/heads/v*", "v*", "~DEFAULT_BRANCH"])
def test_an_exclusion_that_matches_no_release_tag(excluded: str) -> None:
    """What begins with other letters is none of the release's."""
    assert kinds(ruleset(conditions=targets(["~ALL"], [excluded]))) == []


def test_an_exclusion_is_held_against_each_pattern_of_release_tags() -> None:
    """One that rules out the first pattern's tags may still be the second's."""
    off = ruleset(conditions=targets(["~ALL"], ["refs/tags/hotfix/1*"]))
    assert kinds(off) == []
    assert kinds(off, of=shipped_policy("v*", "hotfix/*")) == [Kind.EXCLUDES]


@pytest.mark.parametrize("rule", ["creation", "update", "deletion"])
def test_ruleset_with_a_rule_missing(rule: str) -> None:
    """Each of the three rules is needed; the reason names the one that is not there."""
    others = [kind for kind in ("creation", "update", "deletion") if kind != rule]
    [problem] = judge_rulesets([ruleset(rules=rules(*others))], shipped_policy(), APP)
    assert problem.kind is Kind.RULE_MISSING
    assert rule in problem.reason
    assert not [other for other in others if other in problem.reason]


def test_rulesets_add_up() -> None:
    """Two rulesets may share the work; one that is off beside a good one is no problem."""
    one, two = ruleset(rules=rules("creation")), ruleset(rules=rules("update", "deletion"))
    assert kinds(one, two) == []
    assert kinds(ruleset(), ruleset(enforcement="disabled")) == []


def test_app_not_in_its_bypass_list() -> None:
    """Without the App on it nobody can release; another App, or a mode that is for pull requests, is not it."""
    entry = {"actor_id": APP, "actor_type": "Integration", "bypass_mode": "always"}
    assert kinds(ruleset(bypass_actors=[])) == [Kind.APP_MISSING]
    assert kinds(ruleset(bypass_actors=[{**entry, "bypass_mode": "pull_request"}])) == [Kind.APP_MISSING]
    for other in ({**entry, "actor_id": 1}, {**entry, "actor_type": "Team"}):
        assert kinds(ruleset(bypass_actors=[other])) == [Kind.APP_MISSING, Kind.OTHERS_MAY_BYPASS]
    assert kinds(ruleset(bypass_actors=[{**entry, "bypass_mode": "exempt"}])) == []
    assert kinds(ruleset(bypass_actors=[{"actor_id": APP, "actor_type": "Integration"}])) == []


def test_a_second_active_ruleset_must_let_the_app_through_too() -> None:
    """The strictest ruleset wins: one good ruleset does not help when another stops the App."""
    other = ruleset(name="freeze", bypass_actors=[], conditions=targets(["refs/tags/v1*"]))
    [problem] = judge_rulesets([ruleset(), other], shipped_policy(), APP)
    assert (problem.kind, problem.ruleset) == (Kind.APP_MISSING, "freeze")
    assert kinds(ruleset(), ruleset(bypass_actors=[], conditions=targets(["refs/tags/nightly-*"]))) == []


def test_somebody_else_in_the_bypass_list() -> None:
    """Who else may go past it is a warning that names them."""
    actors = [
        *release_ruleset(shipped_policy(), APP)["bypass_actors"],
        {"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"},
        {"actor_id": None, "actor_type": "OrganizationAdmin"},
        "not an actor",
    ]
    [problem] = judge_rulesets([ruleset(bypass_actors=actors)], shipped_policy(), APP)
    assert (problem.kind, problem.is_warning) == (Kind.OTHERS_MAY_BYPASS, True)
    assert problem.reason.endswith("RepositoryRole 5, OrganizationAdmin")


def test_bypass_list_not_visible() -> None:
    """GitHub shows the list only to those who may edit the ruleset, to others whether they are on it."""
    assert kinds(ruleset(bypass_actors=None, current_user_can_bypass="always")) == [Kind.BYPASS_NOT_VISIBLE]
    assert kinds(ruleset(bypass_actors=None)) == [Kind.BYPASS_NOT_VISIBLE]
    for answer in ("never", "pull_requests_only"):
        found = kinds(ruleset(bypass_actors=None, current_user_can_bypass=answer))
        assert found == [Kind.APP_MISSING, Kind.BYPASS_NOT_VISIBLE]


def test_nonsense_from_the_api_protects_nothing() -> None:
    """Values of other types than documented are no protection, and no crash."""
    assert kinds({"target": "tag"}) == [Kind.MISSING]
    assert kinds({"target": "tag", "enforcement": "active", "rules": "all"}) == [Kind.MISSING]
    assert kinds(ruleset(rules=[1, {}])) == [Kind.RULE_MISSING]
    assert kinds(ruleset(name=None, enforcement="disabled")) == [Kind.DISABLED]


@pytest.mark.parametrize(
    ("tag", "pattern", "matches"),
    [
        ("v1", "refs/tags/v*", True),
        ("v1/x", "refs/tags/v*", False),
        ("a/v1", "refs/tags/v*", False),
        ("a/v1", "refs/tags/**/v*", True),
        ("a/b/v1", "refs/tags/**/v*", True),
        ("v1", "refs/tags/**/v*", True),
        ("v1", "**/v*", True),
        ("a/b", "refs/tags/**", False),
        ("a", "refs/tags/**", True),
        ("a/b/c", "refs/**/b/**/c", True),
        ("a/c", "refs/**/b/**/c", False),
        ("V1", "refs/tags/v*", False),
        ("v1", "refs/tags/v[^0-9]*", False),
        ("vx", "refs/tags/v[^0-9]*", True),
        ("v1", "~ALL", True),
        ("v1", "~DEFAULT_BRANCH", False),
    ],
)
def test_patterns_are_matched_as_github_does(tag: str, pattern: str, matches: bool) -> None:
    """`*` stops at a `/`, `**/` does not, case counts."""
    assert matches_any(tag, [pattern]) is matches


def test_a_hostile_pattern_takes_no_time() -> None:
    """Many `**` in a row are no trap."""
    assert matches_any("/".join("a" * 60), ["refs/tags/" + "**/" * 60 + "b"]) is False


def test_names_that_stand_for_a_pattern() -> None:
    """Every name that is tried is a release tag by the pattern; a strange pattern stands for itself."""
    assert "v1.2.3" in names_like("v*")
    assert "v" in names_like("v*")
    assert names_like("fixed") == ("fixed",)
    assert names_like("..*") == ("..*",)
