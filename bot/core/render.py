"""A Decision → what people read of it on GitHub: the check runs' summaries and the answers to commands.

Check run, comment and page all show the same Decision; nothing is decided here. All text that came from GitHub
or a policy passes through `inert` or `code`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core.commands import USAGE, ParsedCommand
from bot.core.inert import code, inert, ticked
from bot.core.model import Decision, NextAction, PathReason, Requirement, Slot, State, TrackGate
from bot.core.titles import counted

MAXIMUM_PATHS = 200
"""Paths shown in a check run; the page shows all of them."""

MARKS = {State.SUCCESS: "✅", State.IN_PROGRESS: "🕓", State.FAILURE: "❌"}


def gate_summary(decision: Decision) -> str:
    """The Markdown summary of the check run `gate`."""
    parts = [next_line(decision.next_action)]
    if decision.requirements:
        parts += ["### The whole pull request", requirement_table(decision.requirements)]
    for track in decision.tracks:
        parts += [
            f"### {MARKS[track.state]} Track {code(track.track)}",
            requirement_table(track.requirements),
        ]
    if decision.paths:
        parts += ["### Why each path", _paths(decision.paths)]
    parts.append(f"Policy: {code(decision.policy_source)} {code(decision.policy_digest[:12] or 'invalid')}")
    return "\n\n".join(parts)


def track_summary(track: TrackGate, decision: Decision) -> str:
    """The Markdown summary of the check run `gate/<track>`."""
    own = [path for path in decision.paths if path.track == track.track]
    commands = "\n".join(f"1. {code(command)}" for command in track.commands)
    parts = [inert(track.purpose), next_line(track.next_action), requirement_table(track.requirements)]
    if commands:
        parts += ["### Its commands, in order", commands]
    return "\n\n".join([*parts, "### Its paths", _paths(own)])


def status_comment(decision: Decision) -> str:
    """The answer to `/gate status`."""
    head = f"{MARKS[decision.state]} **{inert(decision.title)}** at {code(decision.head_sha[:7])}"
    rows = [item for item in decision.requirements if item.state is not State.SUCCESS]
    rows += [item for track in decision.tracks for item in track.requirements if item.state is not State.SUCCESS]
    return "\n\n".join([head, next_line(decision.next_action), *([requirement_table(rows)] if rows else [])])


def help_comment() -> str:
    """The answer to `/gate help`."""
    lines = ["| command | what it does | who may |", "|---|---|---|"]
    for verb, (arguments, meaning, who) in USAGE.items():
        lines.append(f"| `{' '.join(filter(None, ('/gate', verb.value, arguments)))}` | {meaning} | {who} |")
    return "\n".join(lines)


def unknown_command_comment(command: ParsedCommand) -> str:
    """The answer to a command that does not exist."""
    meant = f" Did you mean `/gate {command.nearest.value}`?" if command.nearest else ""
    return f"There is no command {code(command.word, 60)}.{meant} `/gate help` lists them all."


def next_line(action: NextAction | None) -> str:
    """The one next action, with its owner."""
    if action is None:
        return "Nothing is missing."
    return f"**Next:** {inert(action.owner)}: {ticked(action.action)}."


def requirement_table(requirements: Iterable[Requirement]) -> str:
    """Requirements as a Markdown table: state, what, why."""
    lines = ["| | needs | state |", "|---|---|---|"]
    for item in requirements:
        lines.append(f"| {MARKS[item.state]} | {_what(item)} | {inert(item.reason)} |")
    return "\n".join(lines)


def slot_story(slot: Slot) -> str:
    """Why this approval is needed, and why of this person."""
    return "; ".join(filter(None, (slot.because, *slot.passed)))


def _what(item: Requirement) -> str:
    if item.slot is None:
        return f"{item.kind.value} {table_code(item.subject)}"
    return f"approval of {inert(item.subject)} ({inert(slot_story(item.slot))})"


def _paths(paths: Sequence[PathReason]) -> str:
    lines = ["| path | track | why |", "|---|---|---|"]
    for path in paths[:MAXIMUM_PATHS]:
        track = code(path.track) if path.track else "outside all tracks"
        lines.append(f"| {table_code(path.path)} | {track} | {inert(path.reason)} |")
    if len(paths) > MAXIMUM_PATHS:
        lines.append(f"| … | | {counted(len(paths) - MAXIMUM_PATHS, 'more path')}, all on the page |")
    return "\n".join(lines)


def table_code(text: str) -> str:
    """A code span inside a table, where a bare `|` would end the cell even in code."""
    return code(text).replace("|", "\\|")
