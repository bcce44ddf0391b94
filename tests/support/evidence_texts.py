"""A well-formed evidence file as the product describes it, for tests that change one thing in it."""

from __future__ import annotations

from typing import Any

from bot.core.evidence_text import EvidenceEntry, read_evidence
from bot.core.policy_model import Policy
from bot.core.release_model import EvidenceDocument, EvidenceFile
from tests.support.builders import policy

COMMIT = "4f0c" * 10
FOLDER = "docs/project/evidence/meta-validation"
NAME = "20260219T193000Z.md"
REGULAR, SYMLINK, TREE, SUB_MODULE = 0o100644, 0o120000, 0o040000, 0o160000

STORY = f"""\
---
release: v3.1.0
commit: {COMMIT}            # full SHA that was validated
environment: staging
operator: priya
performed_at: 2026-02-19T14:30:00-05:00
meta_test_app: {{id: "1029384756", created_at: 2026-02-18}}
scenarios:
  oauth-callback-success: pass
  oauth-missing-scope: pass
  rate-limit-429: pass
  permission-403: pass
result: pass
---
Free text, screenshots, links.
"""


def story(old: str = "", new: str = "", text: str = STORY) -> str:
    """The file with one text replaced; the text must be there."""
    assert old in text
    return text.replace(old, new, 1) if old else text


def shipped() -> Policy:
    """The shipped policy."""
    return policy().policy


def entry(text: str | bytes = STORY, path: str = f"{FOLDER}/{NAME}", **changes: Any) -> EvidenceEntry:
    """The file as an entry of the evidence folder; `changes` are fields of EvidenceEntry."""
    content = text.encode() if isinstance(text, str) else text
    fields: dict[str, Any] = {"path": path, "oid": "b10b" * 10, "mode": REGULAR, "size": len(content)}
    return EvidenceEntry(**{**fields, "content": content, **changes})


def read(text: str | bytes = STORY, path: str = f"{FOLDER}/{NAME}", **changes: Any) -> EvidenceFile:
    """The file as it is read by the shipped policy."""
    return read_evidence(entry(text, path, **changes), shipped())


def document(text: str = STORY) -> EvidenceDocument:
    """What the file says; it must be well formed."""
    found = read(text)
    assert found.findings == ()
    assert found.document is not None
    return found.document


def fault(text: str | bytes = STORY, path: str = f"{FOLDER}/{NAME}", **changes: Any) -> tuple[int, str, str]:
    """Line, key and expectation of the one thing that is wrong with the file."""
    found = read(text, path, **changes)
    assert found.document is None
    (finding,) = found.findings
    assert finding.path == path
    return finding.line, finding.key, finding.expected
