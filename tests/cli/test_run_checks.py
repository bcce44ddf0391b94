"""`trackgate run-checks`: the commands of a track, run for real in a real repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.track_commands import CommandResult, summary
from tests.support.local_repository import LocalRepository
from tests.support.policy_texts import SMALL

pytestmark = pytest.mark.end_to_end

ROOT = Path(__file__).parents[2]
PASSES = "pwd > where && echo one"
FAILS = "echo two; exit 3"


def with_commands(*commands: str) -> str:
    """The small policy whose track `api` has these commands."""
    data = yaml.safe_load(SMALL)
    data["scope_date"] = "2026-02-19"
    data["tracks"]["api"]["commands"] = list(commands)
    return yaml.safe_dump(data)


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the command in a process of its own: what its children print goes where a terminal would see it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "POLICY_"))}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", "run-checks", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def shop(tmp_path: Path) -> LocalRepository:
    """A repository with a policy of its own on `main`."""
    made = LocalRepository(tmp_path / "shop")
    made.commit({".github/trackgate.yml": with_commands(PASSES, FAILS, "echo three"), "api/a": "a", "web/w": "w"})
    return made


def test_commands_run_in_order_up_to_the_first_failure(shop: LocalRepository) -> None:
    """From the root, wherever it is called; the third command is not run; the exit code says no."""
    answer = run(shop.folder / "api", "api")
    assert answer.returncode == 1
    lines = answer.stdout.splitlines()
    assert lines.index(f"$ {PASSES}") < lines.index("one") < lines.index(f"$ {FAILS}") < lines.index("two")
    assert "three" not in lines
    assert lines[-1] == f"Track api: failed with exit code 3: {FAILS}"
    assert (shop.folder / "where").read_text().strip() == str(shop.folder.resolve())


def test_all_passed(shop: LocalRepository, tmp_path: Path) -> None:
    """Every command passed: 0. A failure inside a pipe is a failure, as in GitHub Actions."""
    policy = tmp_path / "policy.yml"
    policy.write_text(with_commands("true", "echo done"))
    answer = run(shop.folder, "api", "--policy", str(policy))
    assert (answer.returncode, answer.stdout.splitlines()[-1]) == (0, "Track api: all passed")
    policy.write_text(with_commands("false | cat"))
    assert run(shop.folder, "api", "--policy", str(policy)).returncode == 1


def test_the_base_decides_not_the_pull_request(shop: LocalRepository) -> None:
    """A branch that takes the failing command out of its own policy still runs what the base says."""
    base = shop.git("rev-parse", "HEAD")
    shop.branch()
    shop.commit({".github/trackgate.yml": with_commands("true")})
    assert run(shop.folder, "api").returncode == 0
    answer = run(shop.folder, "api", "--base", base)
    assert answer.returncode == 1
    assert f".github/trackgate.yml at {base[:7]}" in answer.stdout
    assert "the base's, which a pull request cannot change" in answer.stdout


def test_a_policies_folder_of_the_pull_request_is_not_taken(shop: LocalRepository, tmp_path: Path) -> None:
    """Where the base has no policy, a folder `policies/` that the branch brings along does not step in."""
    base = shop.commit({".github/trackgate.yml": None})
    shop.commit({"policies/own.yml": with_commands("true")})
    answer = run(shop.folder, "api", "--base", base)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "no .github/trackgate.yml at" in answer.stderr
    folder = tmp_path / "told"
    folder.mkdir()
    (folder / "policy.yml").write_text(with_commands("true"))
    assert run(shop.folder, "api", "--base", base, POLICY_DIR=str(folder)).returncode == 0


def test_in_actions_there_are_groups_and_a_summary(shop: LocalRepository, tmp_path: Path) -> None:
    """Each command is a group, and the step summary has one row for each, with those that were not run."""
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    answer = run(shop.folder, "api", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(file))
    lines = answer.stdout.splitlines()
    assert lines.index(f"::group::{PASSES}") < lines.index("one") < lines.index("::endgroup::")
    rows = [[cell.strip() for cell in line.split(" | ")] for line in file.read_text().splitlines() if "`" in line]
    assert file.read_text().startswith("before\n### Track `api`\n")
    assert rows[-3][0] == f"| `{PASSES}`"
    assert rows[-3][1] == "passed"
    assert "failed with exit code 3" in rows[-2]
    assert rows[-1][1:] == ["not run", "|"]


def test_a_command_cannot_write_anything_else_into_the_summary() -> None:
    """Markdown, a mention, a bar or a mark-up tag in a command stays text within its cell."""
    text = summary("api", "p.yml", [CommandResult("echo `a` | cat <b> @acme/all\\", -9, 1.25)])
    [row] = [line for line in text.splitlines() if "acme" in line]
    assert row == "| ``echo `a` \\| cat <b> @acme/all\\`` | ended by signal 9 | 1.2 |"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nope",), "has no track nope; its tracks are api, web"),
        ((), "name a track, or give --list BASE HEAD"),
        (("api", "--list", "main", "main"), "name a track, or give --list BASE HEAD"),
        (("api", "--base", "nowhere"), "no such commit"),
        (("api", "--policy", "nowhere.yml"), "cannot be read"),
        (("api", "--repository", ".."), "not a git repository"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    shop: LocalRepository, arguments: tuple[str, ...], reason: str
) -> None:
    """What the caller can put right is said on standard error, and nothing is run."""
    answer = run(shop.folder, *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert reason in answer.stderr


def test_an_invalid_policy_is_told_with_its_lines(shop: LocalRepository) -> None:
    """A broken policy runs nothing, and each problem is a line with file, line and key."""
    shop.commit({".github/trackgate.yml": "version: 2\n"})
    answer = run(shop.folder, "api")
    assert answer.returncode == 2
    assert ".github/trackgate.yml of the working tree:1: version: expected" in answer.stderr


def test_list_of_touched_tracks(shop: LocalRepository) -> None:
    """Tracks with commands that the branch touches since it left the base, as JSON for a workflow's matrix."""
    shop.branch()
    shop.commit({"web/w": "changed", "README.md": "new"})
    assert json.loads(run(shop.folder, "--list", "main", "HEAD").stdout) == []
    shop.git("mv", "api/a", "web/a")
    shop.commit()
    answer = run(shop.folder, "--list", "main", "HEAD")
    assert (answer.returncode, answer.stdout) == (0, '["api"]\n')
    # What came to the base since belongs to nobody's branch.
    shop.git("checkout", "--quiet", "-B", "later", "main")
    shop.commit({"api/b": "b"})
    assert run(shop.folder, "--list", "later", "feature").stdout == '["api"]\n'
    assert run(shop.folder, "--list", "feature", "main").stdout == "[]\n"


def test_a_track_without_commands_has_nothing_to_run(shop: LocalRepository) -> None:
    """Such a track passes, and says why."""
    answer = run(shop.folder, "web")
    assert (answer.returncode, answer.stdout.splitlines()[-1]) == (0, "Track web: it has no commands")
