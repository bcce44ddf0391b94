"""Resolvers of pull requests, their files, reviews and review requests."""

from __future__ import annotations

from typing import Any

from .. import pull_facts
from ..access import has_role
from ..git.diff import ChangedFile
from ..operations.reviews import latest_opinions
from ..payloads.issues import author_association, issue_page
from ..state import Account, Issue, MergeQueueEntry, PullRequest, Repository, Review, ReviewRequest, Team
from .checks import rollup
from .connections import Connection, connection
from .registry import Info, need, resolver, world_of
from .repositories import reference
from .sources import CommitSource, PullCommitSource, RefSource, RollupSource

CHANGE_TYPES = {
    "added": "ADDED",
    "removed": "DELETED",
    "modified": "MODIFIED",
    "renamed": "RENAMED",
    "copied": "COPIED",
    "changed": "CHANGED",
}


@resolver("PullRequest", "databaseId", "fullDatabaseId")
def pull_database_id(pull: PullRequest, _info: Info) -> int:
    return pull.pull_id


@resolver("PullRequest", "url", "permalink")
@resolver("Issue", "url")
def url(issue: Issue, info: Info) -> str:
    return issue_page(world_of(info), issue)


@resolver("PullRequest", "body")
@resolver("Issue", "body")
def body(issue: Issue, _info: Info) -> str:
    return issue.body or ""


@resolver("PullRequest", "state")
def state(pull: PullRequest, _info: Info) -> str:
    return "MERGED" if pull.merged else pull.state.upper()


@resolver("PullRequest", "isDraft")
def is_draft(pull: PullRequest, _info: Info) -> bool:
    return pull.draft


@resolver("PullRequest", "closed")
def closed(pull: PullRequest, _info: Info) -> bool:
    return pull.state == "closed"


@resolver("PullRequest", "authorAssociation")
def association(pull: PullRequest, _info: Info) -> str:
    return author_association(pull.repository, pull.author.id)


@resolver("PullRequest", "baseRef")
def base_ref(pull: PullRequest, _info: Info) -> RefSource | None:
    return reference(pull.repository, f"refs/heads/{pull.base_ref}")


@resolver("PullRequest", "baseRefName")
def base_ref_name(pull: PullRequest, _info: Info) -> str:
    return pull.base_ref


@resolver("PullRequest", "baseRefOid")
def base_ref_oid(pull: PullRequest, info: Info) -> str:
    return pull_facts.shown_base_sha(world_of(info), pull)


@resolver("PullRequest", "baseRepository")
def base_repository(pull: PullRequest, _info: Info) -> Repository:
    return pull.repository


@resolver("PullRequest", "headRef")
def head_ref(pull: PullRequest, _info: Info) -> RefSource | None:
    if pull.head_repository is None:
        return None
    return reference(pull.head_repository, f"refs/heads/{pull.head_ref}")


@resolver("PullRequest", "headRefName")
def head_ref_name(pull: PullRequest, _info: Info) -> str:
    return pull.head_ref


@resolver("PullRequest", "headRefOid")
def head_ref_oid(pull: PullRequest, _info: Info) -> str:
    return pull.head_sha


@resolver("PullRequest", "headRepositoryOwner")
def head_repository_owner(pull: PullRequest, _info: Info) -> Account | None:
    return None if pull.head_repository is None else pull.head_repository.owner


@resolver("PullRequest", "isCrossRepository")
def is_cross_repository(pull: PullRequest, _info: Info) -> bool:
    return pull.cross_repository


@resolver("PullRequest", "mergeQueueEntry")
def merge_queue_entry(pull: PullRequest, _info: Info) -> MergeQueueEntry | None:
    queue = pull.repository.queues.get(pull.base_ref, [])
    return next((entry for entry in queue if entry.pull is pull), None)


@resolver("PullRequest", "isInMergeQueue")
def is_in_merge_queue(pull: PullRequest, info: Info) -> bool:
    return merge_queue_entry(pull, info) is not None


@resolver("PullRequest", "labels")
@resolver("Issue", "labels")
def labels(issue: Issue, info: Info, **arguments: Any) -> Connection:
    return connection(info, issue.labels, arguments)


@resolver("PullRequest", "additions")
def additions(pull: PullRequest, _info: Info) -> int:
    return sum(file.additions for file in pull_facts.files(pull))


@resolver("PullRequest", "deletions")
def deletions(pull: PullRequest, _info: Info) -> int:
    return sum(file.deletions for file in pull_facts.files(pull))


@resolver("PullRequest", "changedFiles")
def changed_files(pull: PullRequest, _info: Info) -> int:
    return len(pull_facts.files(pull))


@resolver("PullRequest", "mergeable")
def mergeable(pull: PullRequest, info: Info) -> str:
    known = pull_facts.mergeable(world_of(info), pull)
    return {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}[known]


@resolver("PullRequest", "mergeCommit")
def merge_commit(pull: PullRequest, _info: Info) -> CommitSource | None:
    return None if pull.merge_commit_sha is None else CommitSource(pull.repository, pull.merge_commit_sha)


@resolver("PullRequest", "files")
def files(pull: PullRequest, info: Info, **arguments: Any) -> Connection:
    behaviour = world_of(info).behaviour
    found = pull_facts.files(pull)
    listed = found[: behaviour.maximum_changed_files]
    total = len(found) if behaviour.graphql_files_total_is_true_count else len(listed)
    return connection(info, listed, arguments, total=total)


@resolver("PullRequestChangedFile", "changeType")
def change_type(file: ChangedFile, _info: Info) -> str:
    return CHANGE_TYPES[file.status]


@resolver("PullRequest", "reviews")
def reviews(pull: PullRequest, info: Info, **arguments: Any) -> Connection:
    states, author = arguments.get("states"), arguments.get("author")
    found = [
        review
        for review in pull.reviews
        if (not states or review.state in states)
        and (author is None or review.author.login.lower() == author.lower())
    ]
    return connection(info, found, arguments)


@resolver("PullRequest", "latestReviews")
def latest_reviews(pull: PullRequest, info: Info, **arguments: Any) -> Connection:
    latest = {review.author.id: review for review in pull.reviews}
    return connection(info, list(latest.values()), arguments)


@resolver("PullRequest", "latestOpinionatedReviews")
def latest_opinionated(pull: PullRequest, info: Info, **arguments: Any) -> Connection:
    found = latest_opinions(world_of(info), pull.reviews)
    if arguments.get("writersOnly"):
        found = [review for review in found if _can_push(info, review)]
    return connection(info, found, arguments)


def _can_push(info: Info, review: Review) -> bool:
    return has_role(world_of(info), review.pull.repository, review.author, "write")


@resolver("PullRequestReview", "authorCanPushToRepository")
def author_can_push(review: Review, info: Info) -> bool:
    return _can_push(info, review)


@resolver("PullRequestReview", "authorAssociation")
def review_association(review: Review, _info: Info) -> str:
    return author_association(review.pull.repository, review.author.id)


@resolver("PullRequestReview", "commit")
def review_commit(review: Review, _info: Info) -> CommitSource | None:
    repository = review.pull.repository
    if repository.git.kind_of(review.commit_id) != "commit":
        return None
    return CommitSource(repository, review.commit_id)


@resolver("PullRequestReview", "createdAt", "publishedAt")
def review_created(review: Review, _info: Info) -> Any:
    return review.submitted_at


@resolver("PullRequestReview", "url")
def review_url(review: Review, info: Info) -> str:
    return f"{issue_page(world_of(info), review.pull)}#pullrequestreview-{review.id}"


@resolver("PullRequestReview", "pullRequest")
@resolver("ReviewRequest", "pullRequest")
def owning_pull(source: Review | ReviewRequest, _info: Info) -> PullRequest:
    return source.pull


@resolver("PullRequestReview", "repository")
def review_repository(review: Review, _info: Info) -> Repository:
    return review.pull.repository


@resolver("PullRequest", "reviewRequests")
def review_requests(pull: PullRequest, info: Info, **arguments: Any) -> Connection:
    return connection(info, pull.review_requests, arguments)


@resolver("ReviewRequest", "requestedReviewer")
def requested_reviewer(request: ReviewRequest, _info: Info) -> Account | Team:
    return request.reviewer


@resolver("ReviewRequest", "asCodeOwner")
def as_code_owner(_request: ReviewRequest, _info: Info) -> bool:
    return False


@resolver("PullRequest", "commits")
def commits(pull: PullRequest, info: Info, **arguments: Any) -> Connection:
    need(info, pull.repository, "contents=read", "pull_requests=read")

    def render(oid: str) -> PullCommitSource:
        return PullCommitSource(pull, CommitSource(pull.repository, oid))

    return connection(info, pull_facts.commits(pull), arguments, render=render)


@resolver("PullRequestCommit", "url")
def pull_commit_url(source: PullCommitSource, info: Info) -> str:
    return f"{issue_page(world_of(info), source.pull_request)}/commits/{source.commit.oid}"


@resolver("PullRequest", "comments")
@resolver("Issue", "comments")
def comments(issue: Issue, info: Info, **arguments: Any) -> Connection:
    need(info, issue.repository, "issues=read", "pull_requests=read")
    return connection(info, issue.comments, arguments)


@resolver("PullRequest", "statusCheckRollup")
def pull_rollup(pull: PullRequest, info: Info) -> RollupSource | None:
    return rollup(CommitSource(pull.repository, pull.head_sha), info)
