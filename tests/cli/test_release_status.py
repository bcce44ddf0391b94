"""`trackgate release status`, as people call it."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from bot.store.installations import remember_installation, suspend_installation
from tests.cli.conftest import Trackgate
from tests.support import release_board as board
from tests.support.release_builders import NOW, TARGET, decide, sign_off
from tests.support.service import free_port, service_environment


@pytest.fixture
def environment(
    trackgate: Trackgate, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """The service's environment, set for the command line."""
    for name, value in service_environment(database_url, tmp_path, 8000).items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def kept(database_url: str, environment: pytest.MonkeyPatch) -> None:
    """One release that waits for Mira, one that GitHub hinders, one made, one cancelled."""
    with psycopg.connect(database_url) as connection:
        board.keep_released(connection, "v3.0.0")
        board.keep_cancelled(connection, "v3.0.1", at=NOW.replace(month=1))
        board.keep_armed(connection, "v3.1.0")
        board.keep_decision(connection, decide(sign_offs=(sign_off("raj", "contract-freeze"),)))
        hindered = board.keep_armed(connection, "v3.0.2", at=NOW.replace(hour=1))
        board.keep_decision(connection, decide(tag="v3.0.2"))
        board.keep_obstacle(connection, hindered)


@pytest.mark.usefixtures("kept")
def test_releases_as_people_read_them(trackgate: Trackgate) -> None:
    """State and commit, the gate's title and rows, what is in the way, and who acts next."""
    answer = trackgate("release", "status", "Meta/Integration")
    assert answer.exit_code == 0
    blocks = [block.splitlines() for block in answer.stdout.strip().split("\n\n")]
    assert [block[0] for block in blocks] == [
        f"v3.1.0  armed  {TARGET}",
        f"v3.0.2  armed  {TARGET}",
        f"v3.0.0  released  {TARGET}",
        "v3.0.1  cancelled  no commit yet",
    ]
    decision = decide(sign_offs=(sign_off("raj", "contract-freeze"),))
    assert decision.next_action is not None
    assert blocks[0][1:3] == [
        "  armed by raj in #7 for the release branch's head, 2026-02-20 15:00 UTC",
        f"  {decision.title}",
    ]
    rows = [f"  {row.state.value:<11}  {row.kind.value:<18}  {row.reason}" for row in decision.rows]
    assert (len(rows), blocks[0][3:7]) == (4, rows)
    assert blocks[0][-1] == f"  next: {decision.next_action.owner}: {decision.next_action.action}"
    assert blocks[1][-2:] == [
        "  in the way: a ruleset does not let the App",
        "  next: a repository administrator: add the App, then recheck",
    ]
    assert [len(block) for block in blocks[2:]] == [2, 2], "nobody has to do anything about these"


@pytest.mark.usefixtures("environment")
def test_a_release_before_its_first_evaluation(trackgate: Trackgate, database_url: str) -> None:
    """It is armed, and nothing is known yet of its gate."""
    with psycopg.connect(database_url) as connection:
        board.keep_armed(connection, "v3.1.0")
    lines = trackgate("release", "status", "meta/integration").stdout.splitlines()
    assert (lines[0], lines[-1]) == ("v3.1.0  armed  no commit yet", "  not judged yet")


@pytest.mark.usefixtures("kept")
def test_releases_as_programs_read_them(trackgate: Trackgate) -> None:
    """One object with everything that the text says."""
    shown = json.loads(trackgate("release", "status", "meta/integration", "--json").stdout)
    assert (shown["version"], shown["repository"]) == (1, "meta/integration")
    waiting, hindered, made, cancelled = shown["releases"]
    assert (waiting["tag"], waiting["state"], waiting["target"], waiting["commit"]) == (
        "v3.1.0",
        "armed",
        None,
        TARGET,
    )
    assert [row["row"] for row in waiting["rows"]] == ["tracks", "staging validation", "evidence", "sign-offs"]
    assert [row["state"] for row in waiting["rows"]] == ["success", "success", "success", "in_progress"]
    decision = decide(sign_offs=(sign_off("raj", "contract-freeze"),))
    assert decision.next_action is not None
    assert waiting["next_action"] == {"owner": decision.next_action.owner, "action": decision.next_action.action}
    assert (hindered["obstacle"], hindered["next_action"]["owner"]) == (
        "a ruleset does not let the App",
        "a repository administrator",
    )
    assert (made["state"], made["commit"], made["next_action"]) == ("released", TARGET, None)
    assert (cancelled["state"], cancelled["gate"], cancelled["rows"]) == ("cancelled", None, [])


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("suspended", [False, True])
def test_no_release(trackgate: Trackgate, database_url: str, suspended: bool) -> None:
    """A repository without any is no error, suspended or not."""
    with psycopg.connect(database_url) as connection:
        remember_installation(connection, 7, ["meta/integration"])
        suspend_installation(connection, 7, suspended=suspended)
    answer = trackgate("release", "status", "Meta/integration")
    assert (answer.exit_code, answer.stdout, answer.stderr) == (0, "no release was ever armed\n", "")
    assert json.loads(trackgate("release", "status", "meta/integration", "--json").stdout)["releases"] == []


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_repository_that_nobody_told_of(trackgate: Trackgate, options: tuple[str, ...]) -> None:
    """The answer is no, in one line: a name mistyped is not a repository without releases."""
    answer = trackgate("release", "status", "meta/integrations", *options)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == "trackgate release status: Trackgate knows no such repository: meta/integrations\n"


def test_names_of_strangers_cannot_write_on_the_terminal(
    trackgate: Trackgate, database_url: str, environment: pytest.MonkeyPatch
) -> None:
    """Whatever stands in a tag or a reason, no escape sequence reaches the terminal."""
    with psycopg.connect(database_url) as connection:
        board.keep_armed(connection, "v\x1b[2J", by="raj\x1b]0;x")
    answer = trackgate("release", "status", "meta/integration")
    assert "\x1b" not in answer.stdout
    assert "v\\x1b[2J" in answer.stdout


@pytest.mark.parametrize("name", ["integration", "a/b/c", "a b/c"])
def test_half_a_name_is_wrong_use(trackgate: Trackgate, name: str) -> None:
    """Exit code 2, before the database is asked."""
    answer = trackgate("release", "status", name)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == "trackgate release status: REPOSITORY: must be OWNER/NAME\n"


def test_without_a_usable_database(
    trackgate: Trackgate, environment: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    """None, one that is not migrated, and one that is not there: exit code 2 and one line without the address."""
    environment.setenv("DATABASE_URL", empty_database_url)
    answers = [trackgate("release", "status", "a/b")]
    environment.setenv("DATABASE_URL", f"postgresql://me:hunter22@127.0.0.1:{free_port()}/x")
    answers.append(trackgate("release", "status", "a/b"))
    environment.delenv("DATABASE_URL")
    answers.append(trackgate("release", "status", "a/b"))
    assert [(answer.exit_code, answer.stderr.count("\n")) for answer in answers] == [(2, 1)] * 3
    assert "trackgate migrate" in answers[0].stderr
    assert "hunter22" not in answers[1].stderr
    assert "DATABASE_URL: missing" in answers[2].stderr
