"""Fetch GitHub's published descriptions with npm: `python tests/contract/fetch.py [target]`.

Each package is pinned by version and by the sha512 digest of its archive (packages.json). A document
appears under its final name only when it is complete, so a fetch that was killed leaves nothing that looks
fetched; a second run cleans up and costs nothing when all is there. Exit code 0: all there. 1: one line on
stderr says why not.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

# Run as a script, Python looks for modules beside this file, and not in the project.
sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from tests.contract.documents import DEFAULT_DIRECTORY, Document, pinned  # noqa: E402

# Short retries: a machine without a network should hear so within seconds, not minutes.
NPM_OPTIONS = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=500",
    "--fetch-retry-maxtimeout=2000",
)
NPM_SECONDS = 600


class FetchError(Exception):
    """Why the descriptions could not be fetched, in one line."""


def fetch(directory: Path = DEFAULT_DIRECTORY, documents: Sequence[Document] | None = None) -> list[Document]:
    """Make every document present; return those that had to be fetched. Raises FetchError."""
    wanted = pinned() if documents is None else tuple(documents)
    if not missing(directory, wanted):
        return []
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two fetches at once: the second finds the work done
        absent = missing(directory, wanted)
        for leftover in directory.glob("unfinished-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if absent:
            with tempfile.TemporaryDirectory(prefix="unfinished-", dir=directory) as scratch:
                _pack(absent, Path(scratch))
                for document in absent:
                    _install(document, Path(scratch), directory)
        return absent


def missing(directory: Path, documents: Sequence[Document]) -> list[Document]:
    """Those documents that are not under `directory`."""
    return [document for document in documents if not document.path(directory).is_file()]


def _pack(documents: Sequence[Document], scratch: Path) -> None:
    """Let npm put the archives of the packages into `scratch`."""
    names = [document.specification for document in documents]
    command = ["npm", "pack", *names, "--pack-destination", str(scratch), *NPM_OPTIONS]
    try:
        # Not started in the project: npm would read a configuration file that it finds there.
        run = subprocess.run(
            command, cwd=scratch, capture_output=True, text=True, timeout=NPM_SECONDS, check=False
        )
    except FileNotFoundError:
        raise FetchError("npm is not installed; it comes with Node.js") from None
    except subprocess.TimeoutExpired:
        raise FetchError(f"npm did not finish within {NPM_SECONDS} s; is there a network?") from None
    if run.returncode:
        # Only npm's own code: its full text names hosts and paths of this machine.
        code = re.search(r"^npm (?:error|ERR!) code (\w+)", run.stderr, re.MULTILINE)
        reason = code.group(1) if code else f"exit code {run.returncode}"
        raise FetchError(f"npm could not fetch {', '.join(names)} ({reason}); is there a network?")


def _install(document: Document, scratch: Path, directory: Path) -> None:
    """Check an archive against its pinned digest and move its one wanted file to the final place."""
    archive = scratch / document.archive
    if not archive.is_file():
        raise FetchError(f"npm did not deliver {document.specification}")
    digest = hashlib.sha512(archive.read_bytes()).digest()
    if f"sha512-{base64.b64encode(digest).decode()}" != document.integrity:
        raise FetchError(f"{document.specification} does not have the pinned digest; nothing was kept")
    target = document.path(directory)
    half = scratch / target.parent.name
    half.mkdir()
    with tarfile.open(archive) as members:
        try:
            content = members.extractfile(f"package/{document.file}")
        except KeyError:
            content = None
        if content is None:
            raise FetchError(f"{document.specification} has no file {document.file}")
        with (half / target.name).open("wb") as file:
            shutil.copyfileobj(content, file)
    if target.parent.exists():  # a folder somebody emptied by hand
        shutil.rmtree(target.parent)
    half.rename(target.parent)


def main(arguments: Sequence[str]) -> int:
    """Command line: an optional target folder."""
    directory = Path(arguments[0]) if arguments else DEFAULT_DIRECTORY
    try:
        fetched = fetch(directory)
    except FetchError as error:
        print(f"contract documents: {error}", file=sys.stderr)  # noqa: T201 — this is a command
        return 1
    done = ", ".join(document.specification for document in fetched) or "all there already"
    print(f"contract documents: {done}")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
