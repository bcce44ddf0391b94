"""Where GitHub's publications contradict GitHub: problems that are none, each with the reason.

test_exemptions.py shows the contradiction in GitHub's own words, and test_sandbox.py that each is still needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# An App's bot writes commits as `NUMBER+slug[bot]@users.noreply.github.com`: brackets are no part of what
# JSON Schema calls an e-mail address.
BOT_EMAIL = r'email: "[^"]*\[bot\]@[^"]*" is not a "email"$'
# When the fork is gone, `head.repo` of its pull requests is null. The webhook schemas allow that, the OpenAPI
# document does not.
LOST_FORK = r'pulls/\{pull_number\} → 200: answer /head/repo: null is not of type "object"$'
# The lists of events in the webhook schemas end before `merge_group`, `repository_ruleset` and
# `deployment_protection_rule` came.
NEWER_EVENT = (
    r"^(ping /hook/events: .*(merge_group|repository_ruleset|deployment_protection_rule).* is not valid"
    r'|installation\S* /installation/events/\d+: "(repository_ruleset|deployment_protection_rule)" is not one of)'
)
# The webhook schema wants the pull request to have still the milestone that was taken off it.
NO_MILESTONE = r'^pull_request\.demilestoned /pull_request/milestone: null is not of type "object"$'

EXEMPTIONS = (BOT_EMAIL, LOST_FORK, NEWER_EVENT, NO_MILESTONE)


def exemption_of(problem: str) -> str | None:
    """The exemption that a problem falls under, or None."""
    return next((exemption for exemption in EXEMPTIONS if re.search(exemption, problem)), None)


def real(problems: Iterable[str]) -> list[str]:
    """The problems that are some, each once."""
    return sorted({problem for problem in problems if exemption_of(problem) is None})
