"""What each kind of delivery leaves behind: knowledge, commands and jobs."""

import threading
from typing import Any
from uuid import uuid4

from bot.core.commands import Verb
from bot.core.model import Hold
from bot.delivery import Delivery
from bot.foundation import WebServices
from bot.intake import Accepted, accept
from bot.store.commands import waiting_commands
from bot.store.deliveries import KeptBody, Outcome
from bot.store.holds import holds_on, place_hold
from bot.store.installations import installation_of, remember_app, remember_installation
from bot.store.pull_requests import find_pull_request, merge_group_base
from tests.support.builders import NOW
from tests.support.service import INSTALLATION, REPOSITORY, pull_request_payload

HEAD = "c" * 40
RUN = {"head_sha": HEAD, "app": {"id": 15368}, "pull_requests": []}


def deliver(services: WebServices, event: str, payload: dict[str, Any]) -> Accepted:
    """Accept one delivery."""
    return accept(services, Delivery(uuid4(), event, payload, KeptBody.of(b"{}")))


def about(repository: str = REPOSITORY, **more: Any) -> dict[str, Any]:
    """A payload about a repository of our installation, sent by raj."""
    return {
        "repository": {"id": 1, "full_name": repository},
        "installation": {"id": INSTALLATION},
        "sender": {"login": "raj", "type": "User"},
        **more,
    }


def comment(body: str, comment_id: int = 5) -> dict[str, Any]:
    """A comment that raj has just written on a pull request."""
    user = {"login": "raj", "type": "User"}
    return about(
        action="created",
        issue={"number": 12, "pull_request": {}},
        comment={"id": comment_id, "node_id": f"IC_{comment_id}", "user": user, "body": body},
    )


def test_commands_wait_with_their_evaluation(services: WebServices) -> None:
    """Each command line of a comment is kept in order, and the pull request is looked at."""
    accepted = deliver(services, "issue_comment", comment("/gate hold because\n/gate hodl"))
    assert accepted.jobs == (f"pull_request:{REPOSITORY}#12",)
    with services.database.transaction() as connection:
        first, second = waiting_commands(connection, REPOSITORY, 12)
    assert (first.verb, first.argument, first.sender) == (Verb.HOLD, "because", "raj")
    assert (second.verb, second.word, second.nearest) == (None, "hodl", Verb.HOLD)


def test_merge_group_is_found_again_by_its_checks(services: WebServices) -> None:
    """A merge group is remembered, so that a check on its head leads to it."""
    group = {"head_sha": HEAD, "base_ref": "refs/heads/main"}
    key = f"merge_group:{REPOSITORY}@{HEAD}"
    accepted = deliver(services, "merge_group", about(action="checks_requested", merge_group=group))
    assert accepted.jobs == (key,)
    with services.database.transaction() as connection:
        assert merge_group_base(connection, REPOSITORY, HEAD) == "main"
    assert deliver(services, "check_run", about(action="completed", check_run=RUN)).jobs == (key,)


def test_own_check_runs_cost_nothing(services: WebServices) -> None:
    """Once we know who we are, our own check runs ask for nothing."""
    deliver(services, "pull_request", pull_request_payload(head=HEAD))
    with services.database.transaction() as connection:
        remember_app(connection, 99, "trackgate")
    ours = about(action="completed", check_run={**RUN, "app": {"id": 99}})
    accepted = deliver(services, "check_run", ours)
    assert (accepted.outcome, accepted.jobs) == (Outcome.NOTHING, ())


def test_installation_comes_and_goes(services: WebServices) -> None:
    """Repositories are served from the delivery on that adds them, until they are removed or it is deleted."""
    a, b = {"full_name": "Meta/A"}, {"full_name": "meta/b"}
    installation = {"installation": {"id": 7}, "sender": {"login": "raj", "type": "User"}}
    accepted = deliver(services, "installation", {"action": "created", "repositories": [a], **installation})
    assert accepted.jobs == ("repository:meta/a", "tags:meta/a")
    changed = {"action": "added", "repositories_added": [b], "repositories_removed": [a], **installation}
    assert deliver(services, "installation_repositories", changed).jobs == (
        "repository:meta/b",
        "tags:meta/b",
    )
    with services.database.transaction() as connection:
        assert (installation_of(connection, "meta/a"), installation_of(connection, "meta/b")) == (None, 7)
    deliver(services, "installation", {"action": "suspend", **installation})
    with services.database.transaction() as connection:
        assert installation_of(connection, "meta/b") is None
    accepted = deliver(services, "installation", {"action": "unsuspend", **installation})
    assert accepted.jobs == ("installation:7",)
    with services.database.transaction() as connection:
        assert installation_of(connection, "meta/b") == 7


def test_an_installation_event_that_contradicts_what_is_known(services: WebServices) -> None:
    """The name was another repository's: GitHub is asked which repositories the installation serves."""
    installation = {"action": "created", "installation": {"id": 7}, "sender": {"login": "raj", "type": "User"}}
    looks = ("repository:meta/a", "tags:meta/a")
    for number, jobs in ((5, looks), (9, ("installation:7", *looks))):
        listed = [{"id": number, "full_name": "meta/a"}]
        assert deliver(services, "installation", {"repositories": listed, **installation}).jobs == jobs


def test_renamed_repository_keeps_what_is_known(services: WebServices) -> None:
    """A hold goes on under the new name, and every open pull request is looked at."""
    deliver(services, "pull_request", pull_request_payload())
    with services.database.transaction() as connection:
        place_hold(connection, REPOSITORY, 12, Hold("raj", "wait"), NOW)
    changes = {"repository": {"name": {"from": "integration"}}}
    accepted = deliver(services, "repository", about("meta/renamed", action="renamed", changes=changes))
    assert accepted.jobs == ("installation:7", "repository:meta/renamed")
    with services.database.transaction() as connection:
        assert holds_on(connection, "meta/renamed", 12) == (Hold("raj", "wait"),)
        assert find_pull_request(connection, REPOSITORY, 12) is None


def test_deleted_repository_is_forgotten_and_an_archived_one_is_not(services: WebServices) -> None:
    """What people told a gate ends with its repository, and waits for one that may be unarchived."""
    for action, kept in (("archived", (Hold("raj", "wait"),)), ("deleted", ())):
        deliver(services, "pull_request", pull_request_payload())
        with services.database.transaction() as connection:
            place_hold(connection, REPOSITORY, 12, Hold("raj", "wait"), NOW)
        assert deliver(services, "repository", about(action=action)).jobs == ()
        with services.database.transaction() as connection:
            assert holds_on(connection, REPOSITORY, 12) == kept
            assert installation_of(connection, REPOSITORY) is None


def test_repository_that_nobody_serves(services: WebServices) -> None:
    """Without an installation there is nothing to read or write with, so nothing is queued."""
    payload = pull_request_payload()
    del payload["installation"]
    assert deliver(services, "pull_request", payload).jobs == ()
    with services.database.transaction() as connection:
        remember_installation(connection, 7, [REPOSITORY])
    assert deliver(services, "pull_request", payload).jobs == (f"pull_request:{REPOSITORY}#12",)


def test_deliveries_for_the_same_subjects_do_not_deadlock(services: WebServices) -> None:
    """Many at once, each for several pull requests that others name too, are all stored."""
    for number in (12, 13, 14):
        deliver(services, "pull_request", pull_request_payload(number, head=HEAD))
    failures: list[Exception] = []

    def send(number: int) -> None:
        try:
            for step in range(10):
                if (number + step) % 2:
                    deliver(services, "check_run", about(action="completed", check_run=RUN))
                else:
                    deliver(services, "pull_request", pull_request_payload(12 + step % 3, head=HEAD))
        except Exception as error:  # noqa: BLE001 - handed to the test below
            failures.append(error)

    senders = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert failures == []
    with services.database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM deliveries").fetchone() == (63,)
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (3,)
