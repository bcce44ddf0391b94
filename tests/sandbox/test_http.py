"""The endpoint as such: broken requests, ETags, limits, the request log and faults."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3

from sandbox import Behaviour, Client, Exchange, Sandbox, SandboxCrashedError
from tests.sandbox.conftest import ROOT, Stage


def raw(stage: Stage, method: str, path: str, body: bytes = b"", **headers: str) -> urllib3.BaseHTTPResponse:
    """A request that no well-behaved client would send."""
    sent = {"Authorization": f"Bearer {stage.github.token_of('sofia')}", **headers}
    with urllib3.PoolManager() as pool:
        return pool.request(method, f"{stage.github.url}{path}", body=body, headers=sent, retries=False)


def test_broken_json(stage: Stage) -> None:
    """Not JSON, and JSON that is no object, get 400 with GitHub's sentences."""
    broken = raw(stage, "POST", f"{ROOT}/issues", b"{", **{"Content-Type": "application/json"})
    listed = raw(stage, "POST", f"{ROOT}/issues", b"[]", **{"Content-Type": "application/json"})
    assert (broken.status, broken.json()["message"]) == (400, "Problems parsing JSON")
    assert (listed.status, listed.json()["message"]) == (400, "Body should be a JSON object")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/nowhere", {}, 404),
        (f"{ROOT}/pulls/99", {}, 404),
        (ROOT, {"Accept": "text/turtle"}, 415),
        (ROOT, {"X-GitHub-Api-Version": "2010-01-01"}, 410),
        (ROOT, {"X-GitHub-Api-Version": "2026-03-10"}, 200),
        (ROOT, {"Authorization": "Bearer nonsense"}, 401),
        (ROOT, {"Authorization": "Digest x"}, 401),
    ],
)
def test_what_is_refused_before_anything_is_done(
    stage: Stage, path: str, headers: dict[str, str], status: int
) -> None:
    """Unknown addresses, media types, versions and credentials."""
    assert raw(stage, "GET", path, **headers).status == status


def test_a_password_can_carry_the_token(stage: Stage) -> None:
    """Basic authentication with the token as password works as well."""
    basic = urllib3.make_headers(basic_auth=f"sofia:{stage.github.token_of('sofia')}")["authorization"]
    assert raw(stage, "GET", "/user", Authorization=basic).json()["login"] == "sofia"


def test_the_newer_version_drops_old_fields(stage: Stage) -> None:
    """2026-03-10 has no merge_commit_sha and no singular assignee."""
    pull = stage.open()
    newer = raw(stage, "GET", pull.path, **{"X-GitHub-Api-Version": "2026-03-10"}).json()
    older = raw(stage, "GET", pull.path).json()
    assert {"merge_commit_sha", "assignee"} <= set(older)
    assert not {"merge_commit_sha", "assignee"} & set(newer)


def test_unchanged_is_304_and_costs_nothing(stage: Stage) -> None:
    """The ETag of an answer, sent back, gets 304 without a body; after a change it gets the new answer."""
    pull = stage.open()
    first = raw(stage, "GET", pull.path)
    second = raw(stage, "GET", pull.path, **{"If-None-Match": first.headers["ETag"]})
    assert (second.status, second.data) == (304, b"")
    assert second.headers["X-RateLimit-Used"] == first.headers["X-RateLimit-Used"]
    stage.person("alice").label(pull, "new")
    third = raw(stage, "GET", pull.path, **{"If-None-Match": first.headers["ETag"]})
    assert third.status == 200


def test_limits_are_counted_and_can_be_enforced(tmp_path: Path) -> None:
    """The headers count down; with the switch on, the next request is refused until the hour is over."""
    behaviour = Behaviour(rate_limit=2, rate_limit_enforced=True)
    with Sandbox.start(tmp_path, behaviour=behaviour) as github:
        github.add_user("sofia")
        sofia = github.as_user("sofia")
        remaining = [sofia.send("GET", "/user")[2]["X-RateLimit-Remaining"] for _ in range(2)]
        status, _, headers = sofia.send("GET", "/user")
        assert (remaining, status, headers["X-RateLimit-Remaining"]) == (["1", "0"], 403, "0")
        assert sofia.call("GET", "/rate_limit")["resources"]["core"]["used"] == 2
        github.clock.advance(3601)
        assert sofia.send("GET", "/user")[0] == 200


def test_the_request_log_tells_reads_from_writes(stage: Stage) -> None:
    """Each request is there with its kind of token, and GraphQL with its operation and mutations."""
    pull = stage.open()
    bot = stage.bot()
    stage.github.requests.reset()
    bot.graphql("query Look {viewer {login}}")
    bot.graphql(
        'mutation($id: ID!) {addComment(input: {subjectId: $id, body: "x"}) {subject {id}}}', {"id": pull.node_id}
    )
    bot.call("GET", ROOT)
    stage.person("alice").comment(pull, "hi")
    log = stage.github.requests
    assert log.count(token_kind="installation") == 3
    assert log.count(login="trackgate[bot]", kind="write") == 1
    assert [(one.operation, one.mutations) for one in log.records(token_kind="installation")] == [
        ("Look", ()),
        ("addComment", ("addComment",)),
        (None, ()),
    ]
    assert log.by_path()["POST /graphql"] == 2
    assert [one.kind for one in log.records(login="alice")] == ["write"]


def test_observers_see_every_exchange(stage: Stage) -> None:
    """REST exchanges with their bodies, and the path as it was sent."""
    seen: list[Exchange] = []
    stage.github.observe(seen.append)
    pull = stage.open()
    stage.person("alice").label(pull, "gate/hold")
    stage.person("alice").unlabel(pull, "gate/hold")
    last = seen[-1]
    assert (last.method, last.status) == ("DELETE", 200)
    assert last.path.endswith("/labels/gate%2Fhold")
    assert last.response_body == b"[]\n"


def test_the_next_request_fails(stage: Stage) -> None:
    """A fault hits matching requests only, as often as it says, and nothing is done then."""
    pull = stage.open()
    stage.github.faults.fail(503, method="POST", path=r"/comments$", headers={"Retry-After": "1"})
    alice = stage.person("alice")
    assert alice.send("GET", f"{pull.issue_path}/comments")[0] == 200
    status, _, headers = alice.send("POST", f"{pull.issue_path}/comments", {"body": "x"})
    assert (status, headers["Retry-After"]) == (503, "1")
    assert alice.comments(pull) == []
    assert alice.send("POST", f"{pull.issue_path}/comments", {"body": "x"})[0] == 201


def test_an_answer_is_lost(stage: Stage) -> None:
    """The work is done, but the caller gets a 502."""
    pull = stage.open()
    stage.github.faults.drop_answer(operation="addComment")
    document = 'mutation($id: ID!) {addComment(input: {subjectId: $id, body: "x"}) {subject {id}}}'
    body = {"query": document, "variables": {"id": pull.node_id}}
    assert stage.bot().send("POST", "/graphql", body)[0] == 502
    assert [one["body"] for one in stage.person("alice").comments(pull)] == ["x"]


def test_requests_are_slow_on_demand(stage: Stage) -> None:
    """A delay holds matching requests until it is taken away."""
    stage.github.faults.delay(0.2, path="^/user$")
    started = time.monotonic()
    stage.person("alice").call("GET", "/user")
    assert time.monotonic() - started >= 0.2
    stage.github.faults.clear()
    assert stage.github.faults.take("GET", "/user", "") == []


def test_many_clients_at_once(stage: Stage) -> None:
    """Requests of eight threads at once are all done, each once."""
    pull = stage.open()
    token = stage.github.token_of("alice")

    def write(number: int) -> None:
        client = Client(stage.github.url, token)
        for round_number in range(5):
            client.call("POST", f"{pull.issue_path}/comments", {"body": f"{number}-{round_number}"})
        client.disconnect()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    bodies = [one["body"] for one in stage.person("alice").comments(pull)]
    assert sorted(bodies) == sorted(f"{a}-{b}" for a in range(8) for b in range(5))


def test_a_crash_of_the_sandbox_fails_its_user(tmp_path: Path) -> None:
    """A fault inside the sandbox is a 500, and raises at the end of the block."""
    with pytest.raises(SandboxCrashedError, match="boom"), Sandbox.start(tmp_path) as github:
        github.crashes.append("boom")
