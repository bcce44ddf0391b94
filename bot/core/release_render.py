"""A release's Decision → what people read of it: the one comment, the check run, the notes, the tag's message.

Nothing is decided here. All text that came from GitHub or a policy passes through `inert` or `code`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bot.core.inert import code, inert, ticked, visible
from bot.core.model import NextAction
from bot.core.release_model import ReleaseDecision, ReleaseItem, ReleaseRow
from bot.core.render import MARKS, next_line, table_code
from bot.core.titles import counted, shortened
from bot.core.words import State

RECORD_FILE = "trackgate-release-record.json"
"""The asset of the GitHub release that holds the signed record."""

MAXIMUM_ITEMS = 100
"""Lines of one row that a comment shows: a comment holds 65,536 characters."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What GitHub answered when the open gate was about to be acted on, and who can clear it away."""

    reason: str
    next_action: NextAction


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """Where a release stands beside its gate. `armed_by` is None for a mere report.

    `at` is the commit that a report was asked for, as it was named.
    """

    armed_by: str | None = None
    follows_head: bool = True
    is_released: bool = False
    is_cancelled: bool = False
    is_dry_run: bool = False
    at: str | None = None
    obstacle: Obstacle | None = None


def comment_marker(tag: str | None) -> str:
    """The hidden first line by which the App finds its own comment about a release again."""
    return f"<!-- trackgate release {sha256((tag or '').encode('utf-8', 'surrogatepass')).hexdigest()[:32]} -->"


def release_comment(
    decision: ReleaseDecision, status: ReleaseStatus, now: datetime, marker: str | None = None
) -> str:
    """The Markdown of the one comment that is kept up to date. Ages are whole days, so that it rarely changes.

    `marker` is its hidden first line, if it is not to be that of the tag's own comment.
    """
    name = code(decision.tag) if decision.tag else f"the head of {code(decision.release_branch)}"
    state = State.FAILURE if status.obstacle else decision.state
    parts = [
        marker or comment_marker(decision.tag),
        f"### {MARKS[state]} Release gate: {name} at {code(decision.target_sha[:12])}",
        _status_line(decision, status),
    ]
    if not status.is_released and not status.is_cancelled:
        parts.append(next_line(status.obstacle.next_action if status.obstacle else decision.next_action))
    if decision.problems:
        parts.append("\n".join(f"- {MARKS[one.state]} {inert(one.reason, 500)}" for one in decision.problems))
    if decision.rows:
        parts += [_table(decision.rows, now), *(_details(row, now) for row in decision.rows)]
    parts.append(f"Policy: {code(decision.policy_source)} {code(decision.policy_digest[:12] or 'invalid')}")
    return "\n\n".join(parts)


def gone_comment(tag: str, what: str, *, is_cancelled: bool = False) -> str:
    """The same comment where there is nothing to judge: the branch or the commit does not exist."""
    action = NextAction("the release leads", "restore it, or cancel this release")
    cancelled = _cancelled(tag)
    return "\n\n".join(
        [
            comment_marker(tag),
            f"### {MARKS[State.FAILURE]} Release gate: {code(tag)}",
            inert(f"{what} does not exist."),
            cancelled if is_cancelled else next_line(action),
        ]
    )


def release_check_title(decision: ReleaseDecision, status: ReleaseStatus) -> str:
    """The title of `gate/release`: it names the tag, since a commit may be the target of several."""
    if status.is_released:
        return shortened(f"Released: {decision.tag}")
    if status.is_cancelled:
        return shortened(f"Cancelled: {decision.tag}")
    if status.obstacle is not None:
        return shortened(f"{decision.tag}: Blocked: {status.obstacle.reason}")
    if decision.state is State.SUCCESS:
        return shortened(f"Tagging {decision.tag}")
    return shortened(f"{decision.tag}: {decision.title}")


def release_check_state(decision: ReleaseDecision, status: ReleaseStatus) -> State:
    """The state of `gate/release`: success only once the tag is made."""
    if status.is_released:
        return State.SUCCESS
    if status.obstacle is not None or status.is_cancelled:
        return State.FAILURE
    return State.IN_PROGRESS if decision.state is State.SUCCESS else decision.state


def release_check_summary(decision: ReleaseDecision, status: ReleaseStatus, now: datetime) -> str:
    """The Markdown summary of `gate/release`: the comment without its hidden line."""
    return release_comment(decision, status, now).partition("\n\n")[2]


def tag_message(decision: ReleaseDecision) -> str:
    """The message of the annotated tag: plain text, one line on each statement of fact."""
    people = "; ".join(f"{one.login}: {one.statement} at {one.commit_sha}" for one in decision.sign_offs)
    evidence = decision.evidence.path if decision.evidence else "none"
    lines = [
        f"Release {decision.tag}",
        "",
        f"Commit: {decision.target_sha}",
        f"Evidence: {evidence}",
        f"Sign-offs: {people}",
        f"Policy: {decision.policy_source} (SHA-256 {decision.policy_digest})",
        f"The signed record is the asset {RECORD_FILE} of the GitHub release.",
    ]
    return "\n".join(visible(line) for line in lines) + "\n"


def release_notes(decision: ReleaseDecision, now: datetime) -> str:
    """The Markdown body of the GitHub release. `now` is when the gate was found open."""
    tag = decision.tag or ""
    parts = [
        f"Tagged by the release gate at {code(decision.target_sha)}.",
        _table(decision.rows, now),
        f"The signed record is attached as {code(RECORD_FILE)}. To check it:",
        f"{code(f'trackgate verify {tag} --record {RECORD_FILE} --public-key <file>')}",
    ]
    if decision.overrides:
        used = "; ".join(f"{one.track} by {one.by} and {one.confirmed_by}" for one in decision.overrides)
        parts.insert(2, f"Overridden checks: {inert(used, 1000)}")
    return "\n\n".join(parts)


def _status_line(decision: ReleaseDecision, status: ReleaseStatus) -> str:
    tag = code(decision.tag or "")
    if status.is_released:
        return (
            f"**Released.** {tag} is tagged at {code(decision.target_sha)}; the record is attached to the release."
        )
    if status.is_cancelled:
        return f"{_cancelled(decision.tag or '')}"
    if status.obstacle is not None:
        return f"**Open, but GitHub said no:** {inert(status.obstacle.reason, 500)}"
    if status.armed_by is not None:
        what = f"the head of {code(decision.release_branch)}" if status.follows_head else "this commit"
        return f"**Armed** by {inert(status.armed_by)}: {what} is tagged as soon as the gate is open."
    mode = "A dry run: nothing is changed. " if status.is_dry_run else ""
    return f"{mode}{_verdict(decision)} To release: {code(_command(decision, status))}"


def _cancelled(tag: str) -> str:
    action = NextAction("a release lead", f"comment `/gate release {tag}` to arm it again")
    return f"**Cancelled.** {code(tag)} is not armed any more. {next_line(action)}"


def _verdict(decision: ReleaseDecision) -> str:
    if decision.state is not State.SUCCESS:
        return "It cannot be released yet."
    named = decision.evidence.document.release if decision.evidence and decision.evidence.document else None
    as_named = f" as {code(named)}, which the evidence names" if decision.tag is None and named else ""
    return f"It could be released now{as_named}."


def _command(decision: ReleaseDecision, status: ReleaseStatus) -> str:
    """What to comment to release just what was judged."""
    named = decision.evidence.document.release if decision.evidence and decision.evidence.document else "<tag>"
    at = f" at {status.at}" if status.at is not None else ""
    return f"/gate release {decision.tag or named}{at}"


def _table(rows: Iterable[ReleaseRow], now: datetime) -> str:
    lines = ["| | row | state | age | next |", "|---|---|---|---|---|"]
    for row in rows:
        action = f"{inert(row.next_action.owner)}: {ticked(row.next_action.action)}" if row.next_action else ""
        age = age_words(row.since, now)
        lines.append(f"| {MARKS[row.state]} | {row.kind.value} | {inert(row.reason, 400)} | {age} | {action} |")
    return "\n".join(lines)


def _details(row: ReleaseRow, now: datetime) -> str:
    if not row.items:
        return f"{row.kind.value.capitalize()}: nothing to list."
    lines = [f"<details><summary>{row.kind.value.capitalize()}</summary>", "", *_item_lines(row.items, now)]
    return "\n".join([*lines, "", "</details>"])


def _item_lines(items: tuple[ReleaseItem, ...], now: datetime) -> list[str]:
    lines = ["| | | state | age |", "|---|---|---|---|"]
    for item in items[:MAXIMUM_ITEMS]:
        reason, age = inert(item.reason, 400), age_words(item.since, now)
        mark = "–" if item.is_aside else MARKS[item.state]
        lines.append(f"| {mark} | {table_code(item.subject)} | {reason} | {age} |")
    if len(items) > MAXIMUM_ITEMS:
        lines.append(f"| … | | {counted(len(items) - MAXIMUM_ITEMS, 'more line')} | |")
    return lines


def age_words(since: datetime | None, now: datetime) -> str:
    """How old something is, in whole days, with its date; nothing when that is not known."""
    if since is None:
        return ""
    days = max(now - since, timedelta(0)).days
    day = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{'today' if days == 0 else counted(days, 'day')} ({day})"
