"""Workers that start at once: a process that has imported everything forks each of them.

    python -m tests.support.forked_workers

It reads lines of JSON from its standard input, each with the `log` to write to, and answers each with a process
ID. What it forks is a worker as any other, in a session of its own, which ends when this process does. It exists
since importing everything costs more than a second of a processor, and a storm kills workers again and again.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bot.children import ending_with_us
from tests.support import quick_worker

ROOT = Path(__file__).parents[2]
PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass
class ForkedWorkers:
    """The process that forks workers, as the test sees it. `environment` is that of all of them."""

    environment: Mapping[str, str]
    _process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        """Start it; it imports while the test goes on."""
        self._process = subprocess.Popen(
            ending_with_us([sys.executable, "-m", __spec__.name], "KILL"),
            env=dict(self.environment),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, log: Path) -> psutil.Process:
        """A new worker."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"log": str(log)}), file=self._process.stdin, flush=True)
        return psutil.Process(int(self._process.stdout.readline()))

    def close(self) -> None:
        """End it, and with it whatever it forked."""
        self._process.kill()
        self._process.communicate()


@dataclass
class ForkedWorker:
    """One worker, which can be killed and started again."""

    workers: ForkedWorkers
    log: Path
    _process: psutil.Process | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it, unless it runs."""
        if self._process is None or not self._process.is_running():
            self._process = self.workers.start(self.log)

    def kill(self) -> None:
        """SIGKILL it; returns when it is gone."""
        if self._process is not None:
            with suppress(psutil.NoSuchProcess):
                self._process.kill()
            self._process.wait(10)

    def stop(self) -> None:
        """The same: what stops in peace is shown elsewhere."""
        self.kill()


def _fork(log: str) -> int:
    child = os.fork()
    if child:
        return child
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(output, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        quick_worker.main()
    finally:
        os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps what has ended
    for line in sys.stdin:
        print(_fork(json.loads(line)["log"]), flush=True)  # noqa: T201 - the answer
