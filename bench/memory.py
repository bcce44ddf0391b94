"""How much memory processes hold, in MB of 1,000,000 bytes.

RSS is what a process has in memory, shared pages in full: what a limit of a container or a host counts for one
process. PSS divides shared pages by those who share them, so that PSS can be added up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one process, or the sum over several."""

    rss: float
    pss: float


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    root = psutil.Process(pid)
    return [pid, *(child.pid for child in root.children(recursive=True))]


def memory_of(pids: Iterable[int]) -> list[Memory]:
    """Each process that still runs; where the system tells no PSS, RSS stands in its place."""
    found = []
    for pid in pids:
        try:
            full = psutil.Process(pid).memory_full_info()
        except psutil.NoSuchProcess:
            continue
        found.append(Memory(full.rss / MEGABYTE, getattr(full, "pss", full.rss) / MEGABYTE))
    return found


def processor_seconds(pids: Iterable[int]) -> float:
    """The processor time that these processes have used so far, in user and system mode."""
    total = 0.0
    for pid in pids:
        try:
            times = psutil.Process(pid).cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total
