"""What one process remembers of policies: what was read, what may have changed, and what was valid last."""

from __future__ import annotations

from pathlib import Path

from bot.core.policy import InvalidPolicy, LoadedPolicy
from bot.github_api.readings import PolicyFile
from bot.policy_files import PolicyFiles
from bot.policy_selection import PolicySelection
from tests.support.policy_texts import small

VALID, BROKEN = PolicyFile(small(), "1" * 40), PolicyFile(b"nonsense: [\n", "2" * 40)


def test_what_was_valid_last_outlasts_a_broken_file(tmp_path: Path) -> None:
    """It is the repository's own last valid file, and nobody else's; without one there is none."""
    policies = PolicySelection(PolicyFiles(tmp_path))
    assert isinstance(policies.in_force("acme/shop", BROKEN), InvalidPolicy)
    assert policies.last_valid("acme/shop") is None
    valid = policies.in_force("acme/shop", VALID)
    assert isinstance(valid, LoadedPolicy)
    assert isinstance(policies.in_force("Acme/Shop", BROKEN), InvalidPolicy)
    assert policies.last_valid("ACME/shop") is valid
    assert policies.last_valid("acme/other") is None


def test_a_file_that_may_have_changed_is_read_again(tmp_path: Path) -> None:
    """What is remembered is still expected, but nobody takes it for what was read."""
    policies = PolicySelection(PolicyFiles(tmp_path))
    assert not policies.was_read("acme/shop")
    valid = policies.in_force("Acme/Shop", VALID)
    assert policies.was_read("acme/shop")
    policies.read_again("ACME/SHOP")
    assert not policies.was_read("acme/shop")
    assert policies.expected("acme/shop") is valid
    policies.read_again("acme/other")
