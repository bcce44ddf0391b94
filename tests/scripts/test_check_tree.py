"""`scripts/check_tree.py` finds what must not be in the tree, says where, and never repeats it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.local_repository import LocalRepository

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "check_tree.py"


@pytest.fixture
def tree(tmp_path: Path) -> LocalRepository:
    """A repository that has the script, as this one does."""
    made = LocalRepository(tmp_path / "tree")
    made.commit({"scripts/check_tree.py": SCRIPT.read_text(encoding="utf-8"), ".gitignore": "ignored\n"})
    return made


def check(tree: LocalRepository) -> tuple[int, list[str]]:
    """Exit code and lines."""
    command = [sys.executable, str(tree.folder / "scripts" / "check_tree.py")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    return run.returncode, run.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("see https://py" + "pi.org/simple for it", "the address of a package registry"),
        ('"resolved": "https://registry.npm' + 'js.org/x.tgz"', "the address of a package registry"),
        ("--ind" + "ex-url https://example.com", "an option that names a package index"),
        ("open('/ho" + "me/somebody/file')", "a path of one machine"),
        ("cd /ro" + "ot/project", "a path of one machine"),
        ("-----BEG" + "IN RSA PRIVATE KEY-----", "a private key"),
        ("token = 'gh" + "s_" + "a1" * 18 + "'", "a GitHub token"),
    ],
)
def test_finding_names_file_and_line_only(line: str, what: str, tree: LocalRepository) -> None:
    """Each kind is found, in a file that git tracks and in a new one; the text itself is not printed."""
    for name in ("tracked.txt", "new.txt"):
        (tree.folder / name).write_text(f"first\n{line}\n", encoding="utf-8")
        if name == "tracked.txt":
            tree.commit()
    assert check(tree) == (1, [f"new.txt:2: {what}", f"tracked.txt:2: {what}"])


@pytest.mark.parametrize(
    "line",
    [
        "https://api.github.com/user",
        "GET /repos/o/r/git/refs/heads/ho" + "me/x",
        "a relative docs/ho" + "me/page.md",
        "the PyPI package",
        "-----BEG" + "IN PUBLIC KEY-----",
        "pattern = r'-----BEG" + "IN RSA PRIVATE KEY-----'",
        "gh" + "s_short",
        "#!/usr/bin/env bash",
    ],
)
def test_ordinary_lines_are_fine(line: str, tree: LocalRepository) -> None:
    """What only looks similar is not found, and ignored, binary and linked files are no matter."""
    tree.commit({"file.txt": f"{line}\n", "binary": b"\xff\x00\n"})
    (tree.folder / "link").symlink_to("/etc")
    (tree.folder / "ignored").write_text("/ho" + "me/somebody\n", encoding="utf-8")
    assert check(tree) == (0, [])


def test_this_tree_is_clean() -> None:
    """The script finds nothing in this repository, itself and these tests included."""
    run = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "")
