"""Holds: by `/gate hold`, one for each holder, or by the policy's label."""

from __future__ import annotations

from bot.core.model import NextAction, PullRequestFacts, Requirement, RequirementKind, State
from bot.core.policy_model import Policy


def has_hold_label(labels: tuple[str, ...], policy: Policy) -> bool:
    """Whether the hold label is set. GitHub's label names are the same in any case."""
    return policy.hold_label.lower() in {label.lower() for label in labels}


def judge_holds(facts: PullRequestFacts, policy: Policy) -> tuple[Requirement, ...]:
    """One failed requirement for each hold; none when nothing holds the pull request."""
    found = [
        Requirement(
            RequirementKind.HOLD,
            hold.holder,
            State.FAILURE,
            f"held by {hold.holder}: {hold.reason or 'no reason given'}",
            NextAction(hold.holder, "comment /gate unhold when this is settled"),
        )
        for hold in facts.holds
    ]
    if has_hold_label(facts.labels, policy):
        label = policy.hold_label
        action = NextAction("whoever set the label", f"remove the label {label}")
        found.append(Requirement(RequirementKind.HOLD, label, State.FAILURE, f"held by the label {label}", action))
    return tuple(found)
