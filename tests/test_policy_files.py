"""The folder of policies: which file is for which repository, and what happens when one is broken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.core.policy import InvalidPolicy, LoadedPolicy
from bot.policy_files import PolicyFiles
from tests.support.policy_texts import small


def write(folder: Path, name: str, repositories: str, policy: str = "small") -> Path:
    """Put a policy for some repositories into the folder."""
    path = folder / name
    data = small("[acme/shop]", repositories).replace(b"name: small", f"name: {policy}".encode())
    path.write_bytes(data)
    return path


def chosen(folder: Path, repository: str) -> str | None:
    """The name of the policy that is in force for a repository."""
    loaded = PolicyFiles(folder).for_repository(repository)
    assert not isinstance(loaded, InvalidPolicy), loaded
    return loaded and loaded.policy.name


def refused(files: PolicyFiles, repository: str) -> list[str]:
    """The problems that stand in a repository's way."""
    loaded = files.for_repository(repository)
    assert isinstance(loaded, InvalidPolicy)
    return [str(problem) for problem in loaded.problems]


def test_no_policy_for_a_repository_that_nobody_named(tmp_path: Path) -> None:
    """A repository without a matching pattern has no policy, which is no error."""
    write(tmp_path, "a.yml", "[acme/shop]")
    assert chosen(tmp_path, "acme/other") is None
    assert chosen(tmp_path, "acme/shop-2") is None


def test_matching_ignores_case_and_a_star_stays_within_its_part(tmp_path: Path) -> None:
    """GitHub's names have no case; `*` is any characters of the owner or of the name."""
    write(tmp_path, "a.yml", "[Acme/s*p]")
    assert chosen(tmp_path, "aCME/SHOP") == "small"
    assert chosen(tmp_path, "acme/sp") == "small"
    assert chosen(tmp_path, "acme/x/shop") is None


def test_dots_in_a_pattern_are_dots(tmp_path: Path) -> None:
    """A pattern is not a regular expression."""
    write(tmp_path, "a.yml", "[acme/a.b]")
    assert chosen(tmp_path, "acme/a.b") == "small"
    assert chosen(tmp_path, "acme/aXb") is None


def test_most_specific_pattern_wins(tmp_path: Path) -> None:
    """Without `*` beats with, though shorter; then the longer pattern; each file's best one counts."""
    write(tmp_path, "all.yml", '["*/*"]', "all")
    write(tmp_path, "owner.yaml", '["els/*", "acme/*"]', "owner")
    write(tmp_path, "begin.yml", '["acme/shopping-*"]', "begin")
    write(tmp_path, "exact.yml", "[acme/shop]", "exact")
    assert chosen(tmp_path, "else/any") == "all"
    assert chosen(tmp_path, "acme/shop") == "exact"
    assert chosen(tmp_path, "acme/shopping-list") == "begin"
    assert chosen(tmp_path, "acme/x") == "owner"


def test_tie_between_files_names_both_with_their_lines(tmp_path: Path) -> None:
    """Two equally specific files are an error for that repository and for no other."""
    write(tmp_path, "a.yml", '["*/shop"]')
    write(tmp_path, "b.yml", '["acme/other", "acme/*"]')
    files = PolicyFiles(tmp_path)
    found = refused(files, "acme/shop")
    folder = tmp_path.name
    assert found == [
        f"{folder}/a.yml:6: repositories: expected a more specific pattern; "
        f"{folder}/b.yml:6 (`acme/*`) is for the same repository",
        f"{folder}/b.yml:6: repositories: expected a more specific pattern; "
        f"{folder}/a.yml:6 (`*/shop`) is for the same repository",
    ]
    assert isinstance(files.for_repository("acme/other"), LoadedPolicy)


def test_file_with_errors_closes_the_repositories_it_is_for_and_no_others(tmp_path: Path) -> None:
    """A broken file competes by its patterns, so that no weaker policy steps in for it."""
    write(tmp_path, "all.yml", '["*/*"]')
    path = write(tmp_path, "shop.yml", "[acme/shop]")
    path.write_bytes(path.read_bytes().replace(b"leads: [ana]", b"leads: [zoe]"))
    files = PolicyFiles(tmp_path)
    found = refused(files, "acme/shop")
    assert len(found) == 1
    assert found[0].startswith(f"{tmp_path.name}/shop.yml:")
    assert isinstance(files.for_repository("acme/other"), LoadedPolicy)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: [", "valid YAML"),
        (b"\xff", "UTF-8"),
        (b"x" * (300 * 1024), "at most 256 KB"),
        (small("[acme/shop]", "[acme]"), "owner/name"),
        (small("repositories: [acme/shop]\n", ""), "required"),
        (small("title:", "repositories: [a/b]\ntitle:"), "each key once"),
    ],
)
def test_file_that_could_be_for_any_repository_closes_all(tmp_path: Path, data: bytes, expected: str) -> None:
    """When a broken file's repositories cannot be told, no repository silently gets another policy."""
    write(tmp_path, "a.yml", "[acme/shop]")
    (tmp_path / "b.yml").write_bytes(data)
    files = PolicyFiles(tmp_path)
    for repository in ("acme/shop", "any/other"):
        assert expected in " ".join(refused(files, repository))


def test_file_that_changes_is_read_again_and_others_are_not(tmp_path: Path) -> None:
    """A new size or time is noticed at the next question; an unchanged file keeps its loaded policy."""
    write(tmp_path, "a.yml", "[acme/shop]", "first")
    write(tmp_path, "b.yml", "[acme/other]")
    files = PolicyFiles(tmp_path)
    first, other = files.for_repository("acme/shop"), files.for_repository("acme/other")
    path = write(tmp_path, "a.yml", "[acme/shop]", "second")
    again = files.for_repository("acme/shop")
    assert isinstance(first, LoadedPolicy)
    assert isinstance(again, LoadedPolicy)
    assert (first.policy.name, again.policy.name) == ("first", "second")
    assert first.digest != again.digest
    assert files.for_repository("acme/other") is other
    write(tmp_path, "a.yml", "[acme/shop]", "thirds")
    os.utime(path, ns=(1, 1))
    third = files.for_repository("acme/shop")
    assert isinstance(third, LoadedPolicy)
    assert third.policy.name == "thirds"


def test_files_that_come_and_go_are_noticed(tmp_path: Path) -> None:
    """A new file counts at once, a removed one no longer."""
    files = PolicyFiles(tmp_path)
    assert files.for_repository("acme/shop") is None
    path = write(tmp_path, "a.yml", "[acme/shop]")
    assert isinstance(files.for_repository("acme/shop"), LoadedPolicy)
    path.unlink()
    assert files.for_repository("acme/shop") is None


def test_only_yaml_files_of_the_folder_itself_count(tmp_path: Path) -> None:
    """The schema, hidden files and folders (test cases of policies) are left alone."""
    (tmp_path / "policy.schema.json").write_text("{}")
    (tmp_path / ".draft.yml").write_text("a: [")
    (tmp_path / "cases.yml").mkdir()
    write(tmp_path / "cases.yml", "a.yml", "[acme/shop]")
    assert chosen(tmp_path, "acme/shop") is None


def test_file_that_cannot_be_read_closes_all(tmp_path: Path) -> None:
    """A link to nowhere is a file that cannot be read, and it might be for any repository."""
    write(tmp_path, "a.yml", "[acme/shop]")
    (tmp_path / "b.yml").symlink_to(tmp_path / "nowhere")
    assert "a readable file" in refused(PolicyFiles(tmp_path), "acme/shop")[0]


def test_folder_that_is_missing_stops_the_start_and_later_closes_all(tmp_path: Path) -> None:
    """At the start it is an error of the setting, while running no gate opens by it."""
    folder = tmp_path / "policies"
    with pytest.raises(NotADirectoryError):
        PolicyFiles(folder)
    folder.mkdir()
    files = PolicyFiles(folder)
    folder.rmdir()
    assert refused(files, "acme/shop")[0].startswith("policies:1: document: expected a readable folder")


def test_source_names_folder_and_file_without_the_machine(tmp_path: Path) -> None:
    """What people see is `policies/a.yml`, not where this machine keeps it."""
    write(tmp_path, "a.yml", "[acme/shop]")
    loaded = PolicyFiles(tmp_path).for_repository("acme/shop")
    assert isinstance(loaded, LoadedPolicy)
    assert loaded.source == f"{tmp_path.name}/a.yml"
