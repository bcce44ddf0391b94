"""What GitHub shows of a release: the check run on its target, and the one comment that is edited in place."""

from __future__ import annotations

from hashlib import sha256

import structlog

from bot.core.effects import RELEASE_GATE, Shown, gate_run
from bot.core.release_render import (
    ReleaseStatus,
    comment_marker,
    release_check_state,
    release_check_summary,
    release_check_title,
    release_comment,
)
from bot.github_api.client import Installation
from bot.github_api.errors import Forbidden, NotFound, Refused
from bot.posting import write_all
from bot.release_reading import JudgedRelease
from bot.services import Services
from bot.store.report_comments import ReportComment, note_gone, note_shown, report_comment

_log = structlog.stdlib.get_logger(__name__)


def show_check(
    services: Services, installation: Installation, judged: JudgedRelease, status: ReleaseStatus
) -> None:
    """Make `gate/release` on the target say where the release stands; nothing is written that is there already."""
    decision, now = judged.decision, services.clock()
    shown = Shown(
        release_check_state(decision, status),
        release_check_title(decision, status),
        release_check_summary(decision, status, now),
    )
    post = gate_run(RELEASE_GATE, decision.target_sha, shown, judged.reading.own_check_runs)
    if post is not None:
        page = services.page_of_releases(decision.repository)
        write_all(installation, judged.reading.handles, [post], page)


def show_report(
    services: Services,
    installation: Installation,
    judged: JudgedRelease,
    status: ReleaseStatus,
    tag: str | None,
    issue_number: int,
) -> None:
    """Keep the comment about the release `tag` up to date; without a tag, the one of reports on this issue."""
    body = release_comment(judged.decision, status, services.clock(), comment_marker(tag))
    repository, reading = judged.decision.repository, judged.reading
    subject = reading.handles.pull_request_node_id if judged.read.plan.issue == issue_number else None
    show_comment(services, installation, repository, tag, issue_number, body, subject)


def show_comment(
    services: Services,
    installation: Installation,
    repository: str,
    tag: str | None,
    issue_number: int,
    body: str,
    subject_node_id: str | None = None,
) -> None:
    """Make the comment say `body`, which starts with its marker; nothing is written that is there already.

    The comment is noted before it is made. One that is noted and has no node may have been made just before a
    crash, or behind a lost answer: it is looked for by its marker before it would be made a second time.
    `subject_node_id` is the issue's or pull request's, if it was read already.
    """
    digest = sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    with services.database.transaction() as connection:
        comment = report_comment(connection, repository, tag or "", issue_number)
    if comment.comment_node_id is not None and comment.digest == digest:
        return
    if comment.issue_number != issue_number:
        subject_node_id = None
    try:
        node_id = _write_comment(services, installation, comment, comment_marker(tag), body, subject_node_id)
    except (Forbidden, NotFound, Refused) as error:
        # A conversation may be locked, or deleted just now: neither this release nor another one waits for that.
        _log.warning("comment refused", issue=comment.issue_number, error=str(error))
        return
    if node_id is None:
        return
    with services.database.transaction() as connection:
        note_shown(connection, comment, node_id, digest)


def _write_comment(
    services: Services,
    installation: Installation,
    comment: ReportComment,
    marker: str,
    body: str,
    subject_node_id: str | None,
) -> str | None:
    """Edit the comment, or make it where it is not there; its node ID. None: there is no place to say anything."""
    node_id = comment.comment_node_id
    if node_id is None and not comment.is_new:
        found = installation.find_own_comment(comment.repository, comment.issue_number, marker)
        node_id = None if found is None else found.node_id
    if node_id is not None:
        try:
            installation.update_comment(node_id, body)
        except NotFound:  # somebody deleted it
            with services.database.transaction() as connection:
                note_gone(connection, comment)
        else:
            return node_id
    if subject_node_id is None:
        issue = installation.read_issue(comment.repository, comment.issue_number)
        if issue is None:  # deleted, or transferred with everything in it
            return None
        subject_node_id = issue.node_id
    return installation.add_comment(subject_node_id, body).node_id
