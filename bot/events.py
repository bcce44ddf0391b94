"""One table: which event means which subject. Pure: a payload in, what it asks for out.

An event is only a trigger; the state itself is read afresh from GitHub. What cannot change a merge gate (our own
check runs, comments without a command, edited comments) asks for nothing and so costs no request.
Names and shapes of events: GitHub, "Webhook events and payloads".
"""

from __future__ import annotations

from bot.core.commands import RELEASE_VERBS, parse_commands
from bot.core.subjects import (
    CommitSubject,
    MergeGroupSubject,
    PullRequestSubject,
    ReleasesSubject,
    RepositorySubject,
    Subject,
)
from bot.interpretation import (
    CommandComment,
    Handler,
    Interpretation,
    Own,
    PullRequestSeen,
    Received,
)
from bot.payload import (
    LARGEST_NUMBER,
    Payload,
    branch_at,
    comment_at,
    full_name_at,
    items_at,
    login_at,
    moment_at,
    number_at,
    sha_at,
    text_at,
    title_at,
    value_at,
)
from bot.release_events import CHECK_PREFIX, RELEASE_TABLE, pushed_tag
from bot.repository_events import REPOSITORY_TABLE

POLICY_PATH = ".github/trackgate.yml"


def interpret(event: str, payload: Payload, own: Own) -> Interpretation:
    """What a delivery asks for.

    `event` is the X-GitHub-Event header, `payload` the parsed body. Never raises: a payload of an unexpected
    shape has nothing that we could look at, and says so in the reason.
    """
    action = text_at(payload, "action") or ""
    handler = TABLE.get((event, action)) or TABLE.get((event, "*"))
    if handler is None:
        return Interpretation(f"{event} {action}".strip() + " cannot change a gate")
    repository = full_name_at(payload, "repository", "full_name")
    if repository is None and event not in REPOSITORY_FREE:
        return Interpretation(f"{event} names no repository")
    return handler(Received(action, repository or "", payload, own))


def pull_request_changed(received: Received) -> Interpretation:
    """The pull request itself changed: look at it, and remember its head SHA."""
    seen = _pull_request_seen(received.repository, received.payload)
    if seen is None:
        return Interpretation("pull_request without number, head or base")
    sender = login_at(received.payload, "sender", "login")
    if received.action in OWN_DOINGS and received.own.slug and sender == f"{received.own.slug}[bot]":
        return Interpretation(OWN_DOINGS[received.action], pull_request=seen)
    if received.action == "edited" and value_at(received.payload, "changes", "base") is None:
        return Interpretation("edited, but not its base branch", pull_request=seen)
    return Interpretation(
        f"pull_request {received.action}",
        (PullRequestSubject(received.repository, seen.number),),
        pull_request=seen,
        concerns_releases=True,
    )


def review_changed(received: Received) -> Interpretation:
    """A review was submitted, edited or dismissed."""
    number = number_at(received.payload, "pull_request", "number", largest=LARGEST_NUMBER)
    if number is None:
        return Interpretation("review without a pull request")
    return Interpretation(f"review {received.action}", (PullRequestSubject(received.repository, number),))


def check_changed(received: Received) -> Interpretation:
    """A check run changed, or all are to run again. Asked by its commit: a fork's check names no pull request.

    A suite that ends says nothing that its check runs did not say.
    """
    check = value_at(received.payload, "check_run") or value_at(received.payload, "check_suite")
    sha = sha_at(check, "head_sha")
    if sha is None:
        return Interpretation("check without a head SHA")
    app_id = number_at(check, "app", "id")
    asked_to_run_again = received.action in ("rerequested", "requested_action")
    if received.own.app_id is not None and app_id == received.own.app_id and not asked_to_run_again:
        return Interpretation("our own check run")
    named = (
        number
        for pull_request in items_at(check, "pull_requests")
        if (number := number_at(pull_request, "number", largest=LARGEST_NUMBER)) is not None
        and number_at(pull_request, "base", "repo", "id") == number_at(received.payload, "repository", "id")
    )
    name = text_at(check, "name")
    changed = None if asked_to_run_again else name
    subject = CommitSubject(received.repository, sha, changed, tuple(dict.fromkeys(named)))
    return Interpretation(
        f"check {received.action}",
        (subject,),
        concerns_releases=name is None or name.startswith(CHECK_PREFIX),
    )


def status_changed(received: Received) -> Interpretation:
    """A commit status never satisfies a required check, but the gate says so where one tries to."""
    sha, context = sha_at(received.payload, "sha"), text_at(received.payload, "context")
    return Interpretation("status", (CommitSubject(received.repository, sha, context),) if sha else ())


def comment_created(received: Received) -> Interpretation:
    """Commands are obeyed when the comment was just created, by a human, and the sender wrote it."""
    comment, sender = value_at(received.payload, "comment"), login_at(received.payload, "sender", "login")
    number = number_at(received.payload, "issue", "number", largest=LARGEST_NUMBER)
    comment_id, node_id, writer = (
        number_at(comment, "id"),
        text_at(comment, "node_id"),
        login_at(comment, "user", "login"),
    )
    if number is None or comment_id is None or node_id is None or sender is None:
        return Interpretation("comment without issue, ID or sender")
    if text_at(received.payload, "sender", "type") != "User" or text_at(comment, "user", "type") != "User":
        return Interpretation("comment not by a human")
    if writer != sender:
        return Interpretation("comment not written by its sender")
    commands = parse_commands(comment_at(comment, "body") or "")
    if not commands:
        return Interpretation("comment without a command")
    on_pull_request = isinstance(value_at(received.payload, "issue", "pull_request"), dict)
    for_release = frozenset(
        place for place, one in enumerate(commands) if one.verb in RELEASE_VERBS or not on_pull_request
    )
    found = CommandComment(
        received.repository,
        number,
        comment_id,
        node_id,
        sender,
        commands,
        for_release,
        moment_at(comment, "created_at"),
    )
    subjects: list[Subject] = [ReleasesSubject(received.repository)] if for_release else []
    if len(for_release) < len(commands):
        subjects.append(PullRequestSubject(received.repository, number))
    return Interpretation("command", tuple(subjects), comment=found)


def merge_group_requested(received: Received) -> Interpretation:
    """A merge queue asks for the checks of one group of pull requests, on a head of its own."""
    group = value_at(received.payload, "merge_group")
    sha, base = sha_at(group, "head_sha"), branch_at(group, "base_ref")
    if sha is None or base is None:
        return Interpretation("merge group without head or base")
    branch = base.removeprefix("refs/heads/")
    return Interpretation("merge group", (MergeGroupSubject(received.repository, sha, branch),))


def branch_pushed(received: Received) -> Interpretation:
    """A push matters here when it may have changed the policy on a base branch.

    GitHub lists at most 2,048 commits of a push, and a forced push lists only the new ones; both are taken for
    a change. Pushes to a pull request's own branch come as pull_request synchronize. Any branch may be one that
    a release is armed for.
    """
    of_tag = pushed_tag(received)
    if of_tag is not None:
        return of_tag
    commits = items_at(received.payload, "commits")
    paths = (
        path for commit in commits for kind in ("added", "modified", "removed") for path in items_at(commit, kind)
    )
    may_have = value_at(received.payload, "forced") is True or len(commits) >= 2048 or POLICY_PATH in paths
    if not may_have or not (branch_at(received.payload, "ref") or "").startswith("refs/heads/"):
        return Interpretation("push that leaves the policy as it was", concerns_releases=True)
    subject = RepositorySubject(received.repository)
    return Interpretation("policy may have changed", (subject,), concerns_releases=True)


REPOSITORY_FREE = frozenset({"installation", "installation_repositories"})

OWN_DOINGS = {"review_requested": "our own review request", "unlabeled": "a label that we took off"}
"""What we do to pull requests ourselves, as its own evaluation knows already."""

PULL_REQUEST_ACTIONS = (
    "opened",
    "reopened",
    "synchronize",
    "edited",
    "ready_for_review",
    "converted_to_draft",
    "labeled",
    "unlabeled",
    "review_requested",
    "review_request_removed",
    "closed",
)

TABLE: dict[tuple[str, str], Handler] = {
    **RELEASE_TABLE,
    **{("pull_request", action): pull_request_changed for action in PULL_REQUEST_ACTIONS},
    ("pull_request_review", "submitted"): review_changed,
    ("pull_request_review", "edited"): review_changed,
    ("pull_request_review", "dismissed"): review_changed,
    ("check_run", "*"): check_changed,
    ("check_suite", "rerequested"): check_changed,
    ("status", "*"): status_changed,
    ("issue_comment", "created"): comment_created,
    ("merge_group", "checks_requested"): merge_group_requested,
    ("push", "*"): branch_pushed,
    **REPOSITORY_TABLE,
}


def _pull_request_seen(repository: str, payload: Payload) -> PullRequestSeen | None:
    pull_request = value_at(payload, "pull_request")
    number = number_at(pull_request, "number", largest=LARGEST_NUMBER)
    head, base = sha_at(pull_request, "head", "sha"), branch_at(pull_request, "base", "ref")
    if number is None or head is None or base is None:
        return None
    return PullRequestSeen(
        repository,
        number,
        head,
        base,
        is_open=text_at(pull_request, "state") == "open",
        is_draft=value_at(pull_request, "draft") is True,
        title=title_at(pull_request, "title") or "",
        author=login_at(pull_request, "user", "login") or "ghost",
    )
