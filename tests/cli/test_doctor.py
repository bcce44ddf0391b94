"""`trackgate doctor`, as people call it: GitHub and its repositories, one thing wrong at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cli.conftest import SHIPPED
from tests.support.clinic import WARNED, Clinic

pytestmark = pytest.mark.end_to_end


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
