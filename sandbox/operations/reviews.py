"""Reviews: submitted, edited, dismissed."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Refusal, unprocessable
from ..payloads.pulls import review_json, simple_pull_json
from ..state import Account, PullRequest, Review, Team
from ..world import World

STATE_OF_EVENT = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
OPINIONS = ("APPROVED", "CHANGES_REQUESTED")


def submit_review(
    world: World, pull: PullRequest, author: Account, event: str, body: str, commit_id: str | None
) -> Review:
    """Submit a review of the current head, or of an older commit of the pull request."""
    state = STATE_OF_EVENT.get(event)
    if state is None:
        raise unprocessable("Validation Failed", f"Variable $event of type PullRequestReviewEvent: {event!r}")
    if author is pull.author and state != "COMMENTED":
        verb = "approve" if state == "APPROVED" else "request changes on"
        raise unprocessable("Unprocessable Entity", f"Can not {verb} your own pull request")
    if not body and state != "APPROVED":
        raise unprocessable("Unprocessable Entity", "Body can't be blank")
    if commit_id is not None and pull.repository.git.kind_of(commit_id) != "commit":
        raise unprocessable("Unprocessable Entity", "The commit_id is not part of the pull request")
    now = world.clock.now()
    review = Review(
        id=world.next_id(),
        pull=pull,
        author=author,
        body=body,
        state=state,
        commit_id=commit_id or pull.head_sha,
        submitted_at=now,
        updated_at=now,
    )
    pull.reviews.append(world.register(review))
    pull.updated_at = now
    _answer_requests(pull, author)
    _fire(world, review, author, "submitted")
    return review


def _answer_requests(pull: PullRequest, author: Account) -> None:
    """Whoever reviews is no longer asked, nor is a team the person belongs to."""
    pull.review_requests = [
        request
        for request in pull.review_requests
        if request.reviewer is not author
        and not (isinstance(request.reviewer, Team) and author in request.reviewer.members)
    ]


def dismiss_review(world: World, review: Review, sender: Account) -> None:
    """Dismiss an approval or a request for changes."""
    if review.state not in OPINIONS:
        word = review.state.lower().replace("_", " ")
        raise unprocessable("Unprocessable Entity", f"Can not dismiss a {word} pull request review")
    review.state = "DISMISSED"
    review.updated_at = world.clock.now()
    _fire(world, review, sender, "dismissed")


def edit_review(world: World, review: Review, sender: Account, body: str) -> None:
    """Change the text of one's own review."""
    if review.author is not sender:
        raise Refusal("FORBIDDEN", "You may only edit your own reviews")
    changes = {"body": {"from": review.body}}
    review.body = body
    review.updated_at = world.clock.now()
    _fire(world, review, sender, "edited", changes=changes)


def latest_opinions(world: World, reviews: Sequence[Review]) -> list[Review]:
    """Each person's latest review that says something, in the order of the reviews.

    A dismissed review is an opinion withdrawn, so it is the latest one and it says nothing.
    """
    latest: dict[int, Review] = {}
    for review in reviews:
        if review.state != "COMMENTED" or not world.behaviour.commented_review_keeps_opinion:
            latest.pop(review.author.id, None)
            latest[review.author.id] = review
    return list(latest.values())


def _fire(world: World, review: Review, sender: Account, action: str, **extra: object) -> None:
    body = {
        "review": review_json(world, review, hook=True),
        "pull_request": simple_pull_json(world, review.pull, hook=True),
        **extra,
    }
    world.dispatcher.fire("pull_request_review", action, review.pull.repository, sender, body)
