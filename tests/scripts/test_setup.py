"""`scripts/setup` on machines that are not ready: one line that says what to do. (That it works: every CI run.)"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with what the script needs, whose packages are none."""
    for name in ("scripts/setup", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").touch()
    return tmp_path


def setup(project: Path, python: str | None) -> subprocess.CompletedProcess[str]:
    """Run it where the only `python3` is the given shell script (None: no Python at all)."""
    programs = project / "programs"
    shutil.rmtree(programs, ignore_errors=True)
    programs.mkdir()
    for name in ("cat", "cksum", "dirname", "find", "mkdir", "rm", "sh"):
        (programs / name).symlink_to(shutil.which(name) or name)
    if python is not None:
        (programs / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (programs / "python3").chmod(0o755)
    command = [programs / "sh", "scripts/setup"]
    environment = {"PATH": str(programs)}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def test_no_python_that_is_new_enough(project: Path) -> None:
    """None at all, and one that is too old, are told in the same words; nothing is made."""
    for python in (None, "exit 1"):
        run = setup(project, python)
        assert run.returncode == 1
        assert run.stderr.startswith("setup: no Python 3.11 or newer found;")
        assert run.stderr.count("\n") == 1
    assert not (project / ".venv").exists()


def test_python_without_ensurepip(project: Path) -> None:
    """As on Debian without its package: the line names the package to install."""
    run = setup(project, 'case "$2" in *ensurepip*) exit 1;; *version_info\\[*) echo 3.12;; esac')
    assert run.returncode == 1
    assert run.stderr.endswith(
        "cannot make virtual environments; on Debian or Ubuntu: apt-get install python3.12-venv\n"
    )
    assert not (project / ".venv").exists()


def test_killed_setup_starts_over(project: Path) -> None:
    """With the mark of an unfinished setup nothing in .venv is trusted; the mark goes only at the end."""
    venv = project / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_text("#!/bin/sh\nexit 0\n")
    (venv / "bin" / "python").chmod(0o755)
    (venv / "half").touch()
    (venv / "unfinished").touch()
    run = setup(project, 'if [ "$2" = venv ]; then exit 9; fi')
    assert run.returncode == 9, "the new environment can't be made here, which is not the point"
    assert sorted(path.name for path in venv.iterdir()) == ["unfinished"]


def test_finished_setup_is_left_alone(project: Path) -> None:
    """The second time nothing is installed; after a change of the packages it is, without starting over."""
    venv = project / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_text(f"#!/bin/sh\necho \"$@\" >> '{project}/calls'\n")
    (venv / "bin" / "python").chmod(0o755)
    first = setup(project, "exit 0")
    assert (first.returncode, first.stdout) == (0, "setup: installing the pinned packages\n")
    assert (venv / "finished").exists()
    assert "--require-hashes" in (project / "calls").read_text()
    assert setup(project, "exit 0").stdout == ""
    (project / "requirements" / "dev.txt").write_text("# changed\n")
    assert setup(project, "exit 0").stdout == "setup: installing the pinned packages\n"
