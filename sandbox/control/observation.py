"""Commands that look at what happened, and that make GitHub slow, broken or different."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from ..clock import iso
from ..faults import Fault
from .registry import command

if TYPE_CHECKING:
    from ..sandbox import Sandbox


@command
def behaviour(github: Sandbox, **changes: Any) -> dict[str, Any]:
    """Change switches of `Behaviour` by their names; all of them as they are then."""
    known = {field.name for field in fields(github.behaviour)}
    unknown = sorted(set(changes) - known)
    if unknown:
        raise ValueError(f"there is no switch {', '.join(unknown)}")
    for name, value in changes.items():
        setattr(github.behaviour, name, tuple(value) if isinstance(value, list) else value)
    return asdict(github.behaviour)


@command
def add_fault(github: Sandbox, **given: Any) -> int:
    """Set a fault by the fields of `Fault`, all but `meanwhile`; its number, for `fault_left`."""
    if "meanwhile" in given:
        raise ValueError("another process cannot give a function")
    fault = github.faults.add(Fault(**given))
    return github.faults.number_of(fault)


@command
def fault_left(github: Sandbox, fault: int) -> int | None:
    """How many more requests a fault will hit; None is for ever."""
    return github.faults.numbered(fault).times


@command
def clear_faults(github: Sandbox) -> None:
    """Take all faults away."""
    github.faults.clear()


@command
def requests(
    github: Sandbox,
    since: int = 0,
    token_kind: str | None = None,
    login: str | None = None,
    kind: str | None = None,
) -> list[dict[str, Any]]:
    """The request log from its record `since` on, as `RequestRecord` has it."""
    found = github.requests.records(token_kind=token_kind, login=login, kind=kind)
    return [asdict(record) for record in found[since:]]


@command
def request_counts(github: Sandbox) -> dict[str, int]:
    """Counts by kind of token and kind of request."""
    return github.requests.counts()


@command
def reset_requests(github: Sandbox) -> None:
    """Forget the requests so far."""
    github.requests.reset()


@command
def advance_clock(github: Sandbox, seconds: float) -> str:
    """Let time pass at once; the time then."""
    github.clock.advance(seconds)
    return iso(github.clock.now())


@command
def crashes(github: Sandbox) -> list[str]:
    """Tracebacks of the sandbox's own faults."""
    return list(github.crashes)


@command
def export(github: Sandbox, repositories: Sequence[str] | None = None) -> dict[str, Any]:
    """All that people can see, as `sandbox.export` has it."""
    return github.export(repositories)


@command
def peaks(github: Sandbox) -> dict[str, dict[str, int]]:
    """The highest use of each secondary limit, by installation and App."""
    return github.limits.peaks()


@command
def violations(github: Sandbox) -> list[dict[str, Any]]:
    """Each request that was beyond a secondary limit."""
    return [asdict(violation) for violation in github.limits.violations()]


@command
def reset_limits(github: Sandbox) -> None:
    """Forget what was used of the secondary limits."""
    github.limits.reset()


@command
def set_clock_offset(github: Sandbox, seconds: float) -> str:
    """Go before (or behind) the machine's clock by so much; the time then."""
    github.clock.set_offset(seconds)
    return iso(github.clock.now())
