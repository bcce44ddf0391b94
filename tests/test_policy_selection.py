"""What one process remembers of policies: what to read next time, and nothing that another one has to know."""

from __future__ import annotations

from pathlib import Path

from bot.core.policy import InvalidPolicy
from bot.github_api.readings import PolicyFile
from bot.policy_files import PolicyFiles
from bot.policy_selection import PolicySelection
from tests.support.policy_texts import small

VALID, BROKEN = PolicyFile(small(), "1" * 40), PolicyFile(b"nonsense: [\n", "2" * 40)


def test_the_file_that_was_read_last_is_expected(tmp_path: Path) -> None:
    """Whatever case the repository's name has; one that is gone is not expected any more."""
    policies = PolicySelection(PolicyFiles(tmp_path))
    assert policies.expected("acme/shop") is None
    valid = policies.in_force("Acme/Shop", VALID)
    assert policies.expected("acme/SHOP") is valid
    assert policies.in_force("acme/shop", VALID) is valid
    assert isinstance(policies.in_force("acme/shop", BROKEN), InvalidPolicy)
    assert isinstance(policies.expected("acme/shop"), InvalidPolicy)
    assert policies.in_force("acme/shop", None) is None
    assert policies.expected("acme/shop") is None


def test_the_folder_has_no_say_in_what_the_branch_holds(tmp_path: Path) -> None:
    """What the folder says of a repository is told apart from the repository's own file."""
    (tmp_path / "all.yml").write_bytes(small())
    policies = PolicySelection(PolicyFiles(tmp_path))
    own = policies.in_force("acme/shop", BROKEN)
    assert isinstance(own, InvalidPolicy)
    assert policies.in_folder("acme/shop") is policies.in_force("acme/shop", None)
    assert policies.in_folder("acme/shop") is not own
