"""Running git: one-shot commands, and the long-lived `cat-file --batch` that makes reads quick."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path


class GitError(Exception):
    """git refused or could not; the text is git's own, for tests and logs only."""


class MissingObjectError(GitError):
    """No such object in the repository."""


def environment() -> dict[str, str]:
    """git without the machine's and the user's settings, in English, never asking anything."""
    settings = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": os.devnull}
    options = {
        "safe.directory": "*",
        "gc.auto": "0",
        "maintenance.auto": "false",
        "core.quotePath": "false",
        "protocol.file.allow": "always",
    }
    for index, (key, value) in enumerate(options.items()):
        settings[f"GIT_CONFIG_KEY_{index}"] = key
        settings[f"GIT_CONFIG_VALUE_{index}"] = value
    return settings | {
        "GIT_CONFIG_COUNT": str(len(options)),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
    }


def run_git(*arguments: str, data: bytes | None = None, at: Path | None = None) -> bytes:
    """Run one git command and return what it prints; raises GitError with git's message."""
    command = ["git", *([f"--git-dir={at}"] if at else []), *arguments]
    result = subprocess.run(command, input=data, capture_output=True, env=environment(), check=False)
    if result.returncode != 0:
        raise GitError(result.stderr.decode("utf-8", "replace").strip() or f"git {arguments[0]} failed")
    return result.stdout


def serve_fetch(directory: Path, data: bytes, protocol: str, *arguments: str) -> bytes:
    """What `git upload-pack` answers to one request of a fetch over HTTP; `protocol` is the client's version."""
    command = ["git", "upload-pack", "--stateless-rpc", *arguments, str(directory)]
    settings = environment() | ({"GIT_PROTOCOL": protocol} if protocol else {})
    result = subprocess.run(command, input=data, capture_output=True, env=settings, check=False)
    return result.stdout


class ObjectReader:
    """Reads objects by name through one `git cat-file --batch` process; safe to share between threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, name: str) -> tuple[str, str, bytes]:
        """The (object ID, type, content) of an object; raises MissingObjectError."""
        if not name or any(character in name for character in "\n\r\0 "):
            raise MissingObjectError(name)
        with self._lock:
            process = self._running()
            if process.stdin is None or process.stdout is None:
                raise GitError("cat-file has no pipes")
            process.stdin.write(name.encode() + b"\n")
            process.stdin.flush()
            header = process.stdout.readline().decode("utf-8", "replace").split()
            if len(header) != 3 or not header[2].isdigit():
                raise MissingObjectError(name)
            content = process.stdout.read(int(header[2]))
            process.stdout.read(1)
        return header[0], header[1], content

    def close(self) -> None:
        """End the process."""
        with self._lock:
            process, self._process = self._process, None
            if process is None:
                return
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                ["git", f"--git-dir={self._directory}", "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
            )
        return self._process
