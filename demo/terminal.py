"""What the story looks like: rich on a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

_STYLES = {"success": "green", "in_progress": "yellow", "failure": "red"}
_MARKS = {"success": "open", "in_progress": "waiting", "failure": "closed"}
_WIDEST = 118


class Shown(NamedTuple):
    """What GitHub shows of a gate or of one of its rows: a check run's state, and a line of text."""

    state: str
    text: str


class Terminal:
    """Prints each step as it happens. Text of others is never read as markup."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def heading(self, text: str) -> None:
        """A line that stands out."""
        self._console.print(Text(text, style="bold"))

    def line(self, text: str = "") -> None:
        """A plain line."""
        self._console.print(Text(text))

    def act(self, text: str) -> None:
        """Somebody does something on GitHub."""
        self._console.print()
        self._console.print(Text("→ ", style="bold cyan") + Text(text, style="bold"))

    def detail(self, text: str) -> None:
        """A detail of what was just done, or of what came of it; a long one is cut."""
        self._console.print(_cut(Text(f"    {text}", style="dim")))

    def explain(self, text: str) -> None:
        """Why the gate said what it said."""
        self._console.print(Text(f"    ({text})", style="italic"))

    def asked(self, number: int, people: list[str]) -> None:
        """Who is asked to review a pull request."""
        self._console.print(Text(f"    #{number} is asked of: {', '.join(people) or 'nobody'}"))

    def shown(self, gates: Mapping[str, Shown]) -> None:
        """What GitHub shows now: gates, or rows of one, each with its state."""
        width = max((len(name) for name in gates), default=0)
        for name, (state, text) in gates.items():
            mark = Text(f"{_MARKS.get(state, state):>8}", style=_STYLES.get(state, ""))
            self._console.print(_cut(Text("    ") + mark + Text(f"  {name:<{width}}  {text}")))


def _cut(line: Text) -> Text:
    line.truncate(_WIDEST, overflow="ellipsis")
    return line
