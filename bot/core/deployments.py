"""Custom deployment protection: a protected environment takes only a released tag's commit, under that tag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.inert import code
from bot.core.policy_model import Policy

_TAG_REFERENCE = "refs/tags/"


@dataclass(frozen=True, slots=True)
class DeploymentAnswer:
    """Whether the deployment may go on, and the comment that says why.

    GitHub reads the comment as Markdown, of at most 1,024 characters ("Creating custom deployment protection
    rules"), so what was pushed or named by somebody else stands in it as code.
    """

    is_approved: bool
    comment: str


def judge_deployment(
    environment: str, ref: str, sha: str, released: Mapping[str, str], policy: Policy
) -> DeploymentAnswer:
    """`ref` and `sha` are the deployment's own; `released` maps each released tag to its commit.

    The tag's name is judged as well as the commit: a workflow acts by the name it runs for, and only that name
    went through the gate.
    """
    # GitHub takes names of environments for the same in any case.
    if environment.casefold() not in {one.casefold() for one in policy.release.protected_environments}:
        return DeploymentAnswer(True, f"{code(environment)} is not a protected environment of the policy.")
    tag = ref.removeprefix(_TAG_REFERENCE)
    commit, shown = released.get(tag), code(tag)
    if commit == sha:
        return DeploymentAnswer(True, f"{shown} was released by the gate at {sha}.")
    if commit is not None:
        return DeploymentAnswer(False, f"{shown} was released at {commit}; this deployment is of {sha}.")
    others = sorted(name for name, one in released.items() if one == sha)
    if others:
        there = code(others[0])
        return DeploymentAnswer(False, f"{sha} was released as {there}; deploy that tag, not {shown}.")
    return DeploymentAnswer(
        False, f"{shown} is no released tag. Comment `/gate release <tag>`, and deploy the tag once it is made."
    )
