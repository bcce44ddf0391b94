"""The processes of `trackgate serve`: started together, and stopped together when one of them ends."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType


@dataclass(frozen=True, slots=True)
class Child:
    """One process to run. `patience`: seconds it gets after SIGTERM to finish what it is at."""

    name: str
    command: tuple[str, ...]
    patience: float = 9.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended the whole: a signal to us, or (with its exit code) one of the children."""

    name: str
    code: int
    by_signal: bool = False


def ending_with_us(command: Sequence[str], signal_name: str = "TERM", *options: str) -> list[str]:
    """`command`, which the kernel signals when our thread ends, however it ends; on Linux with util-linux."""
    setpriv = shutil.which("setpriv")
    return list(command) if setpriv is None else [setpriv, "--pdeathsig", signal_name, *options, *command]


def run_children(children: Sequence[Child], environment: Mapping[str, str]) -> Ended:
    """Run all `children` until one ends, or until SIGTERM or SIGINT; then stop the others, all at once.

    None needs another to stop well: what one leaves undone lies in the database. So the whole takes as long as
    the slowest, at most its patience; what did not stop by then is killed. Call it from the main thread.
    """
    events: queue.SimpleQueue[Ended] = queue.SimpleQueue()
    running: list[tuple[Child, subprocess.Popen[bytes]]] = []
    with _signals_go_to(events):
        try:
            for child in children:
                # A session of its own: Ctrl-C in the terminal is for us, and we stop them in order.
                process = subprocess.Popen(
                    ending_with_us(child.command), env=dict(environment), start_new_session=True
                )
                running.append((child, process))
                threading.Thread(target=_report_end, args=(child, process, events), daemon=True).start()
            return events.get()
        finally:
            told = time.monotonic()
            for _, process in running:
                process.terminate()
            for child, process in running:
                _wait_for_end(process, told + child.patience)
                _kill_left_over(process)


def _report_end(child: Child, process: subprocess.Popen[bytes], events: queue.SimpleQueue[Ended]) -> None:
    events.put(Ended(child.name, process.wait()))


def _wait_for_end(process: subprocess.Popen[bytes], deadline: float) -> None:
    """Wait until `deadline`, a time of the monotonic clock; then kill."""
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _kill_left_over(process: subprocess.Popen[bytes]) -> None:
    """What a child that was killed left running of its own, such as a web server's workers that keep the port."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # each child leads a session, and so a group, of its own


@contextmanager
def _signals_go_to(events: queue.SimpleQueue[Ended]) -> Iterator[None]:
    def tell(number: int, _frame: FrameType | None) -> None:
        events.put(Ended(signal.Signals(number).name, 0, by_signal=True))

    before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
