"""`make run`: the whole of Trackgate on this machine.

With GITHUB_APP_ID and a private key it serves that App; without, a sandbox GitHub takes GitHub's place, a small
repository with six tracks is imported, and a story is told from six open pull requests to a tagged release. Ctrl-C
ends it; `--once` ends it after the story. Everything lives in `var/`; nothing is left running.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CalledProcessError

from demo.local import ServiceDidNotStartError, free_port, running_service, sandbox_github
from demo.source import make_repository
from demo.stage import REPOSITORY
from demo.telling import tell
from demo.terminal import Terminal

CREDENTIALS = ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_PRIVATE_KEY_FILE")
VAR = Path("var") / "run"
DEFAULT_PORT = 8000


def main() -> int:
    """Run until told to stop; the exit code is 0 when all went well."""
    # A key without an ID is for the real service as well, which says what is missing.
    if any(os.environ.get(name, "").strip() for name in CREDENTIALS):
        os.execv(sys.executable, [sys.executable, "-m", "bot.cli", "serve"])  # noqa: S606 - no shell, our own module
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _stop(told))
    try:
        with _only_one() as lock:
            _run(Terminal(), told, lock, once="--once" in sys.argv[1:])
    except KeyboardInterrupt:
        return 0
    except ServiceDidNotStartError as error:
        sys.stderr.write(f"make run: {error}\n")
        return 2
    except (TimeoutError, CalledProcessError) as error:
        sys.stderr.write(f"make run: {error}; the service's log is {VAR / 'service.log'}\n")
        return 1
    except BlockingIOError:
        sys.stderr.write("make run: it runs already in this folder; end the other one first\n")
        return 2
    return 0


@contextmanager
def _only_one() -> Iterator[int]:
    """The lock's file descriptor, for the service to hold too: what a killed run leaves keeps its folder.

    Raises BlockingIOError when another run has this folder.
    """
    VAR.parent.mkdir(exist_ok=True)
    with (VAR.parent / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lock.fileno()


def _stop(told: threading.Event) -> None:
    """The first signal ends the story or the waiting; both unwind and stop what they started."""
    told.set()
    raise KeyboardInterrupt


def _run(terminal: Terminal, told: threading.Event, lock: int, *, once: bool) -> None:
    # A story of its own each time: yesterday's pull requests would mean nothing to today's sandbox.
    shutil.rmtree(VAR, ignore_errors=True)
    VAR.mkdir(parents=True)
    port, secret = choose_port(terminal), secrets.token_hex(20)
    url = f"http://localhost:{port}"
    terminal.heading("Trackgate: sandbox GitHub, PostgreSQL and the service start on this machine …")
    with (
        tempfile.TemporaryDirectory(prefix="trackgate-") as folder,
        sandbox_github(Path(folder) / "github", url, secret) as (github, app),
        running_service(github, app, secret, port, VAR, VAR / "service.log", lock=lock) as service,
    ):
        github.import_repository(
            REPOSITORY,
            source=make_repository(Path(folder) / "source"),
            collaborators=dict.fromkeys(("raj", "mira", "sofia", "maya", "priya", "lina", "omar"), "write"),
        )
        github.install(app, REPOSITORY)
        if not once:
            terminal.line(f"  gates and their reasons   {service.url}/")
        terminal.line(f"  log of the service        {VAR / 'service.log'}")
        tell(github, app, service, terminal, VAR, is_going_on=not once)
        if not once:
            terminal.line("Ctrl-C stops everything.")
            told.wait()


def choose_port(terminal: Terminal) -> int:
    """PORT when it is set, as for the real service; else 8000, or any other that is free, which is said.

    Raises ServiceDidNotStartError for a PORT that is none, or that somebody has.
    """
    told = os.environ.get("PORT", "").strip()
    if not told:
        if _is_free(DEFAULT_PORT):
            return DEFAULT_PORT
        port = free_port()
        terminal.line(f"Port {DEFAULT_PORT} is in use: the service listens on {port} (set PORT to choose)")
        return port
    if not told.isdecimal() or not 1 <= int(told) <= 65535:
        raise ServiceDidNotStartError("PORT: must be a whole number from 1 to 65535")
    if not _is_free(int(told)):
        raise ServiceDidNotStartError(f"PORT: {told} is in use")
    return int(told)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
