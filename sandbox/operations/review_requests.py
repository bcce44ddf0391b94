"""Review requests: people and teams asked, and no longer asked."""

from __future__ import annotations

from collections.abc import Sequence

from ..access import is_collaborator, team_has_access
from ..errors import Refusal, unprocessable
from ..payloads.accounts import hook_team_json, user_json
from ..state import Account, PullRequest, ReviewRequest, Team
from ..world import World
from .pull_following import fire_pull

Reviewer = Account | Team


def refuse_non_collaborator(pull: PullRequest) -> Refusal:
    """The refusal for somebody who cannot review here; it does not say who."""
    return unprocessable(
        "Reviews may only be requested from collaborators. One or more of the users or teams you specified"
        f" is not a collaborator of the {pull.repository.full_name} repository."
    )


def request_reviews(
    world: World, pull: PullRequest, sender: Account, reviewers: Sequence[Reviewer], *, replace: bool = False
) -> None:
    """Ask these, all or nothing; `replace` takes back the requests of everybody else."""
    _check(world, pull, reviewers)
    if replace:
        for request in list(pull.review_requests):
            if request.reviewer not in reviewers:
                _remove(world, pull, sender, request)
    asked = [request.reviewer for request in pull.review_requests]
    for reviewer in reviewers:
        if reviewer not in asked:
            request = ReviewRequest(id=world.next_id(), pull=pull, reviewer=reviewer)
            pull.review_requests.append(world.register(request))
            asked.append(reviewer)
        elif world.behaviour.request_again_is_no_operation:
            continue
        _fire(world, pull, sender, "review_requested", reviewer)


def _check(world: World, pull: PullRequest, reviewers: Sequence[Reviewer]) -> None:
    people = [reviewer for reviewer in reviewers if isinstance(reviewer, Account)]
    if len(people) > world.behaviour.maximum_requested_reviewers:
        raise unprocessable("Validation Failed", world.behaviour.too_many_reviewers_message)
    if pull.author in people:
        raise unprocessable("Review cannot be requested from pull request author.")
    for reviewer in reviewers:
        if isinstance(reviewer, Team):
            possible = team_has_access(pull.repository, reviewer)
        else:
            possible = reviewer.kind == "User" and is_collaborator(world, pull.repository, reviewer)
        if not possible:
            raise refuse_non_collaborator(pull)


def remove_requests(world: World, pull: PullRequest, sender: Account, reviewers: Sequence[Reviewer]) -> None:
    """Take back these requests; who was not asked is passed over."""
    for request in list(pull.review_requests):
        if request.reviewer in reviewers:
            _remove(world, pull, sender, request)


def _remove(world: World, pull: PullRequest, sender: Account, request: ReviewRequest) -> None:
    pull.review_requests.remove(request)
    _fire(world, pull, sender, "review_request_removed", request.reviewer)


def _fire(world: World, pull: PullRequest, sender: Account, action: str, reviewer: Reviewer) -> None:
    pull.updated_at = world.clock.now()
    if isinstance(reviewer, Team):
        fire_pull(world, pull, sender, action, requested_team=hook_team_json(world, reviewer))
    else:
        fire_pull(world, pull, sender, action, requested_reviewer=user_json(world, reviewer))
