"""What the gates rely on and GitHub's documentation leaves open: to be seen once on the real GitHub.

None of it is a silent assumption: each has its other way out in the code, or fails closed. O/R stands for the
repository, `gh` for GitHub's own command line.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unsettled:
    """One fact, how to see it, and what becomes of the gate if GitHub does otherwise."""

    fact: str
    how: str
    otherwise: str


TO_CHECK = (
    Unsettled(
        "a tag that a ruleset refuses is answered with 422 and `Repository rule violations found`",
        "as somebody who is not in the bypass list: gh api -X POST repos/O/R/git/refs "
        "-f ref=refs/tags/v0.0.0-check -f sha=SHA",
        "the release's comment shows GitHub's own words instead of naming the ruleset",
    ),
    Unsettled(
        "the bypass mode `always` lets an App make tags; `exempt` does, too",
        "release a first tag in a test repository with the ruleset of `trackgate ruleset`",
        "the release stays open with GitHub's refusal and its next action in the comment",
    ),
    Unsettled(
        "GitHub tells an App, which sees no bypass list, by `current_user_can_bypass` whether it is on it",
        "gh api repos/O/R/rulesets/ID with an installation token",
        "this command cannot see a missing App; tagging is refused, and says so",
    ),
    Unsettled(
        "a deployment of a tag has the tag's bare name as `deployment.ref`",
        "run the release workflow for a tag, and read the delivery deployment_protection_rule "
        "(the App's settings, Advanced)",
        "the deployment is rejected with a comment that names the reference",
    ),
    Unsettled(
        "a push is in the repository's activity as soon as a comment can be made after it",
        "push, comment `/gate approve` at once, then: gh api 'repos/O/R/activity?ref=refs/heads/main'",
        "a sign-off binds to the commit before, and has to be given again",
    ),
    Unsettled(
        "a tag on a commit with other workflow files is refused with 403 and the header "
        "`x-accepted-github-permissions`",
        "without Workflows: write, tag a commit whose workflow file is on no branch any more",
        "the release's comment shows GitHub's own words instead of the missing permission",
    ),
    Unsettled(
        "each protected environment of the policy has this App as its custom deployment protection rule",
        "gh api repos/O/R/environments/NAME/deployment_protection_rules",
        "deployments to it do not ask the gate: enable the rule in the environment's settings",
    ),
    Unsettled(
        "one request counts once towards the limit of what notifies people, however many mutations it has",
        "the log of the service after many pull requests were opened at once: is GitHub asking for pauses?",
        "GitHub asks for pauses, which are obeyed: set GITHUB_CREATIONS=mutations",
    ),
)
