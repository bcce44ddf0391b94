"""Every test app that any version of any evidence file in the branch's history names, even a deleted one."""

from __future__ import annotations

from threading import Lock
from zoneinfo import ZoneInfo

from bot.core.evidence_apps import named_test_apps
from bot.core.evidence_name import named_at
from bot.core.policy_model import Policy
from bot.core.release_model import TestAppUse
from bot.github_api.client import Installation
from bot.github_api.release_readings import ReleaseReading

MAXIMUM_REMEMBERED = 10_000
"""File versions whose test apps are remembered; forgetting one costs part of a request, nothing else."""


class TestAppMemory:
    """The test apps that file versions name, for one process: what a version says never changes."""

    __test__ = False  # its name looks like a test's to pytest

    def __init__(self) -> None:
        self._apps: dict[tuple[str, str], frozenset[str]] = {}
        self._lock = Lock()

    def get(self, repository: str, oid: str) -> frozenset[str] | None:
        """What the version with this object ID names; None when it was not read yet (or was forgotten)."""
        return self._apps.get((repository.lower(), oid))

    def keep(self, repository: str, oid: str, apps: frozenset[str]) -> None:
        """Remember what a version names."""
        with self._lock:
            while len(self._apps) >= MAXIMUM_REMEMBERED:
                self._apps.pop(next(iter(self._apps)))
            self._apps[(repository.lower(), oid)] = apps


def uses_of_test_apps(
    memory: TestAppMemory, installation: Installation, reading: ReleaseReading, policy: Policy
) -> tuple[TestAppUse, ...]:
    """One use for each version and test app. Older versions that nobody remembers cost a request for each 50.

    What is no text, or too large for an evidence file, names none: it never counted as evidence either.
    """
    zone, repository = ZoneInfo(policy.timezone), reading.repository
    for entry in reading.evidence:
        if entry.content is not None:
            memory.keep(repository, entry.oid, named_test_apps(entry.content))
    versions = [(entry.path, entry.oid) for entry in reading.evidence if entry.content is not None]
    versions += [(version.path, version.oid) for version in reading.earlier_evidence]
    unknown = sorted({oid for _, oid in versions if memory.get(repository, oid) is None})
    if unknown:
        for oid, content in installation.read_blobs(repository, unknown).items():
            memory.keep(repository, oid, named_test_apps(content or b""))
    return tuple(
        TestAppUse(app, path, oid, named_at(path.rpartition("/")[2], zone))
        for path, oid in dict.fromkeys(versions)
        for app in sorted(memory.get(repository, oid) or ())
    )
