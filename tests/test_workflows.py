"""The workflow files of governed repositories: their names, pins and rights, and their steps run for real."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.core.checks import check_name
from bot.records.keys import SigningKey
from bot.records.record import make_record
from scripts.check_workflows import actionlint, zizmor
from tests.contract.fetch import FetchError
from tests.support.local_repository import LocalRepository
from tests.support.policy_texts import SMALL
from tests.support.records import TAG, release_claim

pytestmark = pytest.mark.end_to_end

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
OURS = [file for file in FILES if file.name.startswith("trackgate-")]


def load(name: str) -> dict[str, Any]:
    """One workflow; `on` is a boolean to YAML 1.1, so everything is read as text."""
    data = yaml.load((FOLDER / name).read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 - makes text only
    assert isinstance(data, dict)
    return data


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of every job."""
    for job in workflow["jobs"].values():
        yield from job.get("steps", [])


def script(name: str, job: str, step: str) -> str:
    """The script of one step."""
    [found] = [one for one in load(name)["jobs"][job]["steps"] if one.get("name") == step]
    return str(found["run"])


def test_there_are_three() -> None:
    """Checks, verification, publishing; the tests below are about files that are there."""
    names = [file.name for file in OURS]
    assert names == ["trackgate-checks.yml", "trackgate-release.yml", "trackgate-verify.yml"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_actions_are_pinned_by_commit(file: Path) -> None:
    """Every action is named by a full commit SHA, with its version beside it."""
    uses = re.findall(r"uses: (\S+)(.*)", file.read_text("utf-8"))
    for action, comment in uses:
        if action.startswith("./"):
            assert (ROOT / action).is_file()
            continue
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
        assert re.match(r" # v\d+\.\d+\.\d+", comment), action


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_least_permissions(file: Path) -> None:
    """Nothing is granted to all jobs, each job may only read contents, and no checkout leaves its token behind."""
    workflow = load(file.name)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
    for step in steps(workflow):
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] == "false"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_expression_inside_a_script(file: Path) -> None:
    """What GitHub puts into a script would be run: values get there by the environment."""
    assert [step["run"] for step in steps(load(file.name)) if "${{" in step.get("run", "")] == []


def test_names_of_check_runs() -> None:
    """The job of a track is `track / <track>`, and the other job cannot be taken for one."""
    jobs = load("trackgate-checks.yml")["jobs"]
    assert jobs["track"]["name"] == check_name("${{ matrix.track }}")
    assert jobs["track"]["strategy"]["matrix"] == {"track": "${{ fromJSON(needs.changes.outputs.tracks) }}"}
    assert jobs["track"]["strategy"]["fail-fast"] == "false"
    assert not jobs["changes"]["name"].startswith("track /")


def test_no_filter_keeps_a_check_from_starting() -> None:
    """No path or branch filter, and merge groups too: a required check that never starts would wait for ever."""
    events = load("trackgate-checks.yml")["on"]
    assert set(events) == {"pull_request", "merge_group"}
    assert set(events["pull_request"]) == {"types"}
    assert {"opened", "synchronize", "reopened", "edited"} <= set(events["pull_request"]["types"])


def test_publishing_waits_for_the_record_and_the_environment() -> None:
    """What is published is the commit that was verified, from the protected environment."""
    jobs = load("trackgate-release.yml")["jobs"]
    assert (jobs["publish"]["needs"], jobs["publish"]["environment"]) == ("verified", "production")
    assert "if" not in jobs["publish"], "a condition such as always() would publish without verification"
    assert jobs["publish"]["steps"][0]["with"]["ref"] == "${{ needs.verified.outputs.commit }}"
    assert set(load("trackgate-verify.yml")["on"]) == {"workflow_call"}


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """What a step finds in its environment; Trackgate is installed where the workflow puts it."""
    program = tmp_path / "runner" / "trackgate" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o755)
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "RUNNER_TEMP": str(tmp_path / "runner"), "GITHUB_OUTPUT": str(tmp_path / "output")}


def run(text: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a step's script as the runner does."""
    command = ["bash", "-e", "-c", text]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_checks_workflow_runs_the_bases_commands(tmp_path: Path, runner: dict[str, str]) -> None:
    """Its own scripts, on a branch that changes the track, weakens its policy and brings modules to hide ours."""
    shop = LocalRepository(tmp_path / "shop")
    base = shop.commit({".github/trackgate.yml": SMALL.replace("make test", "echo ran; exit 3"), "api/a": "a"})
    shop.branch()
    hostile = {"bot/__init__.py": "raise SystemExit(0)", "types.py": "raise SystemExit(0)"}
    head = shop.commit({".github/trackgate.yml": SMALL.replace("make test", "true"), "api/a": "b", **hostile})
    environment = {**runner, "BASE_SHA": base, "HEAD_SHA": head, "TRACK": "api"}
    listed = run(
        script("trackgate-checks.yml", "changes", "List the tracks that it touches"), shop.folder, environment
    )
    assert listed.returncode == 0, listed.stderr
    name, _, tracks = (tmp_path / "output").read_text().partition("=")
    assert (name, json.loads(tracks)) == ("tracks", ["api"])
    ran = run(script("trackgate-checks.yml", "track", "Run the track's commands"), shop.folder, environment)
    assert (ran.returncode, "\nran\n" in ran.stdout) == (1, True), ran.stderr


def test_the_list_fails_when_it_cannot_be_made(tmp_path: Path, runner: dict[str, str]) -> None:
    """No list is no empty list: the job fails, so that no track counts as untouched."""
    shop = LocalRepository(tmp_path / "shop")
    base = shop.commit({"api/a": "a"})
    environment = {**runner, "BASE_SHA": base, "HEAD_SHA": base}
    listed = run(
        script("trackgate-checks.yml", "changes", "List the tracks that it touches"), shop.folder, environment
    )
    assert listed.returncode != 0
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize("valid", [True, False])
def test_the_verification_workflow_verifies(tmp_path: Path, runner: dict[str, str], valid: bool) -> None:
    """Its own script, with a record of the tag's commit and with one of another: only the first gives a commit."""
    clone = LocalRepository(tmp_path / "clone")
    other, commit = clone.commit({"a": "1"}), clone.commit({"a": "2"})
    clone.git("tag", "--annotate", "--message=release", TAG)
    key = SigningKey.generate()
    record = make_record(release_claim(commit_sha=commit if valid else other), key)
    (tmp_path / "runner" / "trackgate-release-record.json").write_bytes(record)
    environment = {
        **runner,
        "TAG": TAG,
        "SIGNING_KEY": key.public_pem,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/integration",
    }
    answer = run(script("trackgate-verify.yml", "verify", "Verify it"), clone.folder, environment)
    assert (answer.returncode == 0) is valid, answer.stderr
    output = tmp_path / "output"
    assert (output.read_text() if output.exists() else "") == (f"commit={commit}\n" if valid else "")


def test_zizmor_sees_faults(tmp_path: Path) -> None:
    """The audit accepts what is here and refuses a workflow that runs a pull request's title."""
    assert zizmor(ROOT) == 0
    assert zizmor(broken(tmp_path)) != 0


def test_actionlint_sees_faults(tmp_path: Path) -> None:
    """The check accepts what is here and refuses a value that does not exist."""
    try:
        assert actionlint(ROOT) == 0
    except (FetchError, FileNotFoundError) as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"actionlint is not here: {error}")
    assert actionlint(broken(tmp_path)) == 1


def broken(folder: Path) -> Path:
    """A copy of the workflows, one of which is wrong."""
    shutil.copytree(FOLDER, folder / ".github" / "workflows")
    text = "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
    text += "      - run: echo ${{ github.event.pull_request.title }} ${{ matrix.nothing }}\n"
    (folder / ".github" / "workflows" / "wrong.yml").write_text(text)
    return folder
