"""The front matter of an evidence file, key by key: YAML's values → EvidenceDocument, or every finding.

No finding repeats a value of the file; names of unknown keys are shown shortened and escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.core.evidence_name import date_and_time, start_of_day
from bot.core.evidence_staging import OUTCOMES, RESULTS
from bot.core.policy_model import Policy
from bot.core.policy_text import KeyPath, key_text, nearest
from bot.core.policy_yaml import Node
from bot.core.release_model import EvidenceDocument, Finding, TestApp
from bot.core.release_tags import is_release_tag, tag_fault

T = TypeVar("T")

OUTCOME_WORDS = f"{', '.join(OUTCOMES[:-1])} or {OUTCOMES[-1]}"
KEYS = (
    "release",
    "commit",
    "environment",
    "operator",
    "performed_at",
    "meta_test_app",
    "scenarios",
    "result",
)
TEST_APP_KEYS = ("id", "created_at")
FIRST_LINE = 2
"""The line of the file on which the front matter's own first line stands, below `---`."""

MAXIMUM_FINDINGS = 50
"""Nobody reads more of one file at once."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII | re.IGNORECASE)
# Meta numbers its apps. Digits only, so that nothing else is kept as one, and each app is written in one way.
_APP_ID = re.compile(r"[1-9][0-9]{0,31}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,48}[A-Za-z0-9_-])?", re.ASCII)
MAXIMUM_ENVIRONMENT = 100


def read_document(root: Node, path: str, policy: Policy) -> tuple[EvidenceDocument | None, tuple[Finding, ...]]:
    """The front matter as a document, or why it is none. `root` is a mapping whose lines count from 1."""
    fields = _Fields(path)
    zone = ZoneInfo(policy.timezone)
    fields.only(root, (), KEYS)
    tags = f"a release tag of the policy ({', '.join(policy.release.tags)})"
    release = fields.take(root, ("release",), _text(lambda text: _release(text, policy)), tags)
    commit = fields.take(root, ("commit",), _text(_commit), "the full SHA of the commit that was validated")
    environment = fields.take(
        root, ("environment",), _text(_environment), "the name of an environment, on one line"
    )
    operator = fields.take(root, ("operator",), _text(_operator), "a person's name or GitHub login, without `@`")
    performed_at = fields.take(
        root,
        ("performed_at",),
        _text(lambda text: date_and_time(text, zone)),
        "a date and time such as 2026-02-19T14:30:00-05:00",
    )
    test_app = _test_app(fields, root, zone)
    scenarios = _scenarios(fields, root, policy)
    result = fields.take(root, ("result",), _one_of(RESULTS), " or ".join(RESULTS))
    if test_app is not None and performed_at is not None and test_app.created_at > performed_at:
        created = root.children["meta_test_app"].children["created_at"]
        fields.add(created, ("meta_test_app", "created_at"), "a time that is not after performed_at")
    if (
        fields.findings
        or release is None
        or commit is None
        or environment is None
        or operator is None
        or performed_at is None
        or test_app is None
        or scenarios is None
        or result is None
    ):
        return None, tuple(fields.findings)
    document = EvidenceDocument(release, commit, environment, operator, performed_at, test_app, scenarios, result)
    return document, ()


class _Fields:
    """Takes values out of nodes, and keeps a finding for each that is not as it must be."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.findings: list[Finding] = []

    def add(self, node: Node, key: KeyPath, expected: str) -> None:
        self.findings.append(Finding(self._path, node.line + FIRST_LINE - 1, key_text(key), expected))

    def unknown(self, node: Node, key: KeyPath, what: str, known: tuple[str, ...]) -> None:
        """A key that is not known; most often it is one that was meant to be known."""
        if len(self.findings) < MAXIMUM_FINDINGS:  # finding the nearest name takes its time
            self.add(node, key, f"{what}{nearest(str(key[-1]), known)}")

    def only(self, node: Node, key: KeyPath, known: tuple[str, ...]) -> None:
        """Every key that is not known is a finding."""
        for name, child in node.children.items():
            if name not in known:
                self.unknown(child, (*key, name), "a known key", known)

    def take(self, parent: Node, key: KeyPath, read: Callable[[object], T | None], expected: str) -> T | None:
        """The value under the last part of `key`, as `read` understands it."""
        child = parent.children.get(key[-1])
        if child is None:
            self.add(parent, key, "this key, which is required")
            return None
        value = read(child.value)
        if value is None:
            self.add(child, key, expected)
        return value


def _test_app(fields: _Fields, root: Node, zone: ZoneInfo) -> TestApp | None:
    key = "meta_test_app"
    if fields.take(root, (key,), _mapping, "a mapping with id and created_at") is None:
        return None
    node = root.children[key]
    fields.only(node, (key,), TEST_APP_KEYS)
    app_id = fields.take(node, (key, "id"), _app_id, "Meta's App ID: a whole number")
    created_at = fields.take(
        node,
        (key, "created_at"),
        _text(lambda text: start_of_day(text, zone) or date_and_time(text, zone)),
        "a day such as 2026-02-18, or a date and time",
    )
    return TestApp(app_id, created_at) if app_id is not None and created_at is not None else None


def _scenarios(fields: _Fields, root: Node, policy: Policy) -> dict[str, str] | None:
    """Each scenario with its outcome. An unknown one is a finding; the release gate sees which are missing."""
    if fields.take(root, ("scenarios",), _mapping, "a mapping of scenarios, each with its outcome") is None:
        return None
    node = root.children["scenarios"]
    known = policy.release.staging.scenarios
    found: dict[str, str] = {}
    for name in node.children:
        if name not in known:
            fields.unknown(node.children[name], ("scenarios", name), "a scenario of the policy", known)
        elif (outcome := fields.take(node, ("scenarios", name), _one_of(OUTCOMES), OUTCOME_WORDS)) is not None:
            found[str(name)] = outcome
    return found


def _text(read: Callable[[str], T | None]) -> Callable[[object], T | None]:
    """Only text is given to `read`: anything else is of the wrong type."""
    return lambda value: read(value) if isinstance(value, str) else None


def _one_of(words: tuple[str, ...]) -> Callable[[object], str | None]:
    return _text(lambda text: text if text in words else None)


def _mapping(value: object) -> dict[str, object] | None:
    return value if isinstance(value, dict) else None


def _release(text: str, policy: Policy) -> str | None:
    return text if tag_fault(text) is None and is_release_tag(text, policy) else None


def _commit(text: str) -> str | None:
    return text.lower() if _COMMIT.fullmatch(text) else None


def _environment(text: str) -> str | None:
    return text if text.strip() == text != "" and text.isprintable() and len(text) <= MAXIMUM_ENVIRONMENT else None


def _operator(text: str) -> str | None:
    return text if _NAME.fullmatch(text) else None


def _app_id(value: object) -> str | None:
    """Quoted or not: YAML makes a number of the one and text of the other."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _APP_ID.fullmatch(text) else None
