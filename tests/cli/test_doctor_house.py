"""`trackgate doctor`, as people call it: our own house, one thing wrong at a time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.core.model import State
from bot.core.unsettled import TO_CHECK
from bot.store.log import Entry, Kind, append
from bot.store.parking import park
from bot.store.queue import SWEEP_JOB
from tests.cli.conftest import Trackgate
from tests.support.builders import NOW
from tests.support.clinic import Clinic
from tests.support.service import free_port

pytestmark = pytest.mark.end_to_end


def test_no_baseline(clinic: Clinic, database_url: str) -> None:
    """Before the first look at the tags none of them is guarded; the service may not know of the repository."""
    clinic.protect()
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM tag_baselines")
        connection.execute("DELETE FROM installations")
    assert clinic.examine().exit_code == 1
    (found,) = clinic.about("failure", "tag guard")
    assert found.startswith("no baseline of release tags is taken yet")
    assert clinic.about("warning", "service")


def test_a_key_in_the_database_is_warned_of(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a given key one is made at first need: told before and after, and not made by looking."""
    clinic.protect()
    monkeypatch.delenv("RELEASE_SIGNING_KEY")
    clinic.examine()
    assert "will be made here at first need" in clinic.about("warning", "signing key")[0]
    clinic.examine()
    assert "will be made here at first need" in clinic.about("warning", "signing key")[0]
    assert clinic.call("key", "show").exit_code == 0
    clinic.examine()
    assert "was made here" in clinic.about("warning", "signing key")[0]


def _job(connection: psycopg.Connection[Any], *, minutes: int) -> None:
    """A job in the queue that was put there some minutes ago."""
    connection.execute(
        """
        INSERT INTO procrastinate_jobs (queue_name, task_name, queued_at)
        VALUES ('gates', 'sweep', now() - %s * interval '1 minute')
        """,
        [minutes],
    )


def test_jobs_that_nobody_works_off(clinic: Clinic, database_url: str) -> None:
    """A job that waits for a minute is a warning, for ten a failure; one that was given up is a warning."""
    clinic.protect()
    with psycopg.connect(database_url, autocommit=True) as connection:
        _job(connection, minutes=2)
        clinic.examine()
        (found,) = clinic.about("warning", "queue")
        assert "1 job waiting, 0 running; the oldest has waited for 12" in found
        _job(connection, minutes=20)
        clinic.examine()
        (found,) = clinic.about("failure", "queue")
        assert "trackgate worker" in found
        connection.execute("DELETE FROM procrastinate_jobs")
        park(connection, SWEEP_JOB, "RuntimeError: broken", None)
        clinic.examine()
        (found,) = clinic.about("warning", "queue")
        assert "1 job given up" in found


def test_a_broken_log(clinic: Clinic, database_url: str) -> None:
    """What `trackgate audit verify` finds, the doctor finds as well."""
    entry = Entry(Kind.TAGGING, clinic.repository, "v3.1.0", State.SUCCESS, "Tagged", NOW)
    with psycopg.connect(database_url) as connection:
        append(connection, entry)
        connection.execute("ALTER TABLE decisions DISABLE TRIGGER USER")
        connection.execute("UPDATE decisions SET title = 'Refused'")
    clinic.examine()
    (found,) = clinic.about("failure", "decision log")
    assert found.startswith("broken at entry 1: ")


def test_a_database_that_is_not_migrated(
    clinic: Clinic, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can be seen without the database is seen all the same; its own lines end with the schema."""
    clinic.protect()
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    answer = clinic.examine()
    assert answer.exit_code == 1
    (found,) = clinic.about("failure", "schema")
    assert found.endswith("next: whoever runs Trackgate: run `trackgate migrate`")
    assert "decision log" not in answer.stdout
    assert clinic.about("ok", "tag ruleset")


def test_a_database_that_is_read_only(clinic: Clinic, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure with its next step; what can be read is told all the same."""
    clinic.protect()
    clinic.examine()
    assert clinic.about("ok", "writing")
    monkeypatch.setenv("DATABASE_URL", f"{database_url}&options=-cdefault_transaction_read_only%3Don")
    assert clinic.examine().exit_code == 1
    (found,) = clinic.about("failure", "writing")
    assert found.startswith("the database is read-only: deliveries are refused")
    assert "next: whoever runs Trackgate: let it write again" in found
    assert clinic.about("ok", "decision log")


def test_a_database_that_does_not_answer(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told as a failure, without the address and its password; GitHub is looked at all the same."""
    clinic.protect()
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:hunter22@127.0.0.1:{free_port()}/x")
    answer = clinic.examine()
    assert answer.exit_code == 1
    assert clinic.about("failure", "connection")
    assert "hunter22" not in answer.stdout + answer.stderr
    assert clinic.about("ok", "tag ruleset")
    assert "baseline" not in answer.stdout


def test_github_refuses_one_repository(clinic: Clinic) -> None:
    """What may not be read is told with the permission that GitHub names, and the rest is looked at."""
    clinic.protect()
    refused = {"x-accepted-github-permissions": "metadata=read"}
    clinic.github.faults.fail(
        403,
        path=f"/repos/{clinic.repository}/rulesets",
        headers=refused,
        message="Resource not accessible by integration",
        times=None,
    )
    answer = clinic.examine()
    clinic.github.faults.clear()
    assert answer.exit_code == 1
    assert "the rulesets cannot be read" in answer.stdout
    assert "the baseline is taken" in answer.stdout


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (r"/app/installations/\d+$", 403, "give the App this permission: nothing=read"),
        (r"/repos/.*/installation$", 502, "GitHub does not answer (find an installation"),
        ("/graphql", 502, "GitHub does not answer"),
        ("/graphql", 422, "GitHub refuses"),
    ],
)
def test_github_refuses_on_the_way(clinic: Clinic, path: str, status: int, said: str) -> None:
    """Whatever GitHub answers on the way is one finding, never a traceback."""
    clinic.protect()
    headers = {"x-accepted-github-permissions": "nothing=read"}
    clinic.github.faults.fail(status, path=path, headers=headers, message="No", times=None)
    answer = clinic.examine()
    clinic.github.faults.clear()
    assert answer.exit_code == 1
    assert said in answer.stdout


def test_names_of_strangers_cannot_write_on_the_terminal(clinic: Clinic) -> None:
    """A ruleset's name with an escape sequence in it is shown as what it is."""
    clinic.protect(name="\x1b[2Jgone", enforcement="disabled")
    answer = clinic.examine()
    assert "\x1b" not in answer.stdout
    assert "\\x1b[2Jgone" in answer.stdout


def test_what_is_to_be_seen_on_the_real_github_is_listed(clinic: Clinic) -> None:
    """Each open fact with how to see it and what happens otherwise; none of them changes the result."""
    clinic.protect()
    answer = clinic.examine()
    for one in TO_CHECK:
        assert all(part in answer.stdout for part in (one.fact, one.how, one.otherwise))
    assert answer.exit_code == 0


NEEDED = ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET", "DATABASE_URL")


@pytest.mark.parametrize("variable", NEEDED)
def test_it_cannot_run_without_its_environment(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Exit code 2 and one line that names the variable."""
    monkeypatch.delenv(variable)
    answer = clinic.examine()
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"trackgate doctor: {variable}: missing")
    assert answer.stderr.count("\n") == 1


def test_without_any_credentials(trackgate: Trackgate, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that it needs is named at once, and that it looks at a real App: the sandbox has nothing to examine."""
    for name in (*NEEDED, "GITHUB_APP_PRIVATE_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    answer = trackgate("doctor")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == (
        f"trackgate doctor: {', '.join(NEEDED)}: missing; "
        "it looks at a real GitHub App, with its service's variables\n"
    )


def test_the_key_may_be_in_a_file(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key's file is as good as the key; one that is wrong is told of by its own name."""
    clinic.protect()
    (tmp_path / "app.pem").write_text(os.environ["GITHUB_APP_PRIVATE_KEY"])
    monkeypatch.delenv("GITHUB_APP_PRIVATE_KEY")
    monkeypatch.setenv("GITHUB_APP_PRIVATE_KEY_FILE", str(tmp_path / "app.pem"))
    assert clinic.examine().exit_code == 0
    monkeypatch.setenv("GITHUB_APP_PRIVATE_KEY_FILE", str(tmp_path / "none.pem"))
    answer = clinic.examine()
    assert answer.exit_code == 2
    assert answer.stderr.startswith("trackgate doctor: GITHUB_APP_PRIVATE_KEY_FILE: cannot read the file")


@pytest.mark.parametrize("name", ["integration", "a/b/c", "../b c", ""])
def test_half_a_name_is_wrong_use(trackgate: Trackgate, name: str) -> None:
    """Exit code 2, before anything is asked."""
    answer = trackgate("doctor", "--repository", name)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == "trackgate doctor: --repository: must be OWNER/NAME\n"
