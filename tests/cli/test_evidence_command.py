"""`trackgate evidence`: files are checked as the gates read them, and a new one is begun."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SHIPPED
from tests.support.evidence_texts import FOLDER, NAME, STORY, story
from tests.support.local_repository import LocalRepository

Trackgate = Callable[..., Any]
TOKEN = "EAAB" + "x1Y" * 20


@pytest.fixture
def evidence(repository: LocalRepository) -> Path:
    """The evidence folder of the repository's working tree, with one well-formed file."""
    folder = repository.folder / FOLDER
    folder.mkdir(parents=True)
    (folder / NAME).write_text(STORY)
    return folder


def test_a_well_formed_file(trackgate: Trackgate, evidence: Path) -> None:
    """One line, and exit code 0."""
    result = trackgate("evidence", "lint", evidence / NAME)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{evidence / NAME}: well formed: v3.1.0 at 4f0c4f0, by priya\n"


def test_a_file_that_would_not_open_the_gate(trackgate: Trackgate, evidence: Path) -> None:
    """Well formed all the same: a failed validation is evidence, too."""
    (evidence / NAME).write_text(story("result: pass", "result: fail"))
    result = trackgate("evidence", "lint", evidence / NAME)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1] == f"{evidence / NAME}: but it would not open the gate: result fail"


def test_a_folder_with_all_kinds_of_things(trackgate: Trackgate, evidence: Path) -> None:
    """Markdown files are judged, links and sub-folders named, other texts searched for secrets, pictures left."""
    (evidence / "20260220T193000Z.md").write_text(story("result: pass", "result: fine"))
    (evidence / "20260221T193000Z.md").symlink_to(NAME)
    (evidence / "old").mkdir()
    (evidence / "old" / NAME).write_text(STORY)
    (evidence / "curl.txt").write_text(f"first\n{TOKEN}\n")
    (evidence / "shot.png").write_bytes(b"\x89PNG\x00" + bytes(range(256)))
    os.mkfifo(evidence / "pipe.md")
    result = trackgate("evidence", "lint", evidence)
    assert (result.exit_code, result.stderr) == (1, "")
    lines = [line.removeprefix(f"{evidence}/") for line in result.stdout.splitlines()]
    assert [line.partition(": expected")[0] for line in lines] == [
        f"{NAME}: well formed: v3.1.0 at 4f0c4f0, by priya",
        "20260220T193000Z.md:13: result",
        "20260221T193000Z.md:1: file",
        "curl.txt:2: secret",
        f"old/{NAME}:1: path",
        "pipe.md:1: name",
        "pipe.md:1: file",
    ]
    assert TOKEN[:8] not in result.stdout


def test_a_file_elsewhere_in_the_repository(trackgate: Trackgate, evidence: Path) -> None:
    """A file beside the policy's folder does not count, and lint says so."""
    (evidence.parent / NAME).write_text(STORY)
    result = trackgate("evidence", "lint", evidence.parent / NAME)
    assert result.exit_code == 1
    assert f"expected a file in {FOLDER} itself" in result.stdout


def test_a_file_outside_of_any_repository(trackgate: Trackgate, tmp_path: Path) -> None:
    """With a policy told, or the only one of POLICY_DIR, files may lie anywhere."""
    file, policy = tmp_path / NAME, tmp_path / "policies" / "shipped.yml"
    policy.parent.mkdir()
    policy.write_text(SHIPPED)
    file.write_text(STORY)
    assert trackgate("evidence", "lint", file, "--policy", policy).exit_code == 0
    assert trackgate("evidence", "lint", file, "--policy", policy.parent).exit_code == 0
    result = trackgate("evidence", "lint", file)
    assert result.exit_code == 2
    assert "no .github/trackgate.yml here, and POLICY_DIR (policies) is no folder" in result.stderr


def test_wrong_input(trackgate: Trackgate, evidence: Path, tmp_path: Path) -> None:
    """No such file, an empty folder, an invalid policy, a policy that is not there: one line, and exit code 2."""
    empty, invalid = tmp_path / "empty", tmp_path / "invalid.yml"
    empty.mkdir()
    invalid.write_text(SHIPPED.replace("version: 1", "version: 2"))
    for arguments, expected in (
        ([evidence / "none.md"], "none.md: cannot be read: No such file or directory"),
        ([empty, "--policy", evidence.parents[3] / ".github" / "trackgate.yml"], "empty: there are no files"),
        ([evidence, "--policy", invalid], "version: expected 1"),
        ([evidence, "--policy", tmp_path / "none.yml"], "none.yml: cannot be read"),
    ):
        result = trackgate("evidence", "lint", *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert expected in result.stderr


def test_a_new_file_is_printed(
    trackgate: Trackgate, repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every scenario of the policy, HEAD as the commit, and placeholders for the rest; nothing is written."""
    monkeypatch.chdir(repository.folder)
    result = trackgate("evidence", "new", "--release", "v3.1.0", "--operator", "priya")
    assert (result.exit_code, result.stderr) == (0, "")
    head = repository.git("rev-parse", "HEAD")
    assert f"commit: {head}\n" in result.stdout
    assert '  rate-limit-429: "TODO?"\n' in result.stdout
    assert not (repository.folder / FOLDER).exists()


def test_a_new_file_is_created(
    trackgate: Trackgate, repository: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --create it is written by its canonical name, once; filled in, lint is content with it."""
    monkeypatch.chdir(repository.folder)
    told = (
        "--release",
        "v3.1.0",
        "--operator",
        "lina",
        "--test-app",
        "1029384756",
        "--test-app-created",
        "2026-02-18",
    )
    result = trackgate("evidence", "new", "--create", "--commit", "HEAD", *told)
    file = Path(result.stdout.strip())
    assert (result.exit_code, file.parent) == (0, repository.folder.resolve() / FOLDER)
    assert trackgate("evidence", "lint", file).exit_code == 1
    file.write_text(file.read_text().replace('"TODO?"', "pass"))
    assert trackgate("evidence", "lint", file).exit_code == 0


def test_new_files_that_cannot_be(
    trackgate: Trackgate, repository: LocalRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An unknown commit, and a folder that cannot be made."""
    monkeypatch.chdir(repository.folder)
    result = trackgate("evidence", "new", "--commit", "no-such")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no-such: no such commit here" in result.stderr
    (repository.folder / "docs").write_text("a file")
    result = trackgate("evidence", "new", "--create")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--release", "3.1.0", "a release tag of the policy"),
        ("--operator", "omar", "an operator of the policy (raj, mira, sofia, maya, priya, lina)"),
        ("--test-app", "mine", "Meta's App ID: a whole number"),
        ("--test-app-created", "yesterday", "a day such as 2026-02-18, or a date and time"),
    ],
)
@pytest.mark.parametrize("create", [(), ("--create",)])
def test_values_that_never_count(
    trackgate: Trackgate,
    repository: LocalRepository,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    value: str,
    expected: str,
    create: tuple[str, ...],
) -> None:
    """What lint would refuse is refused at once, in one line that names the option; nothing is written."""
    monkeypatch.chdir(repository.folder)
    result = trackgate("evidence", "new", option, value, *create)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith(f"trackgate evidence new: {option}: expected {expected}")
    assert not (repository.folder / FOLDER).exists()


def test_a_new_file_without_any_commit(
    trackgate: Trackgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of a repository, and in one without a commit, the commit is a placeholder."""
    policy = tmp_path / "policy.yml"
    policy.write_text(SHIPPED)
    assert 'commit: "TODO?"' in trackgate("evidence", "new", "--policy", policy).stdout
    fresh = LocalRepository(tmp_path / "fresh")
    monkeypatch.chdir(fresh.folder)
    assert 'commit: "TODO?"' in trackgate("evidence", "new", "--policy", policy).stdout
