"""`make run` without credentials: the whole story, and one line for what is wrong."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

from demo.__main__ import choose_port
from demo.stage import plain
from demo.terminal import Terminal
from tests.support.service import wait_until

pytestmark = pytest.mark.end_to_end

ROOT = Path(__file__).parents[1]
CREDENTIALS = ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_PRIVATE_KEY_FILE")
STORY_SECONDS = 240.0
ADDRESS = r"^(?:  \w.*?|All .*) (http://\S+)$"
"""A line that offers something to look at."""
README = (ROOT / "README.md").read_text(encoding="utf-8")


def environment(**variables: str) -> dict[str, str]:
    """This environment without any App's credentials, for a demo that runs in another folder."""
    clean = {name: value for name, value in os.environ.items() if name not in CREDENTIALS}
    return {**clean, "PYTHONPATH": str(ROOT), "POLICY_DIR": str(ROOT / "policies"), **variables}


def run_demo(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`make run RUN_OPTIONS=--once`, with its files in `folder`."""
    command = [sys.executable, "-m", "demo", "--once"]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=STORY_SECONDS,
        check=False,
    )


STORY = (
    r"#1 is asked of: raj, maya",
    r"open  gate          Open: backend; 2 approvals, 1 check",
    r"waiting  #4 airbyte  by maya   Waiting for the author \(draft\), sofia",
    r"waiting  #6 docs     by raj    Waiting for mira\n",
    r"closed  #2  Blocked: priya requested changes",
    r"closed  #3  Blocked: held by raj: waiting for the data contract",
    r"waiting  #7  Waiting for raj, maya, mira, track / airbyte",
    r"raj comments on #8: /gate release v3\.1\.0\n    Armed by raj: the head of `main` is tagged",
    r"waiting  tracks              backend: #1 is still open \(milestone v3\.1\.0\); dbt: #2 is still open",
    r"waiting  evidence            no evidence under docs/project/evidence/meta-validation counts",
    r"waiting  sign-offs           raj has yet to confirm contract-freeze, rollout-readiness; mira has yet",
    r"open  #1 (?s:.*)open  #6 (?s:.*)open  tracks  all merged",
    r"closed  staging validation  result fail; scenario rate-limit-429 failed",
    r"waiting  sign-offs  mira has yet to confirm",
    r"pushes a fix straight to main",
    r"waiting  tracks     backend: last changed by \w+: track / backend has not started yet",
    r"closed  evidence   \w+\.md does not hold: made for \w+; changed since: backend/app/sync\.py",
    r"waiting  sign-offs  raj has yet to confirm",
    r"closed  tracks  backend: last changed by \w+: track / backend ended with failure",
    r"open  tracks  all merged",
    r"open  staging validation  priya validated staging: 4 scenarios passed",
    r"Next: mira: comment `/gate approve contract-freeze rollout-readiness`",
    r"open  sign-offs  confirmed by raj, mira",
    r"open  gate/release  Released: v3\.1\.0",
    r"tag      v3\.1\.0 \(annotated\) on (?P<commit>[0-9a-f]{40}), the head of main",
    r"release  published by trackgate\[bot\], with trackgate-release-record\.json \(\d{4} bytes\)",
    r"v3\.1\.0 is verified: the release gate was open for (?P=commit)",
    r"sign-off    rollout-readiness by mira for (?P=commit)",
    r"#9 by trackgate\[bot\]: Release tag v3\.2\.0 appeared without an open release gate \(who: omar\)",
    r"The tag was deleted again",
    r"The tags are as they were before: v3\.1\.0 at (?P<object>[0-9a-f]{40})\n",
    r"#10 by trackgate\[bot\]: Release tag v3\.1\.0 was moved \(who: omar\)",
    r"The tags are as they were before: v3\.1\.0 at (?P=object)\n",
    r"approved: `v3\.1\.0` was released by the gate at (?P=commit)\.",
    r"rejected: (?P=commit) was released as `v3\.1\.0`; deploy that tag, not `main`\.",
    r"whole: \d+ entries\n    head: [0-9a-f]{64}\n",
)
"""What the story has to say, in this order."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that one run of the story printed; a real service's signing key in the environment is left alone."""
    ended = run_demo(tmp_path_factory.mktemp("story"), RELEASE_SIGNING_KEY="none of the sandbox's")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_story_is_told_to_its_end(told: str) -> None:
    """From six open pull requests to a tagged release; what is missing blocks it, and nothing gets around it.

    Sandbox, service and PostgreSQL start, every step gets its answer from GitHub, and all of it stops.
    """
    for steps in range(1, len(STORY) + 1):
        assert re.search("(?s:.*?)".join(STORY[:steps]), told), f"{STORY[steps - 1]}\n{told}"


def test_what_has_ended_is_not_offered(told: str) -> None:
    """With --once nothing is left to look at: no address and no command that would need a server."""
    assert not re.findall(ADDRESS, told, flags=re.MULTILINE)
    assert "curl" not in told


def test_a_command_that_was_run_can_be_repeated(told: str) -> None:
    """The line is shown with the one variable that it needs."""
    (line,) = re.findall(r"^    \$ (.*trackgate audit verify)$", told, flags=re.MULTILINE)
    name, _, address = shlex.split(line)[0].partition("=")
    assert (name, address.startswith("postgresql://postgres@/trackgate?host=")) == ("DATABASE_URL", True)


def test_readmes_report_is_one_of_the_story(told: str) -> None:
    """The rows, status and next action that the README shows stand in the story, but for SHAs and times."""
    found = re.search(r"<!-- report: begin -->(.+)<!-- report: end -->", README, flags=re.DOTALL)
    assert found is not None
    shown = plain(re.sub(r"^> ?", "", found[1], flags=re.MULTILINE))
    rows = re.findall(r"^\| (\S+) \| ([a-z -]+) \| (.+?) \|", shown, flags=re.MULTILINE)
    assert [name for _, name, _ in rows] == ["tracks", "staging validation", "evidence", "sign-offs"]
    words = {"✅": "open", "❌": "closed", "🕓": "waiting"}
    lines = [f"{words[mark]}  {name}  {reason}" for mark, name, reason in rows]
    lines += re.findall(r"^(?:Armed|Next:) .+$", shown, flags=re.MULTILINE)
    assert len(lines) == 6
    there = changing(" ".join(told.split()))
    for line in lines:
        assert changing(" ".join(line.split())) in there, line


def changing(text: str) -> str:
    """With the parts taken out that differ from run to run: timestamps of evidence, and short SHAs."""
    return re.sub(r"\b(?:\d{8}T\d{6}Z|[0-9a-f]{7})\b", "…", text)


@pytest.mark.chaos
def test_the_story_goes_on_by_hand(tmp_path: Path) -> None:
    """Afterwards all addresses answer, the printed command is obeyed as Raj's own, and Ctrl-C ends all of it."""
    command = [sys.executable, "-m", "demo"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = ""
            for line in process.stdout:
                told += line
                if line.startswith("Ctrl-C stops everything."):
                    break
            addresses = re.findall(ADDRESS, told, flags=re.MULTILINE)
            assert len(addresses) >= 4, told
            for address in addresses:
                assert urllib3.request("GET", address).status == 200, address
            comments = comment_by_hand(told, tmp_path)
            wait_until(lambda: "A dry run" in urllib3.request("GET", comments).data.decode(), what="the answer")
            assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("var/run/*.token")} == {
                f"{login}.token": 0o600 for login in ("raj", "mira", "maya")
            }
            assert verify_by_hand(told) == 0
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
        finally:
            process.terminate()


def comment_by_hand(told: str, folder: Path) -> str:
    """Do what the printed curl command does; returns the address it goes to."""
    (by_hand,) = re.findall(r"^  (curl .+)$", told, flags=re.MULTILINE)
    match shlex.split(by_hand):
        case ["curl", "-s", "-H", authorised, address, "-d", body]:
            found = re.fullmatch(r"Authorization: Bearer \$\(cat (\S+)\)", authorised)
            assert found is not None, authorised
            headers = {"Authorization": f"Bearer {(folder / found[1]).read_text()}"}
            assert urllib3.request("POST", address, body=body, headers=headers).status == 201
            return address
        case words:
            pytest.fail(f"not as curl wants it: {words}")


def verify_by_hand(told: str) -> int:
    """Do what the printed line about the log says, with no other variable; returns the exit code."""
    (by_hand,) = re.findall(r"^  (DATABASE_URL=.+)$", told, flags=re.MULTILINE)
    address, program, *arguments = shlex.split(by_hand)
    variables = {"PATH": os.environ["PATH"], "DATABASE_URL": address.partition("=")[2]}
    return subprocess.run([ROOT / program, *arguments], env=variables, check=False, timeout=60).returncode


def test_another_port_than_the_usual_one_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, before anything listens; nothing is said while the usual one is free."""
    monkeypatch.delenv("PORT", raising=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        usual = taken.getsockname()[1]
        monkeypatch.setattr("demo.__main__.DEFAULT_PORT", usual)
        found = choose_port(Terminal())
        assert capsys.readouterr().out == (
            f"Port {usual} is in use: the service listens on {found} (set PORT to choose)\n"
        )
    assert found != usual
    assert (choose_port(Terminal()), capsys.readouterr().out) == (usual, "")


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """Whoever answers there already is not taken for the service."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run_demo(tmp_path, PORT=str(port))
    assert (ended.returncode, ended.stderr) == (2, f"make run: PORT: {port} is in use\n")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "abc", "make run: PORT: must be a whole number from 1 to 65535\n"),
        ("POLICY_DIR", "nowhere", "make run: POLICY_DIR: is not a folder\n"),
        ("GITHUB_APP_PRIVATE_KEY_FILE", "nowhere", "trackgate: GITHUB_APP_PRIVATE_KEY_FILE: cannot read the file"),
    ],
)
def test_a_wrong_variable_is_named_in_one_line(tmp_path: Path, name: str, value: str, said: str) -> None:
    """The terminal says it, not only a log."""
    ended = run_demo(tmp_path, **{name: value})
    assert ended.returncode == 2
    assert ended.stderr.startswith(said)
    assert ended.stderr.count("\n") == 1
