"""Every test app that any version of any evidence file in the branch's history names, even a deleted one."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from bot.core.evidence_apps import NamedApps, named_test_apps
from bot.core.evidence_name import is_markdown
from bot.core.policy_model import Policy
from bot.core.release_model import TestAppUse
from bot.core.secrets import redacted
from bot.github_api.client import Installation
from bot.github_api.nodes import REGULAR_FILE_MODES
from bot.github_api.release_readings import ReleaseReading

MAXIMUM_REMEMBERED = 10_000
"""File versions whose test apps are remembered; forgetting one costs part of a request, nothing else."""

MOST_FETCHED = 50
"""File versions that are no text and are read one by one for one look at a release; the next look reads on."""


class TestAppMemory:
    """The test apps that file versions name, for one process: what a version says never changes."""

    __test__ = False  # its name looks like a test's to pytest

    def __init__(self) -> None:
        self._apps: dict[tuple[str, str], NamedApps] = {}
        self._lock = Lock()

    def get(self, repository: str, oid: str) -> NamedApps | None:
        """What the version with this object ID names; None when it was not read yet (or was forgotten)."""
        return self._apps.get((repository.lower(), oid))

    def keep(self, repository: str, oid: str, apps: NamedApps) -> None:
        """Remember what a version names."""
        with self._lock:
            while len(self._apps) >= MAXIMUM_REMEMBERED:
                self._apps.pop(next(iter(self._apps)))
            self._apps[(repository.lower(), oid)] = apps


def uses_of_test_apps(
    memory: TestAppMemory, installation: Installation, reading: ReleaseReading, policy: Policy
) -> tuple[tuple[TestAppUse, ...], tuple[str, ...]]:
    """One use for each version and test app; and what could not be read, which may name any.

    Markdown files directly in the folder are looked at. Older versions that nobody remembers cost a request for
    each 50, and one that GitHub does not take for text costs one more.
    """
    repository, folder = reading.repository, policy.release.evidence.directory.strip("/")
    versions = [(version.path, version.oid) for version in reading.earlier_evidence if is_markdown(version.path)]
    for entry in reading.evidence:
        is_inside = entry.path.rpartition("/")[0] == folder
        if is_inside and is_markdown(entry.path) and entry.mode in REGULAR_FILE_MODES:
            versions.append((entry.path, entry.oid))
            if entry.content is not None:
                memory.keep(repository, entry.oid, named_test_apps(entry.content))
    unread = _read(memory, installation, repository, (oid for _, oid in versions))
    uses: list[TestAppUse] = []
    for path, oid in dict.fromkeys(versions):
        named = memory.get(repository, oid) or NamedApps()
        uses += [TestAppUse(app, redacted(path), oid, named.release, named.commit) for app in sorted(named.apps)]
    paths = dict.fromkeys(redacted(path) for path, oid in versions if oid in unread)
    return tuple(uses), tuple(f"the test apps that a version of {path} names" for path in paths)


def _read(memory: TestAppMemory, installation: Installation, repository: str, oids: Iterable[str]) -> set[str]:
    """Read and remember what nobody remembers yet; the object IDs of what could not be read."""
    unknown = sorted({oid for oid in oids if memory.get(repository, oid) is None})
    found = installation.read_blobs(repository, unknown) if unknown else {}
    no_text = [oid for oid, content in found.items() if content is None]
    found |= {oid: installation.read_blob(repository, oid) for oid in no_text[:MOST_FETCHED]}
    for oid, content in found.items():
        if content is not None:
            memory.keep(repository, oid, named_test_apps(content))
    return {oid for oid, content in found.items() if content is None}
