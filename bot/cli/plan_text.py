"""A plan as people read it: tables on a terminal, aligned plain lines in a pipe or a file. Same words in both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.plan_report import PlanReport, Reviewer
from bot.core.model import State
from bot.core.titles import counted

_STYLES = {State.SUCCESS: "green", State.IN_PROGRESS: "yellow", State.FAILURE: "bold red"}


@dataclass(frozen=True, slots=True)
class Section:
    """One table: its title, its columns' names, its rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def visible(text: str) -> str:
    """Text from a repository without anything a terminal obeys: that is escaped, as `\\n` or `\\x1b`."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def heading(report: PlanReport) -> list[str]:
    """What was compared, and by which policy."""
    name = f"{report.repository}: " if report.repository else ""
    changed = f"{counted(report.changed_files, 'file')}, {counted(report.changed_lines, 'line')}"
    return [
        f"{name}{report.head[:7]} into {report.base_branch} {report.base[:7]}, "
        f"from merge base {report.merge_base[:7]}: {changed}",
        f"Policy {report.policy.name}: {report.policy.source} ({report.policy.digest[:12]})",
    ]


def sections(report: PlanReport) -> list[Section]:
    """All tables that have rows, in the order in which a reader needs them."""
    found = [
        Section(
            "Must change first",
            ("what", "why", "next"),
            tuple(
                (item.subject, item.reason, f"{item.next_action.owner}: {item.next_action.action}")
                if item.next_action
                else (item.subject, item.reason, "")
                for item in report.problems
            ),
        ),
        Section(
            "Tracks",
            ("track", "paths", "purpose"),
            tuple((track.name, str(track.files), track.purpose) for track in report.tracks),
        ),
        Section("Who must approve", ("login", "for", "why"), tuple(map(_reviewer, report.reviewers))),
        Section("Required checks", ("check run", "step", "command"), tuple(_checks(report))),
        Section(
            "Required documents",
            ("document", "state"),
            tuple(
                (document.path, "there" if document.present else "missing")
                for track in report.tracks
                for document in track.documents
            ),
        ),
        Section(
            "Why each path",
            ("path", "track", "why"),
            tuple((path.path, path.track or "outside all tracks", path.reason) for path in report.paths),
        ),
    ]
    return [section for section in found if section.rows]


def plain_text(report: PlanReport) -> str:
    """The whole answer as lines, each table's columns aligned."""
    parts = ["\n".join(map(visible, [*heading(report), report.title]))]
    parts += ["\n".join(_plain_table(section)) for section in sections(report)]
    if report.notes:
        parts.append("\n".join(map(visible, report.notes)))
    return "\n\n".join(parts) + "\n"


def print_tables(report: PlanReport, console: Console) -> None:
    """The whole answer as tables, for a terminal."""
    for line in heading(report):
        console.print(Text(visible(line)))
    console.print(Text(visible(report.title), style=_STYLES[report.state]))
    for section in sections(report):
        table = Table(title=section.title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
        for column in section.columns:
            table.add_column(column, overflow="fold")
        for row in section.rows:
            table.add_row(*(Text(visible(cell)) for cell in row))
        console.print(table)
    for note in report.notes:
        console.print(Text(visible(note), style="dim"))


def _reviewer(reviewer: Reviewer) -> tuple[str, str, str]:
    story = "; ".join([reviewer.because, *reviewer.passed_over])
    return reviewer.login or "nobody", reviewer.track or "everything", story


def _checks(report: PlanReport) -> Iterator[tuple[str, str, str]]:
    for track in report.tracks:
        if track.check is not None:
            for step, command in enumerate(track.check.commands, 1):
                yield (track.check.name if step == 1 else "", str(step), command)


def _plain_table(section: Section) -> Iterable[str]:
    """Two blanks before each row and between columns; the last column is as long as it is."""
    rows = [tuple(map(visible, row)) for row in section.rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    yield section.title
    for row in rows:
        cells = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        yield "  " + "  ".join(cells).rstrip()
