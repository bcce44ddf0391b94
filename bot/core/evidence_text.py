"""One entry of the evidence folder → EvidenceFile: a document, or every finding with file, line and key.

Nothing here raises, whatever the bytes are. What looks like a secret comes first: of a file with one, nothing but
the places of its secrets is told, and no text of it travels on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.core.evidence_fields import FIRST_LINE, MAXIMUM_FINDINGS, read_document
from bot.core.evidence_name import named_at
from bot.core.policy_model import Policy
from bot.core.policy_yaml import Fault, read_yaml
from bot.core.release_model import EvidenceDocument, EvidenceFile, Finding
from bot.core.secrets import find_secret_names, find_secrets, redacted

MAXIMUM_EVIDENCE_BYTES = 256 * 1024
"""Far above any report; a screenshot belongs beside it, as a file of its own."""

_FENCE = "---"
_BYTE_ORDER_MARK = len("\ufeff".encode())  # GitHub may show a text without it
_REGULAR_FILE = 0o100000
# Git's modes (gitformat-index): what an entry is that is no regular file.
_KINDS = {0o040000: "folder", 0o120000: "symbolic link", 0o160000: "sub-module"}
_TYPE = 0o170000
_QUOTED = re.compile("(?:found )?`.*`", re.DOTALL)
_LINE = re.compile(r"(?<=\bline )(\d+)(?= already)")


@dataclass(frozen=True, slots=True)
class EvidenceEntry:
    """One entry below the evidence folder, as Git has it. `path` counts from the repository's root.

    `mode` is Git's (0o100644 …), `size` in bytes. `content` is None where it is not read (folders, sub-modules) or
    too large to be; it may be cut then too.
    """

    path: str
    oid: str
    mode: int
    size: int
    content: bytes | None


def read_evidence(entry: EvidenceEntry, policy: Policy) -> EvidenceFile:
    """The file as facts. `document` is there exactly when nothing is wrong with it."""
    name = entry.path.rpartition("/")[2]
    moment = named_at(name, ZoneInfo(policy.timezone))
    path = redacted(entry.path)
    secrets = (*find_secret_names(entry.path), *find_secrets(entry.content or b"", path))
    if secrets:
        return EvidenceFile(path, entry.oid, moment, None, secrets)
    findings = [*_findings_of_place(entry, policy)]
    if moment is None:
        findings.append(Finding(entry.path, 1, "name", "a timestamp as its name, such as 20260219T193000Z.md"))
    document: EvidenceDocument | None = None
    if (fault := _fault_of_entry(entry)) is not None:
        findings.append(Finding(entry.path, 1, "file", fault))
    else:
        document, wrong = _read_content(entry.content or b"", entry.path, policy)
        findings += wrong
    return EvidenceFile(entry.path, entry.oid, moment, None if findings else document, tuple(findings))


def _findings_of_place(entry: EvidenceEntry, policy: Policy) -> Iterator[Finding]:
    folder = policy.release.evidence.directory
    if entry.path.rpartition("/")[0] != folder:
        yield Finding(entry.path, 1, "path", f"a file in {folder} itself, not in a sub-folder")


def _fault_of_entry(entry: EvidenceEntry) -> str | None:
    """What was expected of the entry before its content is looked at."""
    if (kind := entry.mode & _TYPE) != _REGULAR_FILE:
        return f"a regular file, not a {_KINDS.get(kind, 'special one')}"
    if entry.size > MAXIMUM_EVIDENCE_BYTES or len(entry.content or b"") > MAXIMUM_EVIDENCE_BYTES:
        return f"a file of at most {MAXIMUM_EVIDENCE_BYTES // 1024} KB; screenshots are files of their own"
    if entry.size == 0:
        return "front matter and text; the file is empty"
    if entry.content is None or entry.size - len(entry.content) not in (0, _BYTE_ORDER_MARK):
        return "UTF-8 text that can be read whole"
    return None


def _read_content(
    content: bytes, path: str, policy: Policy
) -> tuple[EvidenceDocument | None, tuple[Finding, ...]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, (Finding(path, line, "file", f"UTF-8 text; byte {error.start} is not"),)
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return None, (Finding(path, 1, "front matter", "`---` on the first line, and YAML below it"),)
    end = next((index for index, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if end is None:
        return None, (Finding(path, len(lines), "front matter", "`---` on a line of its own, below the YAML"),)
    read = read_yaml("\n".join(lines[1:end]).encode())
    document, findings = None, [_finding_of_fault(fault, path, end) for fault in read.faults[:MAXIMUM_FINDINGS]]
    if read.root is not None:
        document, wrong = read_document(read.root, path, policy)
        findings += wrong
    return document, tuple(sorted(findings, key=lambda finding: finding.line)[:MAXIMUM_FINDINGS])


def _finding_of_fault(fault: Fault, path: str, last_line: int) -> Finding:
    """What is wrong with the YAML itself, in words that fit here and repeat nothing of the file."""
    line = min(fault.line + FIRST_LINE - 1, last_line + 1)
    expected = fault.expected.replace("the policy's keys", "the evidence's keys")
    expected = _QUOTED.sub(lambda quoted: "found one" if quoted[0].startswith("found") else "it", expected)
    expected = _LINE.sub(lambda first: str(int(first[0]) + FIRST_LINE - 1), expected)
    return Finding(path, line, "front matter" if fault.key == "document" else fault.key, expected)
