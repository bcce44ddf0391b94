"""Real git repositories for tests of what reads them: made by git, apart from the settings of whoever runs it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_AUTHOR_DATE": "2026-02-19T12:00:00Z",
    "GIT_COMMITTER_DATE": "2026-02-19T12:00:00Z",
}

LINES = "".join(f"line {number}\n" for number in range(40))
"""Enough contents that git sees where it went."""


class LocalRepository:
    """One repository with a working tree, on branch `main` at first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str | bytes, stdin: bytes = b"") -> str:
        """Run git here; its answer without the last line end."""
        run = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            check=False,
            env=os.environ | SETTINGS,
        )
        assert run.returncode == 0, run.stderr.decode(errors="replace")
        return run.stdout.decode(errors="replace").rstrip("\n")

    def commit(self, files: Mapping[str | bytes, str | bytes | None] | None = None) -> str:
        """Write (None: remove) files and commit all that changed; the new SHA."""
        for name, contents in (files or {}).items():
            path = os.path.join(os.fsencode(self.folder), os.fsencode(name))  # noqa: PTH118 - bytes have no Path
            if contents is None:
                os.unlink(path)  # noqa: PTH108
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
            with open(path, "wb") as file:  # noqa: PTH123
                file.write(contents if isinstance(contents, bytes) else contents.encode())
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str = "feature") -> None:
        """A new branch from here, checked out."""
        self.git("checkout", "--quiet", "-b", name)
