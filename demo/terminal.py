"""What the story looks like: rich on a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

_STYLES = {"success": "green", "in_progress": "yellow", "failure": "red"}
_MARKS = {"success": "open", "in_progress": "waiting", "failure": "closed"}


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
        """A detail of what was just done."""
        self._console.print(Text(f"    {text}", style="dim"))

    def explain(self, text: str) -> None:
        """Why the gate said what it said."""
        self._console.print(Text(f"    ({text})", style="italic"))

    def gates(self, number: int, gates: Mapping[str, tuple[str, str]], asked: list[str]) -> None:
        """What GitHub shows on a pull request now."""
        self._console.print(Text(f"    #{number} is asked of: {', '.join(asked) or 'nobody'}"))
        for name in sorted(gates, key=lambda name: (name != "gate", name)):
            state, title = gates[name]
            mark = Text(f"{_MARKS.get(state, state):>8}", style=_STYLES.get(state, ""))
            self._console.print(Text("    ") + mark + Text(f"  {name:<14} {title}"))
