"""Whether a slot's approval counts: the latest opinionated review, for what is there now, by somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core.model import (
    NextAction,
    PullRequestFacts,
    Requirement,
    RequirementKind,
    Review,
    ReviewState,
    Slot,
    State,
)
from bot.core.people import same_login
from bot.core.policy_model import Policy
from bot.core.tracks import folders_of

WHOLE_TREE = ("",)


class Reviews:
    """The reviews of one pull request by person; the case of logins does not matter."""

    def __init__(self, reviews: Iterable[Review]) -> None:
        self._newest: dict[str, Review] = {}
        self._opinions: dict[str, Review] = {}
        # Sorting keeps GitHub's order where two reviews were submitted within one second, its resolution.
        for review in sorted(reviews, key=lambda review: review.submitted_at):
            self._newest[review.author.lower()] = review
            if review.state is not ReviewState.COMMENTED:
                self._opinions[review.author.lower()] = review

    def newest(self, login: str) -> Review | None:
        """The person's last review, of whatever kind."""
        return self._newest.get(login.lower())

    def opinion(self, login: str) -> Review | None:
        """The person's last review that is not a mere comment: comments supersede nothing."""
        return self._opinions.get(login.lower())


def judge_slot(slot: Slot, reviews: Reviews, facts: PullRequestFacts, policy: Policy) -> Requirement:
    """The requirement that a slot is, with its reason and next action."""
    if slot.approver is None:
        login = policy.login_of(slot.person)
        action = NextAction("release leads", f"comment /gate reassign @{login} @<somebody else>")
        return _requirement(slot, login, State.FAILURE, f"nobody is left who may approve for {login}", action)
    for login in dict.fromkeys((slot.approver, policy.login_of(slot.person))):
        opinion = reviews.opinion(login)
        if opinion is not None and opinion.state is ReviewState.CHANGES_REQUESTED:
            action = NextAction(facts.author, f"address the changes requested by {login}")
            return _requirement(slot, slot.approver, State.FAILURE, f"{login} requested changes", action)
    return _judge_approval(slot, slot.approver, reviews, facts, policy)


def _judge_approval(
    slot: Slot, login: str, reviews: Reviews, facts: PullRequestFacts, policy: Policy
) -> Requirement:
    if same_login(login, facts.head_commit_author):
        action = NextAction("release leads", f"comment /gate reassign @{login} @<somebody else>")
        reason = f"{login} wrote the head commit, so their approval does not count"
        return _requirement(slot, login, State.IN_PROGRESS, reason, action)
    opinion = reviews.opinion(login)
    if opinion is None or opinion.state is not ReviewState.APPROVED:
        return _requirement(slot, login, State.IN_PROGRESS, *_missing(login, facts, "not approved yet"))
    stale = stale_reason(opinion, scope_of(slot, policy), facts, policy)
    if stale is not None:
        return _requirement(slot, login, State.IN_PROGRESS, *_missing(login, facts, stale))
    return _requirement(slot, login, State.SUCCESS, f"approved by {login}", None)


def scope_of(slot: Slot, policy: Policy) -> Sequence[str]:
    """The folders a slot's approval is about: its track's own, or the whole tree."""
    return folders_of(policy.tracks[slot.track]) if slot.track is not None else WHOLE_TREE


def stale_reason(review: Review, folders: Sequence[str], facts: PullRequestFacts, policy: Policy) -> str | None:
    """Why an approval no longer covers what is at the head SHA, or None when it does."""
    if review.commit_sha == facts.head_sha:
        return None
    if review.commit_sha is None:
        return "approved a commit that is gone"
    at = f"approved at {review.commit_sha[:7]}"
    if policy.stale_approvals == "head_sha":
        return f"{at}, which is not the head commit any more"
    then, now = facts.trees.get(review.commit_sha), facts.trees.get(facts.head_sha)
    for folder in folders:
        if then is None or now is None or folder not in then or folder not in now:
            return f"{at}; what changed since is not known"
        if then[folder] != now[folder]:
            where = f"{folder}/" if folder else "the contents"
            return f"{at}, but {where} changed since"
    return None


def to_be_requested(
    requirements: Iterable[Requirement], reviews: Reviews, facts: PullRequestFacts, policy: Policy
) -> tuple[str, ...]:
    """Who is to be asked for a review now: still missing, not asked already, and not just heard from.

    A person whose approval went stale, or whose review was dismissed, is asked again. One who commented since
    knows of that and is not: GitHub would take each answer for a done request, and asking after each answer would
    never end. One who commented before anybody asked is asked, once. Who wrote the head commit is not asked for an
    approval that would not count.
    """
    if facts.is_draft:
        return ()
    asked = {login.lower() for login in (*facts.requested_reviewers, *facts.refused_requests)}
    missing = (
        requirement.slot
        for requirement in requirements
        if requirement.slot is not None and requirement.state is State.IN_PROGRESS
    )
    wanted = {
        slot.approver.lower(): slot.approver
        for slot in missing
        if slot.approver is not None and _needs_asking(slot, slot.approver, reviews, facts, policy)
    }
    return tuple(login for key, login in wanted.items() if key not in asked)


def _needs_asking(slot: Slot, login: str, reviews: Reviews, facts: PullRequestFacts, policy: Policy) -> bool:
    if same_login(login, facts.head_commit_author):
        return False
    newest, opinion = reviews.newest(login), reviews.opinion(login)
    if newest is None or newest.state is ReviewState.DISMISSED:
        return True
    if opinion is None or opinion.state is not ReviewState.APPROVED:
        return login.lower() not in {asked.lower() for asked in facts.asked_reviewers}
    scope = scope_of(slot, policy)
    return all(stale_reason(review, scope, facts, policy) is not None for review in (opinion, newest))


def _missing(login: str, facts: PullRequestFacts, why: str) -> tuple[str, NextAction]:
    refused = {name.lower(): reason for name, reason in facts.refused_requests.items()}.get(login.lower())
    if refused is not None:
        return f"{why}; GitHub refused to ask {login}: {refused}", NextAction(
            "release leads", f"give {login} access to the repository, or comment /gate reassign"
        )
    return why, NextAction(login, "review and approve")


def _requirement(slot: Slot, login: str, state: State, reason: str, action: NextAction | None) -> Requirement:
    return Requirement(RequirementKind.APPROVAL, login, state, reason, next_action=action, slot=slot)
