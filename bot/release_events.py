"""What events mean for releases: tags, deployments, and comments that are gone. Pure, a part of `bot.events`."""

from __future__ import annotations

from bot.core.subjects import TagsSubject
from bot.interpretation import Handler, Interpretation, Received, RequestedDeployment
from bot.payload import branch_at, number_at, sha_at, text_at

TAG_PREFIX = "refs/tags/"
CHECK_PREFIX = "track / "
"""Only these checks can open a release, as their names can open a merge gate."""


def reference_changed(received: Received) -> Interpretation:
    """A branch or tag was made or deleted; the payload's `ref` is the bare name."""
    if text_at(received.payload, "ref_type") != "tag":
        return Interpretation("a branch was made or deleted")
    if _is_own(received):
        return Interpretation("our own tag")
    return Interpretation("tag made or deleted", (TagsSubject(received.repository),))


def release_changed(received: Received) -> Interpretation:
    """Somebody made or changed a GitHub release: one of an unauthorised tag goes back to draft."""
    if _is_own(received):
        return Interpretation("our own release")
    return Interpretation(f"release {received.action}", (TagsSubject(received.repository),))


def ruleset_changed(received: Received) -> Interpretation:
    """Somebody made, changed or deleted a ruleset: the one that protects release tags may be weaker now."""
    return Interpretation(f"ruleset {received.action}", (TagsSubject(received.repository, rulesets=True),))


def comment_deleted(received: Received) -> Interpretation:
    """A sign-off ends with the comment that gave it."""
    comment_id = number_at(received.payload, "comment", "id")
    if comment_id is None:
        return Interpretation("deleted comment without an ID")
    return Interpretation("comment deleted", deleted_comment=(received.repository, comment_id))


def deployment_requested(received: Received) -> Interpretation:
    """A deployment waits for the answer of our custom protection rule."""
    payload = received.payload
    environment = text_at(payload, "environment")
    ref, sha = branch_at(payload, "deployment", "ref"), sha_at(payload, "deployment", "sha")
    callback = text_at(payload, "deployment_callback_url")
    if environment is None or ref is None or sha is None or callback is None:
        return Interpretation("deployment without environment, ref, SHA or callback")
    requested = RequestedDeployment(received.repository, environment, ref, sha, callback)
    return Interpretation("deployment requested", deployment=requested)


def pushed_tag(received: Received) -> Interpretation | None:
    """A push of a tag; None for one of a branch."""
    if not (branch_at(received.payload, "ref") or "").startswith(TAG_PREFIX):
        return None
    if _is_own(received):
        return Interpretation("our own tag")
    return Interpretation("tag pushed", (TagsSubject(received.repository),))


def milestone_changed(received: Received) -> Interpretation:
    """A milestone says which release a pull request belongs to; the merge gate has no use for it."""
    return Interpretation(f"pull_request {received.action}", concerns_releases=True)


RELEASE_TABLE: dict[tuple[str, str], Handler] = {
    ("create", "*"): reference_changed,
    ("delete", "*"): reference_changed,
    **{("release", action): release_changed for action in ("published", "edited", "created", "released")},
    ("repository_ruleset", "*"): ruleset_changed,
    ("issue_comment", "deleted"): comment_deleted,
    ("deployment_protection_rule", "requested"): deployment_requested,
    ("pull_request", "milestoned"): milestone_changed,
    ("pull_request", "demilestoned"): milestone_changed,
}


def _is_own(received: Received) -> bool:
    sender = text_at(received.payload, "sender", "login")
    return received.own.slug is not None and sender == f"{received.own.slug}[bot]"
