"""Evidence files that a pull request changes: a secret in one closes the gate, a fault of its form is remarked.

Texts end here: what goes on, into facts, decisions, logs and the database, are findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.core.evidence_name import is_markdown
from bot.core.evidence_text import EvidenceEntry, read_evidence
from bot.core.finding import Finding
from bot.core.model import ChangedFile, ChangeType
from bot.core.policy_model import Policy
from bot.core.secrets import find_secret_names, find_secrets, redacted

MAXIMUM_SCANNED_FILES = 500
"""Files of the evidence folder that are read for one pull request; one that changes more is not let through."""

MAXIMUM_FAULTS = 200
"""Faults of form that are kept for one pull request."""


@dataclass(frozen=True, slots=True)
class ScannedEvidence:
    """What was found. `secrets` close the gate, as does what could not be looked through; `faults` do not."""

    secrets: tuple[Finding, ...] = ()
    faults: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangedBlob:
    """A changed file at the head. `text` is what GitHub shows of it, None for what it takes for binary.

    `entry` is None when nothing could be read at the path.
    """

    path: str
    entry: EvidenceEntry | None
    is_binary: bool = False
    is_cut: bool = False


def changed_evidence(files: Iterable[ChangedFile], policy: Policy) -> tuple[str, ...]:
    """The paths below the evidence folder that the pull request adds or changes; none for deletions."""
    folder = policy.release.evidence.directory + "/"
    paths = {file.path for file in files if file.path.startswith(folder) and file.change is not ChangeType.DELETED}
    return tuple(sorted(paths))


def scan_changes(paths: Sequence[str], blobs: Iterable[ChangedBlob], policy: Policy) -> ScannedEvidence:
    """The findings of all changed evidence files. `blobs` are the first MAXIMUM_SCANNED_FILES of `paths`."""
    secrets: list[Finding] = []
    faults: list[Finding] = []
    for blob in blobs:
        found = _scan(blob, policy)
        secrets += found.secrets
        faults += found.faults[: MAXIMUM_FAULTS - len(faults)]
    if len(paths) > MAXIMUM_SCANNED_FILES:
        more = f"at most {MAXIMUM_SCANNED_FILES} changed evidence files, so that all can be looked through"
        secrets.append(Finding(redacted(paths[MAXIMUM_SCANNED_FILES]), 1, "file", more))
    return ScannedEvidence(tuple(secrets), tuple(faults))


def _scan(blob: ChangedBlob, policy: Policy) -> ScannedEvidence:
    """Name and contents: of a file whose name looks like a secret nothing else is told than secrets."""
    named, path = find_secret_names(blob.path), redacted(blob.path)
    inside = _scan_content(blob, path, policy)
    return ScannedEvidence((*named, *inside.secrets), () if named else inside.faults)


def _scan_content(blob: ChangedBlob, path: str, policy: Policy) -> ScannedEvidence:
    entry = blob.entry
    if entry is None:
        return ScannedEvidence((_unread(path),))
    if blob.is_binary and not is_markdown(path):  # a screenshot
        return ScannedEvidence()
    if blob.is_binary or entry.content is None:
        return ScannedEvidence((_unread(path),))
    secrets = find_secrets(entry.content, path)
    if blob.is_cut:
        line = entry.content.count(b"\n") + 1
        whole = "a text short enough to be looked through for secrets; GitHub shows only its beginning"
        secrets = (*secrets, Finding(path, line, "file", whole))
    if secrets or not is_markdown(path):
        return ScannedEvidence(secrets)
    return ScannedEvidence((), read_evidence(entry, policy).findings)


def _unread(path: str) -> Finding:
    return Finding(path, 1, "file", "a text that can be looked through for secrets; GitHub shows none")
