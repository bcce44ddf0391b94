"""What deliveries that concern releases leave behind."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from bot.core.release_model import SignOff
from bot.delivery import Delivery
from bot.foundation import WebServices
from bot.intake import Accepted, accept
from bot.store.commands import waiting_commands, waiting_release_commands
from bot.store.deliveries import KeptBody, Outcome
from bot.store.deployments import deployment_of, waiting_deployments
from bot.store.releases import arm
from bot.store.sign_offs import give, sign_offs_of
from tests.support.builders import NOW
from tests.support.service import INSTALLATION, REPOSITORY, pull_request_payload

SHA = "c" * 40
RELEASES = f"releases:{REPOSITORY}"
RUN = f"/repos/{REPOSITORY}/actions/runs/77/deployment_protection_rule"
RAJ = {"login": "raj", "type": "User"}


def deliver(services: WebServices, event: str, **parts: Any) -> Accepted:
    """Accept one delivery about our repository, sent by raj."""
    return accept(services, of_the_app(parts, event))


def of_the_app(parts: dict[str, Any], event: str = "deployment_protection_rule") -> Delivery:
    """A delivery with a GUID of its own."""
    payload = {
        "repository": {"id": 1, "full_name": REPOSITORY},
        "installation": {"id": INSTALLATION},
        "sender": RAJ,
        **parts,
    }
    return Delivery(uuid4(), event, payload, KeptBody.of(b"{}"))


def comment(body: str, *, on_pull_request: bool) -> dict[str, Any]:
    """A comment that raj has just written on number 12."""
    written = {"id": 5, "node_id": "IC_5", "user": RAJ, "body": body, "created_at": "2026-02-19T15:00:00Z"}
    issue = {"number": 12, **({"pull_request": {}} if on_pull_request else {})}
    return {"action": "created", "issue": issue, "comment": written}


def armed(services: WebServices) -> None:
    """A release that waits for its gate."""
    with services.database.transaction() as connection:
        arm(connection, REPOSITORY, "v3.1.0", target=None, by="raj", issue_number=12, now=NOW)


@pytest.mark.parametrize("on_pull_request", [True, False])
def test_release_commands_wait_for_the_release_desk(services: WebServices, on_pull_request: bool) -> None:
    """On an issue or a pull request; with GitHub's own time of the comment, which a sign-off is bound by."""
    accepted = deliver(services, "issue_comment", **comment("/gate approve", on_pull_request=on_pull_request))
    assert accepted.jobs == (RELEASES,)
    with services.database.transaction() as connection:
        assert waiting_commands(connection, REPOSITORY, 12) == []
        (command,) = waiting_release_commands(connection, REPOSITORY)
    assert (command.number, command.word) == (12, "approve")
    assert command.commented_at == datetime(2026, 2, 19, 15, tzinfo=UTC)


def test_one_comment_with_commands_for_both(services: WebServices) -> None:
    """Each waits where it is carried out, with its place in the comment."""
    text = "/gate hold wait\n/gate release v3.1.0"
    accepted = deliver(services, "issue_comment", **comment(text, on_pull_request=True))
    assert set(accepted.jobs) == {RELEASES, f"pull_request:{REPOSITORY}#12"}
    with services.database.transaction() as connection:
        (hold,) = waiting_commands(connection, REPOSITORY, 12)
        (release,) = waiting_release_commands(connection, REPOSITORY)
    assert (hold.word, hold.line_number) == ("hold", 0)
    assert (release.word, release.line_number) == ("release", 1)


CONCERNING: dict[str, tuple[str, dict[str, Any]]] = {
    "push": ("push", {"ref": "refs/heads/main", "commits": []}),
    "check": ("check_run", {"action": "completed", "check_run": {"name": "track / dbt", "head_sha": SHA}}),
    "milestone": ("pull_request", {"action": "milestoned", "pull_request": {"number": 12}}),
}


@pytest.mark.parametrize(("event", "parts"), CONCERNING.values(), ids=CONCERNING)
def test_what_may_open_a_release_looks_at_one_that_is_armed(
    services: WebServices, event: str, parts: dict[str, Any]
) -> None:
    """While none is, it costs nothing."""
    assert (deliver(services, event, **parts).outcome, deliver(services, event, **parts).jobs) == (
        Outcome.NOTHING if event != "check_run" else Outcome.QUEUED,
        (),
    )
    armed(services)
    assert deliver(services, event, **parts).jobs == (RELEASES,)


def test_a_merged_pull_request_looks_at_the_release_as_well(services: WebServices) -> None:
    """Its own gate and the release that it belonged to."""
    armed(services)
    payload = pull_request_payload()
    jobs = accept(services, Delivery(uuid4(), "pull_request", payload, KeptBody.of(b"{}"))).jobs
    assert set(jobs) == {RELEASES, f"pull_request:{REPOSITORY}#12"}


def test_a_deleted_comment_ends_its_sign_off(services: WebServices) -> None:
    """The release is looked at; a comment that gave none costs nothing."""
    gone = {"action": "deleted", "comment": {"id": 5}}
    assert deliver(services, "issue_comment", **gone) == Accepted(Outcome.NOTHING, "comment deleted", ())
    with services.database.transaction() as connection:
        sign_off = SignOff("contract-freeze", "raj", SHA, NOW)
        give(connection, REPOSITORY, sign_off, comment_id=5, comment_node_id="IC_5")
    assert deliver(services, "issue_comment", **gone).jobs == (RELEASES,)
    with services.database.transaction() as connection:
        (kept,) = sign_offs_of(connection, REPOSITORY)
    assert kept.ended is not None
    assert deliver(services, "issue_comment", **gone).jobs == ()


def deployment(callback: str) -> dict[str, Any]:
    """A deployment of v3.1.0 to production that waits for the answer."""
    return {
        "action": "requested",
        "environment": "production",
        "deployment": {"ref": "v3.1.0", "sha": SHA},
        "deployment_callback_url": callback,
    }


def test_a_deployment_waits_for_its_answer(services: WebServices) -> None:
    """Where it is answered is put together anew, from the run's number alone."""
    root = services.settings.github_api_url
    callback = root.upper().replace("HTTPS", "https") + RUN.replace(REPOSITORY, REPOSITORY.upper())
    accepted = deliver(services, "deployment_protection_rule", **deployment(callback))
    assert accepted.jobs == (f"deployment:{REPOSITORY}:77:production",)
    with services.database.transaction() as connection:
        found = deployment_of(connection, REPOSITORY, 77, "production")
    assert found is not None
    assert (found.ref, found.sha, found.callback_path) == ("v3.1.0", SHA, RUN)


def test_foreign_callback_host(services: WebServices) -> None:
    """Nothing is kept, queued or answered: the answer would carry a token."""
    for callback in (f"https://evil.example{RUN}", f"{services.settings.github_api_url}{RUN}?x"):
        accepted = deliver(services, "deployment_protection_rule", **deployment(callback))
        assert accepted == Accepted(Outcome.NOTHING, "deployment whose callback is not the configured API's")
    with services.database.transaction() as connection:
        assert waiting_deployments(connection, REPOSITORY) == []


def test_tags_and_rulesets(services: WebServices) -> None:
    """A look at the tags, and one at the rulesets besides."""
    made = deliver(services, "create", ref="v9", ref_type="tag")
    assert made.jobs == (f"tags:{REPOSITORY}",)
    changed = deliver(services, "repository_ruleset", action="edited")
    assert changed.jobs == (f"tags and rulesets:{REPOSITORY}",)


def test_an_older_request_that_is_delivered_again(services: WebServices) -> None:
    """It is a duplicate: what was asked, and perhaps answered, since then stays."""
    asked = deployment(f"{services.settings.github_api_url}{RUN}")
    older, newer = (of_the_app(asked) for _ in range(2))
    assert [accept(services, one).reason for one in (older, newer)] == ["deployment requested"] * 2
    assert accept(services, older).reason == "duplicate"
    with services.database.transaction() as connection:
        found = deployment_of(connection, REPOSITORY, 77, "production")
    assert found is not None
    assert found.delivery_guid == newer.guid
