"""The tag ruleset that lets only this App make, move or delete release tags: its JSON, and what is wrong with one.

Rulesets come as GitHub's REST API gives them (`GET /repos/{owner}/{repo}/rulesets/{id}`), so each value may be
missing or of another type: that counts as not protecting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.core.model import NextAction
from bot.core.policy_model import Policy
from bot.core.ruleset_patterns import TAGS, matches_any, may_exclude, names_like

NAME = "release-tags"
RULES = ("creation", "update", "deletion")
"""The rules that are needed; each keeps everybody out who is not in the bypass list."""

ADMINISTRATORS = "repository administrators"

Ruleset = Mapping[str, Any]


class RulesetProblemKind(StrEnum):
    """What may be wrong. `others may bypass` and `bypass list not visible` are warnings, see WARNINGS."""

    MISSING = "missing"
    DISABLED = "disabled"
    EVALUATE = "evaluate mode"
    MATCHES_NOTHING = "matches nothing"
    NOT_ALL_TAGS = "does not match every release tag"
    EXCLUDES = "excludes release tags"
    RULE_MISSING = "rule missing"
    APP_MISSING = "App not in the bypass list"
    OTHERS_MAY_BYPASS = "others may bypass"
    BYPASS_NOT_VISIBLE = "bypass list not visible"


WARNINGS = frozenset({RulesetProblemKind.OTHERS_MAY_BYPASS, RulesetProblemKind.BYPASS_NOT_VISIBLE})


@dataclass(frozen=True, slots=True)
class RulesetProblem:
    """One thing that is wrong; `ruleset` is its name on GitHub (hostile text), None when there is none."""

    kind: RulesetProblemKind
    ruleset: str | None
    reason: str
    next_action: NextAction

    @property
    def is_warning(self) -> bool:
        """Whether release tags are protected all the same, as far as can be seen."""
        return self.kind in WARNINGS


def release_ruleset(policy: Policy, app_id: int) -> dict[str, Any]:
    """The body for `POST /repos/{owner}/{repo}/rulesets`: release tags belong to the App `app_id` alone.

    `*` stops at a `/` in GitHub's patterns, so each is there a second time with `**/` in front of it.
    """
    include = [f"{TAGS}{prefix}{pattern}" for pattern in policy.release.tags for prefix in ("", "**/")]
    return {
        "name": NAME,
        "target": "tag",
        "enforcement": "active",
        "bypass_actors": [{"actor_id": app_id, "actor_type": "Integration", "bypass_mode": "always"}],
        "conditions": {"ref_name": {"include": include, "exclude": []}},
        "rules": [{"type": rule} for rule in (*RULES, "non_fast_forward")],
    }


def judge_rulesets(rulesets: Sequence[Ruleset], policy: Policy, app_id: int) -> tuple[RulesetProblem, ...]:
    """What stands between these rulesets and "only the App makes release tags"; empty when nothing does.

    Several rulesets may do it together: GitHub adds them up, and the strictest wins.
    """
    on_tags = [ruleset for ruleset in rulesets if ruleset.get("target") == "tag"]
    faults = [(ruleset, _fault(ruleset, policy)) for ruleset in on_tags]
    protecting = [ruleset for ruleset, fault in faults if fault is None]
    open_rules = [rule for rule in RULES if not any(rule in _rules(ruleset) for ruleset in protecting)]
    nearly = [(ruleset, fault) for ruleset, fault in faults if fault and _rules(ruleset) & set(open_rules)]
    problems = [_problem(kind, ruleset, reason, _CURES[kind]) for ruleset, (kind, reason) in nearly]
    if open_rules and not nearly:
        problems += _unrestricted(" and ".join(open_rules), protecting)
    for ruleset in on_tags:
        if _is_active(ruleset) and _touches(ruleset, policy) and _rules(ruleset) & set(RULES):
            problems += _bypass_problems(ruleset, app_id)
    return tuple(problems)


def _unrestricted(rules: str, protecting: Sequence[Ruleset]) -> Iterator[RulesetProblem]:
    """No ruleset has these rules: those that hold for release tags lack them, or there is none at all."""
    for ruleset in protecting:
        reason = f"nothing restricts the {rules} of release tags"
        yield _problem(RulesetProblemKind.RULE_MISSING, ruleset, reason, f"add the rules {rules}")
    if not protecting:
        reason = "no ruleset restricts who makes, moves or deletes release tags"
        yield _problem(RulesetProblemKind.MISSING, None, reason, "import what `trackgate ruleset` prints")


_CURES = {
    RulesetProblemKind.DISABLED: "set its enforcement to active",
    RulesetProblemKind.EVALUATE: "set its enforcement to active",
    RulesetProblemKind.MATCHES_NOTHING: "give it the targets that `trackgate ruleset` prints",
    RulesetProblemKind.NOT_ALL_TAGS: "give it the targets that `trackgate ruleset` prints",
    RulesetProblemKind.EXCLUDES: "take the exclusion away",
}


def _fault(ruleset: Ruleset, policy: Policy) -> tuple[RulesetProblemKind, str] | None:
    """Why a ruleset does not hold for every release tag; None when it does."""
    if ruleset.get("enforcement") == "evaluate":
        return RulesetProblemKind.EVALUATE, "it is in evaluate mode: it reports, and stops nobody"
    if not _is_active(ruleset):
        return RulesetProblemKind.DISABLED, "it is disabled"
    include, exclude = _targets(ruleset)
    names = _release_names(policy)
    missed = [name for name in names if not matches_any(name, include)]
    if len(missed) == len(names):
        return RulesetProblemKind.MATCHES_NOTHING, f"no release tag matches it: {missed[0]} does not"
    if missed:
        return RulesetProblemKind.NOT_ALL_TAGS, f"release tags such as {missed[0]} do not match it"
    excluding = [one for one in exclude for tags in policy.release.tags if may_exclude(one, tags)]
    if excluding:
        return RulesetProblemKind.EXCLUDES, f"it excludes {excluding[0]}, which a release tag may match"
    return None


def _bypass_problems(ruleset: Ruleset, app_id: int) -> Iterator[RulesetProblem]:
    """Who may go past an active ruleset: the App must, and nobody else should."""
    actors, own = ruleset.get("bypass_actors"), ruleset.get("current_user_can_bypass")
    listed = [actor for actor in actors if isinstance(actor, Mapping)] if isinstance(actors, list) else None
    ours = [actor for actor in listed or () if _is_app(actor, app_id)]
    may = any(actor.get("bypass_mode", "always") in ("always", "exempt") for actor in ours)
    # To those who may not edit the ruleset GitHub shows no list, but says whether they are on it themselves.
    if (listed is not None and not may) or (listed is None and own in ("never", "pull_requests_only")):
        reason = "this App is not in its bypass list, so it cannot make release tags either"
        action = f"add this App (ID {app_id}) to its bypass list, always"
        yield _problem(RulesetProblemKind.APP_MISSING, ruleset, reason, action)
    if listed is None:
        reason = "its bypass list cannot be seen by this App, so nobody knows who else may make release tags"
        yield _problem(
            RulesetProblemKind.BYPASS_NOT_VISIBLE, ruleset, reason, "look whether only this App is on it"
        )
    others = [actor for actor in listed or () if not _is_app(actor, app_id)]
    if others:
        reason = f"others may make release tags past it: {', '.join(map(_actor, others))}"
        yield _problem(RulesetProblemKind.OTHERS_MAY_BYPASS, ruleset, reason, "take them off its bypass list")


def _problem(kind: RulesetProblemKind, ruleset: Ruleset | None, reason: str, action: str) -> RulesetProblem:
    name = None if ruleset is None else str(ruleset.get("name") or "without a name")
    done = action if name is None else f"in the ruleset {name}: {action}"
    return RulesetProblem(kind, name, reason, NextAction(ADMINISTRATORS, done))


def _is_active(ruleset: Ruleset) -> bool:
    return ruleset.get("enforcement") == "active"


def _is_app(actor: Mapping[str, Any], app_id: int) -> bool:
    return actor.get("actor_type") == "Integration" and actor.get("actor_id") == app_id


def _actor(actor: Mapping[str, Any]) -> str:
    number = actor.get("actor_id")
    return f"{actor.get('actor_type')} {number}" if isinstance(number, int) else str(actor.get("actor_type"))


def _rules(ruleset: Ruleset) -> set[str]:
    rules = ruleset.get("rules")
    return (
        {str(rule.get("type")) for rule in rules if isinstance(rule, Mapping)}
        if isinstance(rules, list)
        else set()
    )


def _targets(ruleset: Ruleset) -> tuple[list[str], list[str]]:
    """The included and the excluded patterns."""
    conditions = ruleset.get("conditions")
    named = conditions.get("ref_name") if isinstance(conditions, Mapping) else None
    given = named if isinstance(named, Mapping) else {}
    found = (given.get("include"), given.get("exclude"))
    include, exclude = ([str(p) for p in patterns] if isinstance(patterns, list) else [] for patterns in found)
    return include, exclude


def _touches(ruleset: Ruleset, policy: Policy) -> bool:
    include, exclude = _targets(ruleset)
    return any(matches_any(name, include) and not matches_any(name, exclude) for name in _release_names(policy))


def _release_names(policy: Policy) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for pattern in policy.release.tags for name in names_like(pattern)))
