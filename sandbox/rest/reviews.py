"""Reviews and review requests."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ..access import acting_account
from ..errors import not_found, unprocessable
from ..operations import review_requests, reviews
from ..payloads.accounts import team_json, user_json
from ..payloads.pulls import review_json, simple_pull_json
from ..state import Account, PullRequest, Review, Team
from .common import (
    answer,
    body,
    caller,
    find_pull,
    find_repository,
    names,
    page_answer,
    required_text,
    text,
    world,
)

blueprint = Blueprint("reviews", __name__)
PULL = "/repos/<owner>/<name>/pulls/<int:number>"


@blueprint.get(f"{PULL}/reviews")
def list_reviews(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=read")
    return page_answer(find_pull(repository, number).reviews, lambda one: review_json(world(), one))


@blueprint.post(f"{PULL}/reviews")
def create_review(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=write")
    pull, fields = find_pull(repository, number), body()
    review = reviews.submit_review(
        world(),
        pull,
        acting_account(caller()),
        required_text(fields, "event"),
        text(fields, "body") or "",
        text(fields, "commit_id"),
    )
    return answer(review_json(world(), review))


def _find(pull: PullRequest, identifier: int) -> Review:
    for review in pull.reviews:
        if review.id == identifier:
            return review
    raise not_found()


@blueprint.get(f"{PULL}/reviews/<int:identifier>")
def get_review(owner: str, name: str, number: int, identifier: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=read")
    return answer(review_json(world(), _find(find_pull(repository, number), identifier)))


@blueprint.put(f"{PULL}/reviews/<int:identifier>")
def edit_review(owner: str, name: str, number: int, identifier: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=write")
    review = _find(find_pull(repository, number), identifier)
    reviews.edit_review(world(), review, acting_account(caller()), required_text(body(), "body"))
    return answer(review_json(world(), review))


@blueprint.put(f"{PULL}/reviews/<int:identifier>/dismissals")
def dismiss_review(owner: str, name: str, number: int, identifier: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=write", role="write")
    review = _find(find_pull(repository, number), identifier)
    if not required_text(body(), "message").strip():
        raise unprocessable("Validation Failed", "A message is required")
    reviews.dismiss_review(world(), review, acting_account(caller()))
    return answer(review_json(world(), review))


@blueprint.get(f"{PULL}/requested_reviewers")
def list_requests(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=read")
    asked = [request.reviewer for request in find_pull(repository, number).review_requests]
    return answer(
        {
            "users": [user_json(world(), one) for one in asked if isinstance(one, Account)],
            "teams": [team_json(world(), one) for one in asked if isinstance(one, Team)],
        }
    )


def _reviewers(pull: PullRequest) -> list[Account | Team]:
    """The people and teams that a request names; a name of nobody is refused like any non-collaborator."""
    fields = body()
    found: list[Account | Team] = []
    for login in names(fields, "reviewers"):
        account = world().find_account(login)
        if account is None:
            raise review_requests.refuse_non_collaborator(pull)
        found.append(account)
    slugs = names(fields, "team_reviewers")
    if len(set(slugs)) != len(slugs):
        raise review_requests.refuse_non_collaborator(pull)
    for slug in slugs:
        found.append(_team(pull, slug))
    return found


def _team(pull: PullRequest, slug: str) -> Team:
    for team in world().teams:
        if team.slug == slug and team.organization is pull.repository.owner:
            if caller().kind == "installation" and caller().permission("members") is None:
                raise unprocessable(
                    "Validation Failed",
                    f"Could not resolve to a node with the global id of '{team.node_id}'.",
                )
            return team
    raise review_requests.refuse_non_collaborator(pull)


@blueprint.post(f"{PULL}/requested_reviewers")
def request_reviewers(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=write", role="triage")
    pull = find_pull(repository, number)
    review_requests.request_reviews(world(), pull, acting_account(caller()), _reviewers(pull))
    return answer(simple_pull_json(world(), pull), 201)


@blueprint.delete(f"{PULL}/requested_reviewers")
def remove_reviewers(owner: str, name: str, number: int) -> ResponseReturnValue:
    repository = find_repository(owner, name, "pull_requests=write", role="triage")
    pull, fields = find_pull(repository, number), body()
    if "reviewers" not in fields:
        raise unprocessable('Invalid request.\n\n"reviewers" wasn\'t supplied.')
    review_requests.remove_requests(world(), pull, acting_account(caller()), _reviewers(pull))
    return answer(simple_pull_json(world(), pull))
