"""`trackgate doctor`, as people call it: the sandbox as GitHub, a real database, one thing wrong at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import Result

from bot.core.model import State
from bot.core.rulesets import release_ruleset
from bot.core.unsettled import TO_CHECK
from bot.records.keys import SigningKey
from bot.store.installations import remember_installation
from bot.store.log import Entry, Kind, append
from bot.store.tags import take_baseline
from demo.local import EVENTS, PERMISSIONS
from sandbox import Sandbox
from tests.cli.conftest import SHIPPED, Trackgate
from tests.support.builders import NOW, policy
from tests.support.service import free_port, service_environment

POLICY = policy().policy
WARNED = "bypass list not visible"


@dataclass
class Clinic:
    """A repository on the sandbox, with the App installed on it and the service's environment set for it."""

    github: Sandbox
    app: Any
    installation: Any
    repository: str
    call: Callable[..., Result]
    latest: str = ""

    @property
    def ruleset(self) -> dict[str, Any]:
        """The ruleset as it is shipped."""
        return release_ruleset(POLICY, self.app.id)

    def protect(self, **changes: Any) -> None:
        """An administrator makes the shipped ruleset, with these changes."""
        self.github.as_user("raj").create_ruleset(self.repository, {**self.ruleset, **changes})

    def examine(self) -> Result:
        """`trackgate doctor` for this repository."""
        answer = self.call("doctor", "--repository", self.repository)
        self.latest = answer.stdout
        return answer

    def about(self, health: str, check: str) -> list[str]:
        """Of the last examination: the findings of this health on one thing, each with its next step, if any."""
        lines = self.latest.splitlines()
        found = []
        for line, after in zip(lines, [*lines[1:], ""], strict=True):
            if line.startswith(f"  {health:<7}  {check:<14}  "):
                next_step = after.strip() if after.strip().startswith("next: ") else ""
                found.append(f"{line[27:]} | {next_step}".rstrip(" |"))
        return found


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests; each has an owner, an App and a repository of its own."""
    with Sandbox.start(directory=tmp_path_factory.mktemp("github")) as running:
        running.add_user("raj")
        yield running


@pytest.fixture
def clinic(
    github: Sandbox, database_url: str, trackgate: Trackgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Clinic:
    """All is well, but for the ruleset: the policy in the repository, its baseline taken, a key of one's own."""
    number = len(github.world.repositories)
    name = f"owner{number}/integration"
    app = github.register_app(slug=f"trackgate-{number}", permissions=PERMISSIONS, events=list(EVENTS))
    github.import_repository(name, files={".github/trackgate.yml": SHIPPED}, collaborators={"raj": "admin"})
    installation = github.install(app, name)
    with psycopg.connect(database_url) as connection:
        remember_installation(connection, installation.id, [name])
        take_baseline(connection, name, {"v1.0.0": "a" * 40}, NOW, POLICY.release.tags)
    policies = tmp_path / "policies"
    policies.mkdir()
    more = {
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_APP_PRIVATE_KEY": app.private_key_pem,
        "GITHUB_API_URL": github.url,
        "RELEASE_SIGNING_KEY": SigningKey.generate().private_pem().decode(),
    }
    for variable, value in service_environment(database_url, policies, 8000, **more).items():
        monkeypatch.setenv(variable, value)
    return Clinic(github, app, installation, name, trackgate)


def test_all_is_well(clinic: Clinic) -> None:
    """With the shipped ruleset nothing fails; that the bypass list cannot be seen is the only warning."""
    clinic.protect()
    answer = clinic.examine()
    assert answer.exit_code == 0, answer.stdout
    assert answer.stdout.splitlines()[-1].endswith(" ok, 1 warning, 0 failures")
    (warned,) = clinic.about("warning", "tag ruleset")
    assert WARNED in warned
    for check in ("connection", "schema", "queue", "signing key", "decision log", "credentials", "permissions"):
        assert clinic.about("ok", check), check
    for check in ("events", "policy", "release branch", "tag ruleset", "tag guard"):
        assert clinic.about("ok", check), check


def test_the_whole_is_looked_at_without_naming_a_repository(clinic: Clinic) -> None:
    """All repositories of all installations; one that no policy is for is passed over."""
    clinic.protect()
    clinic.github.import_repository(f"{clinic.repository}-other", files={"README.md": "# Nothing\n"})
    clinic.github.change_installation(clinic.installation, f"{clinic.repository}-other", add=True)
    answer = clinic.call("doctor")
    assert (answer.exit_code, clinic.repository in answer.stdout) == (0, True)
    assert "-other" not in answer.stdout


def test_a_repository_without_a_policy_is_told_when_it_is_named(clinic: Clinic) -> None:
    """A warning, with what to do about it."""
    name = f"{clinic.repository}-other"
    clinic.github.import_repository(name, files={"README.md": "# Nothing\n"})
    clinic.github.change_installation(clinic.installation, name, add=True)
    answer = clinic.call("doctor", "--repository", name)
    assert answer.exit_code == 0
    assert "no policy is for this repository" in answer.stdout


def test_ruleset_missing(clinic: Clinic) -> None:
    """Nobody protects release tags: a failure, and the administrators import the shipped ruleset."""
    assert clinic.examine().exit_code == 1
    assert clinic.about("failure", "tag ruleset") == [
        "missing: no ruleset restricts who makes, moves or deletes release tags | "
        "next: repository administrators: import what `trackgate ruleset` prints"
    ]


@pytest.mark.parametrize(
    ("changes", "reason", "cure"),
    [
        ({"enforcement": "disabled"}, "disabled: release-tags: it is disabled", "set its enforcement to active"),
        ({"enforcement": "evaluate"}, "evaluate mode: release-tags: it is in evaluate mode", "active"),
        (
            {"conditions": {"ref_name": {"include": ["refs/tags/release-*"], "exclude": []}}},
            "matches nothing: release-tags: no release tag matches it",
            "give it the targets that `trackgate ruleset` prints",
        ),
        (
            {"bypass_actors": []},
            "App not in the bypass list: release-tags: this App is not in its bypass list",
            "add this App (ID {app}) to its bypass list, always",
        ),
    ],
    ids=["disabled", "evaluate mode", "matching nothing", "App not in its bypass list"],
)
def test_ruleset(clinic: Clinic, changes: Mapping[str, Any], reason: str, cure: str) -> None:
    """Each way in which a ruleset that is there does not protect is a failure with its own next step."""
    clinic.protect(**changes)
    assert clinic.examine().exit_code == 1
    (found,) = clinic.about("failure", "tag ruleset")
    assert found.startswith(reason)
    assert cure.format(app=clinic.app.id) in found
    assert not clinic.about("ok", "tag ruleset")


def test_a_permission_that_the_installation_has_not_granted(clinic: Clinic) -> None:
    """The App asks, and the owner has not accepted: the owner is the one who acts."""
    clinic.protect()
    clinic.installation.permissions["contents"] = "read"
    assert clinic.examine().exit_code == 1
    owner = clinic.repository.partition("/")[0]
    assert clinic.about("failure", "permissions") == [
        "Contents: write is not granted (read is): "
        "no release tag can be made, nor any policy be read without read | "
        f"next: an owner of {owner}: accept the permissions that the App asks for "
        "(Settings, GitHub Apps, Configure)"
    ]


def test_a_permission_and_an_event_that_the_app_does_not_ask_for(clinic: Clinic) -> None:
    """Told once, of the App, whose owner acts; not again of each installation."""
    clinic.protect()
    del clinic.app.permissions["deployments"]
    del clinic.installation.permissions["deployments"]
    clinic.app.events.remove("deployment_protection_rule")
    assert clinic.examine().exit_code == 1
    assert clinic.about("failure", "permissions") == [
        "Deployments: write is not asked for (no access is): no deployment can be answered | "
        "next: the owner of the GitHub App: give it Deployments: write"
    ]
    (event,) = clinic.about("failure", "events")
    assert event.startswith("not told of deployment_protection_rule | ")


def test_the_apps_key_is_not_taken(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of another App: a failure that names the two variables, and no key."""
    other = clinic.github.register_app(slug=f"other-{clinic.app.id}", permissions={}, events=[])
    monkeypatch.setenv("GITHUB_APP_PRIVATE_KEY", other.private_key_pem)
    answer = clinic.examine()
    assert answer.exit_code == 1
    (found,) = clinic.about("failure", "credentials")
    assert "GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY" in found
    assert "PRIVATE KEY-----" not in answer.stdout
    assert clinic.about("ok", "decision log"), "what does not need GitHub is looked at all the same"


def test_github_does_not_answer(clinic: Clinic) -> None:
    """An outage is told as one."""
    clinic.github.faults.fail(502, method="GET", path="/app$")
    answer = clinic.examine()
    assert answer.exit_code == 1
    assert "GitHub does not answer" in answer.stdout


def test_not_installed(clinic: Clinic) -> None:
    """A repository that the App is not installed on."""
    answer = clinic.call("doctor", "--repository", "nobody/nothing")
    assert answer.exit_code == 1
    assert "the App is not installed on it" in answer.stdout


def test_installed_nowhere(clinic: Clinic) -> None:
    """An App without any installation gates nothing, which is a failure."""
    clinic.github.uninstall(clinic.installation)
    answer = clinic.call("doctor")
    assert answer.exit_code == 1
    assert "it is installed nowhere" in answer.stdout


def test_no_policy_for_anything(clinic: Clinic) -> None:
    """An installation of whose repositories none has a policy is told of once, as a warning."""
    clinic.github.as_user("raj").push(clinic.repository, "main", {".github/trackgate.yml": None})
    answer = clinic.call("doctor")
    assert answer.exit_code == 0
    assert "no policy is for any of its repositories (1): nothing of them is gated" in answer.stdout


def test_suspended(clinic: Clinic) -> None:
    """A suspended installation is told as such, and not asked any further."""
    clinic.installation.suspended_at = clinic.github.clock.now()
    answer = clinic.examine()
    assert answer.exit_code == 0
    assert clinic.about("warning", "installation") == [
        "suspended: none of its repositories is gated | "
        f"next: an owner of {clinic.installation.account.login}: lift the suspension"
    ]


def test_an_invalid_policy(clinic: Clinic) -> None:
    """File, line and key of what is wrong; rulesets are not judged by a policy that says nothing."""
    text = SHIPPED.replace("release:", "releases:", 1)
    clinic.github.as_user("raj").push(clinic.repository, "main", {".github/trackgate.yml": text})
    assert clinic.examine().exit_code == 1
    (found,) = clinic.about("failure", "policy")
    assert ".github/trackgate.yml:" in found
    assert "next: whoever may change .github/trackgate.yml: correct it" in found
    assert not clinic.about("failure", "tag ruleset")


def test_a_release_branch_that_is_not_there(clinic: Clinic) -> None:
    """A policy that releases another branch than the default one: looked for by its own name."""
    clinic.protect()
    person = clinic.github.as_user("raj")
    text = SHIPPED.replace("\n  branch:\n", "\n  branch: stable\n")
    assert text != SHIPPED
    person.push(clinic.repository, "main", {".github/trackgate.yml": text})
    clinic.examine()
    (found,) = clinic.about("failure", "release branch")
    assert found.startswith("the release branch stable does not exist")
    head = person.call("GET", f"/repos/{clinic.repository}/git/ref/heads/main")["object"]["sha"]
    person.call("POST", f"/repos/{clinic.repository}/git/refs", {"ref": "refs/heads/stable", "sha": head})
    clinic.examine()
    assert clinic.about("ok", "release branch") == [f"stable is at {head[:12]}"]


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


def _job(connection: psycopg.Connection[Any], status: str, *, minutes: int) -> None:
    """A job in the queue that was put there some minutes ago."""
    connection.execute(
        """
        WITH job AS (INSERT INTO procrastinate_jobs (queue_name, task_name, status)
                     VALUES ('gates', 'sweep', %s) RETURNING id)
        SELECT id FROM job
        """,
        [status],
    )
    connection.execute(
        "UPDATE procrastinate_events SET at = now() - %s * interval '1 minute' "
        "WHERE job_id = (SELECT max(id) FROM procrastinate_jobs)",
        [minutes],
    )


def test_jobs_that_nobody_works_off(clinic: Clinic, database_url: str) -> None:
    """A job that waits for a minute is a warning, for ten a failure; one that was given up is a warning."""
    clinic.protect()
    with psycopg.connect(database_url, autocommit=True) as connection:
        _job(connection, "todo", minutes=2)
        clinic.examine()
        (found,) = clinic.about("warning", "queue")
        assert "1 job waiting, 0 running; the oldest has waited for 12" in found
        _job(connection, "todo", minutes=20)
        clinic.examine()
        (found,) = clinic.about("failure", "queue")
        assert "trackgate worker" in found
        connection.execute("DELETE FROM procrastinate_jobs")
        _job(connection, "failed", minutes=2)
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


@pytest.mark.parametrize("variable", ["DATABASE_URL", "GITHUB_APP_ID", "GITHUB_WEBHOOK_SECRET"])
def test_it_cannot_run_without_its_environment(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Exit code 2 and one line that names the variable."""
    monkeypatch.delenv(variable)
    answer = clinic.examine()
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"trackgate doctor: {variable}: missing")


@pytest.mark.parametrize("name", ["integration", "a/b/c", "../b c", ""])
def test_half_a_name_is_wrong_use(trackgate: Trackgate, name: str) -> None:
    """Exit code 2, before anything is asked."""
    answer = trackgate("doctor", "--repository", name)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == "trackgate doctor: --repository: must be OWNER/NAME\n"
