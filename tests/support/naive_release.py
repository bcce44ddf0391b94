"""The release gate read off the rules as simply as possible, to hold the real one against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.core.release_model import ReleaseFacts
from tests.support.release_builders import NOW, STATEMENTS


def is_bound_naively(sha: str, facts: ReleaseFacts) -> bool:
    """Made for the target, or for an ancestor with nothing changed since but evidence."""
    if sha == facts.target_sha:
        return True
    one = facts.comparisons.get(sha)
    if one is None or not one.is_ancestor or not one.is_complete:
        return False
    return all(path.startswith("docs/project/evidence/") for path in one.changed_paths)


def signed_naively(facts: ReleaseFacts) -> bool:
    """Both people, both statements, not ended, bound."""
    given = {
        (one.login.lower(), one.statement)
        for one in facts.sign_offs
        if one.ended is None and is_bound_naively(one.commit_sha, facts)
    }
    return given >= {(login, statement) for login in ("raj", "mira") for statement in STATEMENTS}


def validated_naively(facts: ReleaseFacts) -> bool:
    """Of the files that name the release, are bound and not of the future, the newest says that all is well."""
    counting = [
        (file, file.document)
        for file in facts.evidence
        if file.document is not None and file.named_at is not None
        if facts.tag in (None, file.document.release) and is_bound_naively(file.document.commit, facts)
        if max(file.named_at, file.document.performed_at) <= NOW
    ]
    if not counting:
        return False
    _, told = max(counting, key=lambda one: (one[1].performed_at, one[0].path))
    age, app_age = NOW - told.performed_at, told.performed_at - told.test_app.created_at
    return (
        age <= timedelta(days=14)
        and timedelta(0) <= app_age <= timedelta(days=7)
        and told.environment == "staging"
        and told.operator.lower() in {"raj", "mira", "sofia", "maya", "priya", "lina"}
        and told.result == "pass"
        and set(told.scenarios.values()) == {"pass"}
        and told.test_app.id not in {use.app_id for use in facts.test_app_uses}
    )


def checked_naively(facts: ReleaseFacts) -> bool:
    """Nothing open, all documents, and each track's last change since the scope date green, or overridden."""
    if facts.open_pull_requests or not all(facts.documents.values()):
        return False
    for track, last in facts.tracks.items():
        arrived = None if last is None else last.pull_request.merged_at if last.pull_request else last.committed_at
        if track == "docs" or last is None or arrived is None or arrived < datetime(2026, 2, 19, 5, tzinfo=UTC):
            continue
        heads = [last.check_runs, last.pull_request.check_runs if last.pull_request else ()]
        newest = [[one for one in head if one.app_id == 15368][-1:] for head in heads]
        green = any(one.conclusion == "success" for head in newest for one in head)
        if not green and not any(one.track == track and one.expires_at > NOW for one in facts.overrides):
            return False
    return True


def is_open_naively(facts: ReleaseFacts) -> bool:
    """The whole gate, read off the rules as simply as possible."""
    tag, recorded = facts.existing_tag, facts.recorded_commit
    fits = tag is None or (tag.commit_sha == facts.target_sha and recorded == facts.target_sha)
    named = facts.tag is None or (facts.tag.startswith("v") and fits and recorded in (None, facts.target_sha))
    return (
        named
        and facts.is_on_branch
        and not facts.unreadable
        and checked_naively(facts)
        and validated_naively(facts)
        and signed_naively(facts)
    )
