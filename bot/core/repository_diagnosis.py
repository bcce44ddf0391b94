"""What `trackgate doctor` says of one repository: its policy, release branch, tag ruleset and baseline of tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.core.diagnosis import OPERATOR, Diagnosis, failure, fine, warning
from bot.core.policy import InvalidPolicy, LoadedPolicy
from bot.core.rulesets import Ruleset, judge_rulesets

MOST_PROBLEMS = 5
"""Problems of one policy that are listed; `trackgate policy validate` lists all."""


def judge_policy(repository: str, in_force: LoadedPolicy | InvalidPolicy | None) -> Diagnosis:
    """The policy in force."""
    if isinstance(in_force, LoadedPolicy):
        return fine(repository, "policy", f"{in_force.source} is valid ({in_force.digest[:12]})")
    if in_force is None:
        text = "no policy is for this repository: nothing of it is gated"
        action = "name it in `repositories` of a policy in POLICY_DIR, or commit .github/trackgate.yml"
        return warning(repository, "policy", text, OPERATOR, action)
    listed = [str(problem) for problem in in_force.problems[:MOST_PROBLEMS]]
    more = len(in_force.problems) - len(listed)
    text = "; ".join([*listed, *([f"and {more} more"] if more else [])])
    return failure(repository, "policy", text, f"whoever may change {in_force.problems[0].file}", "correct it")


def judge_branch(repository: str, branch: str, head_sha: str | None) -> Diagnosis:
    """The branch that is released; `head_sha` is None when it does not exist."""
    if head_sha is not None:
        return fine(repository, "release branch", f"{branch} is at {head_sha[:12]}")
    text = f"the release branch {branch} does not exist: nothing can be released"
    return failure(
        repository, "release branch", text, "the release leads", "make it, or correct release.branch in the policy"
    )


def judge_protection(
    repository: str, rulesets: Sequence[Ruleset], policy: LoadedPolicy, app_id: int
) -> Iterator[Diagnosis]:
    """The rulesets on release tags, each problem by itself."""
    problems = judge_rulesets(rulesets, policy.policy, app_id)
    for problem in problems:
        name = "" if problem.ruleset is None else f"{problem.ruleset}: "
        text = f"{problem.kind.value}: {name}{problem.reason}"
        how = warning if problem.is_warning else failure
        yield how(repository, "tag ruleset", text, problem.next_action.owner, problem.next_action.action)
    if all(problem.is_warning for problem in problems):
        patterns = ", ".join(policy.policy.release.tags)
        yield fine(repository, "tag ruleset", f"in force for {patterns}, with this App in its bypass list")


def judge_baseline(repository: str, known_tags: int | None) -> Diagnosis:
    """Whether the guard knows which tags were there before it; `known_tags` is their number, None before that."""
    if known_tags is not None:
        return fine(repository, "tag guard", f"the baseline is taken; release tags known now: {known_tags}")
    text = "no baseline of release tags is taken yet: they are not guarded"
    return failure(repository, "tag guard", text, OPERATOR, "start the worker; it takes one within a minute")


def judge_served(repository: str, *, is_served: bool) -> Diagnosis | None:
    """Whether the service itself knows that it serves the repository; None when it does."""
    if is_served:
        return None
    text = "the App is installed, and the service has not heard of it"
    return warning(
        repository, "service", text, OPERATOR, "start the worker; it asks for all repositories at start"
    )
