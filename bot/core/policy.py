"""YAML text → Policy, or every error with its file, line, key and what was expected there."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from pydantic import ValidationError

from bot.core.policy_model import Policy
from bot.core.policy_problems import InvalidPolicy, Problem, in_line_order, problems_of
from bot.core.policy_yaml import read_yaml

__all__ = [
    "MAXIMUM_POLICY_BYTES",
    "InvalidPolicy",
    "LoadedPolicy",
    "Problem",
    "load_policy",
]

# Far above any real policy (the shipped one has 8 KB), far below what would be slow to judge.
MAXIMUM_POLICY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """A valid policy, where it came from, and the bytes that it was read from with their SHA-256 (hexadecimal)."""

    policy: Policy
    source: str
    digest: str
    content: bytes = field(repr=False)


def load_policy(data: bytes, source: str) -> LoadedPolicy:
    """Read a policy from the bytes of a YAML file; `source` names the file in errors and on pages.

    Raises InvalidPolicy with every problem, and nothing else, whatever the bytes are.
    """
    if len(data) > MAXIMUM_POLICY_BYTES:
        problem = f"a file of at most {MAXIMUM_POLICY_BYTES // 1024} KB; it has {len(data) // 1024} KB"
        raise InvalidPolicy((Problem(source, 1, "document", problem),))
    document = read_yaml(data)
    policy: Policy | None = None
    problems = [Problem(source, fault.line, fault.key, fault.expected) for fault in document.faults]
    if document.root is not None:
        try:
            policy = Policy.model_validate(document.root.value, by_alias=True, by_name=False)
        except ValidationError as error:
            problems += problems_of(error, document.root, source)
    if policy is None or problems:
        raise InvalidPolicy(in_line_order(problems, source))
    return LoadedPolicy(policy, source, sha256(data).hexdigest(), data)
