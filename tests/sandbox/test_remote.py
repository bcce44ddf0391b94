"""A sandbox in a process of its own: driven by commands, asked for what happened, ended with its owner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from sandbox.control.registry import COMMANDS
from sandbox.remote import RemoteSandbox, RemoteSandboxError, remote_sandbox
from tests.sandbox.conftest import EVENTS, PERMISSIONS
from tests.support.scripted_http import Reply, scripted_server

NAME = "meta/integration"


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteSandbox]:
    """A sandbox with one repository, two people and an App."""
    with remote_sandbox(tmp_path_factory.mktemp("remote")) as github:
        for login in ("alice", "bob"):
            github.add_user(login)
        people = {"alice": "write", "bob": "write"}
        github.import_repository(NAME, files={"README.md": "Hello\n"}, collaborators=people)
        app = github.register_app("trackgate", permissions=PERMISSIONS, events=EVENTS)
        github.install(app, NAME)
        yield github


def test_people_act_and_everything_is_seen(remote: RemoteSandbox) -> None:
    """People use the real endpoints; the log and the export tell what they did."""
    remote.reset_requests()
    alice, bob = remote.as_user("alice"), remote.as_user("bob")
    pull = alice.open_pull_request(NAME, branch="seen", files={"a.py": "x = 1\n"}, title="Seen")
    bob.comment(pull, f"{pull.head_sha[:10]} at {remote.url}/x on 2026-02-19T19:30:00Z")
    bob.review(pull, "APPROVE")
    remote.complete_check(NAME, pull.head_sha, "track / backend")
    counts = remote.request_counts()
    assert (counts["installation write"], counts["total"]) == (1, len(remote.requests()))
    assert {one["login"] for one in remote.requests(kind="write")} == {"alice", "bob", "github-actions[bot]"}
    shown = remote.export([NAME])[NAME]
    seen = shown["pull_requests"][str(pull.number)]
    assert seen["comments"][0]["body"] == f"{seen['head']} at <address>/x on <time>"
    assert seen["reviews"] == [{"author": "bob", "state": "APPROVED", "body": "", "commit": seen["head"]}]
    check = shown["commits"][seen["head"]]["checks"]["github-actions: track / backend"]
    assert (check["conclusion"], check["runs"]) == ("success", 1)


def test_two_commits_of_one_content_keep_names_of_their_own(remote: RemoteSandbox) -> None:
    """A change that was taken back again has the content of its start, and is another commit."""
    alice = remote.as_user("alice")
    alice.push(NAME, "back", {"b.py": "1\n"}, message="There")
    alice.push(NAME, "back", {"b.py": None}, message="And back")
    branches = remote.export([NAME])[NAME]["branches"]
    assert branches["back"] != branches["main"]


def test_answers_take_as_long_as_they_are_told(remote: RemoteSandbox) -> None:
    """With a latency every answer takes that long, by the log too."""
    remote.behaviour(latency=0.2)
    try:
        remote.reset_requests()
        remote.as_user("alice").call("GET", f"/repos/{NAME}")
        assert [one["duration"] >= 0.2 for one in remote.requests()] == [True]
    finally:
        remote.behaviour(latency=0.0)


def test_a_fault_hits_and_is_used_up(remote: RemoteSandbox) -> None:
    """A fault set from here refuses one request and is spent."""
    fault = remote.add_fault(path=f"^/repos/{NAME}$", status=502)
    assert remote.command("fault_left", fault=fault) == 1
    assert remote.as_user("alice").send("GET", f"/repos/{NAME}")[0] == 502
    assert remote.command("fault_left", fault=fault) == 0
    assert remote.as_user("alice").send("GET", f"/repos/{NAME}")[0] == 200


def test_what_is_no_command_is_refused(remote: RemoteSandbox) -> None:
    """Unknown commands, switches and Apps have a reason; a web page's form is not taken at all."""
    for command, arguments in (
        ("nothing", {}),
        ("behaviour", {"nothing": 1}),
        ("install", {"app": "nobody", "repositories": [NAME]}),
        ("add_user", {"log": "alice"}),
    ):
        with pytest.raises(RemoteSandboxError):
            remote.command(command, **arguments)
    with urllib3.PoolManager() as pool:
        answer = pool.request("POST", f"{remote.control_url}/crashes", body=json.dumps({}), headers={})
    assert answer.status == 415


def test_every_command_says_what_it_does() -> None:
    """The commands are an interface of their own: each has its sentence."""
    assert all(function.__doc__ for function in COMMANDS.values())


def test_webhooks_can_be_held(remote: RemoteSandbox) -> None:
    """Held deliveries are counted, and dropped when they are told to be lost."""
    remote.command("set_webhook", app="trackgate", url="http://127.0.0.1:9/hook")
    before = remote.command("deliveries")
    remote.command("pause_webhooks")
    remote.as_user("alice").push(NAME, "held", {"c.py": "1\n"})
    held = remote.command("held_webhooks")
    assert held > 0
    assert remote.command("resume_webhooks", drop=True) == held
    remote.wait_for_deliveries()
    assert remote.command("deliveries") == before


def test_a_storm_is_made_there_and_let_loose(remote: RemoteSandbox, tmp_path: Path) -> None:
    """By a plan of the shipped kind: sent, written for another sender, or lost; broken limits can be asked."""
    track = {"name": "a", "path": "a.md", "check": "track / a", "reviewers": ["bob"]}
    plan = {"repository": NAME, "app": "trackgate", "authors": ["alice"], "tracks": [track]}
    with scripted_server(lambda _: Reply(202)) as server:
        remote.command("set_webhook", app="trackgate", url=f"{server.url}/hook")
        made = remote.command("prepare_storm", **plan, pull_requests=2, events=20)
        assert (made["events"], len(made["pull_requests"]), server.requests) == (20, 2, [])
        fired = remote.command("fire_storm", storm=made["storm"], connections=4, order="reversed")
        assert (fired["statuses"], len(server.requests)) == ({"202": 20}, 20)
    path = tmp_path / "storm.jsonl"
    remote.command("write_storm", storm=made["storm"], path=str(path), order="happened")
    written = [json.loads(line)["headers"]["X-GitHub-Delivery"] for line in path.read_text().splitlines()]
    assert written == made["guids"]
    remote.command("lose_storm", storm=made["storm"])
    lost = [one for one in remote.command("deliveries") if one["guid"] in made["guids"]]
    assert {one["status"] for one in lost} == {"failed to connect to host"}
    assert remote.command("violations") == []


def test_it_ends_with_its_owner(tmp_path: Path) -> None:
    """After the block nobody listens any more."""
    with remote_sandbox(tmp_path) as github:
        url = github.url
    with urllib3.PoolManager(retries=False) as pool, pytest.raises(urllib3.exceptions.HTTPError):
        pool.request("GET", url, timeout=2.0)
