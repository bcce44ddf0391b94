"""GitHub's limits: budgets by installation, and secondary limits, always watched and enforced on demand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

import pytest

from sandbox import Client
from tests.sandbox.conftest import ROOT, Stage
from tests.sandbox.test_webhooks import as_app

COMMENT = 'mutation($id: ID!) {addComment(input: {subjectId: $id, body: "x"}) {clientMutationId}}'
TWO_COMMENTS = """mutation($id: ID!) {
  a: addComment(input: {subjectId: $id, body: "a"}) {clientMutationId}
  b: addComment(input: {subjectId: $id, body: "b"}) {clientMutationId}
}"""


def holder(stage: Stage) -> str:
    """The installation's name in `peaks`."""
    return f"installation {stage.installation.id}"


def second_token(stage: Stage) -> Client:
    """A client with another token of the same installation."""
    return stage.client(stage.github.token_for(stage.app, stage.repository))


def elsewhere(stage: Stage) -> Client:
    """The App's client in an installation of its own."""
    stage.github.import_repository("other/thing", files={"a": "b"})
    stage.github.install(stage.app, "other/thing")
    return stage.github.as_app(stage.app, "other/thing")


def test_tokens_of_one_installation_share_its_budget(stage: Stage) -> None:
    """What one token used, the other one misses; another installation has its own."""
    first, second = stage.bot(), second_token(stage)
    used = [int(client.send("GET", ROOT)[2]["X-RateLimit-Used"]) for client in (first, second, first)]
    assert used == [1, 2, 3]
    assert elsewhere(stage).send("GET", "/repos/other/thing")[2]["X-RateLimit-Used"] == "1"


def test_an_app_has_a_budget_of_its_own(stage: Stage) -> None:
    """What it asks by JWT, also by several of them, is not counted on its installations."""
    stage.bot().call("GET", ROOT)
    used = [as_app(stage).send("GET", "/app")[2]["X-RateLimit-Used"] for _ in range(2)]
    assert used == ["1", "2"]
    assert stage.github.limits.peaks()[f"app {stage.app.id}"] == {"rest points a minute": 2}


@pytest.mark.parametrize("status", [403, 429])
def test_a_used_up_budget_is_refused_until_it_is_reset(stage: Stage, status: int) -> None:
    """REST refuses with the status of the switch; GraphQL answers 200 with RATE_LIMITED. Both name the reset."""
    stage.github.behaviour.rate_limit, stage.github.behaviour.rate_limit_status = 1, status
    stage.github.behaviour.rate_limit_enforced = True
    bot = stage.bot()
    bot.call("GET", ROOT)
    bot.graphql("{viewer {login}}")
    got, answer, headers = bot.send("GET", ROOT)
    assert (got, headers["X-RateLimit-Remaining"]) == (status, "0")
    assert "rate limit exceeded" in answer["message"]
    got, answer, headers = bot.send("POST", "/graphql", {"query": "{viewer {login}}"})
    assert (got, headers["X-RateLimit-Remaining"], answer["errors"][0]["type"]) == (200, "0", "RATE_LIMITED")
    stage.github.clock.advance(3601)
    assert second_token(stage).send("GET", ROOT)[0] == 200


def test_use_is_watched_when_nothing_is_enforced(stage: Stage) -> None:
    """Points by resource, creations by request, as the highest of any minute; what goes beyond is named."""
    stage.github.behaviour.creations_a_minute = 1
    pull, bot = stage.open(), stage.bot()
    stage.github.limits.reset()
    bot.call("GET", ROOT)
    bot.call("POST", f"{ROOT}/check-runs", {"name": "gate", "head_sha": pull.head_sha})
    bot.graphql("{viewer {login}}")
    bot.graphql(TWO_COMMENTS, {"id": pull.node_id})
    assert stage.github.limits.violations() == []
    bot.graphql(COMMENT, {"id": pull.node_id})
    assert stage.github.limits.peaks()[holder(stage)] == {
        "rest points a minute": 6,
        "graphql points a minute": 11,
        "creations a minute": 2,
        "creations an hour": 2,
        "concurrent": 1,
    }
    broken = stage.github.limits.violations()
    assert [(one.holder, one.limit, one.used) for one in broken] == [(holder(stage), "creations a minute", 2)]


def test_each_mutation_can_count(stage: Stage) -> None:
    """With the switch, two comments in one document are two creations."""
    stage.github.behaviour.each_mutation_creates = True
    pull = stage.open()
    stage.bot().graphql(TWO_COMMENTS, {"id": pull.node_id})
    assert stage.github.limits.peaks()[holder(stage)]["creations a minute"] == 2


def test_a_minute_moves(stage: Stage) -> None:
    """What is older than a minute no longer counts; the highest use is remembered."""
    bot = stage.bot()
    for _ in range(3):
        bot.call("GET", ROOT)
        stage.github.clock.advance(31)
    assert stage.github.limits.peaks()[holder(stage)]["rest points a minute"] == 2


@pytest.mark.parametrize(("status", "says_when"), [(403, True), (429, False)])
def test_a_secondary_limit_refuses_all_of_one_installation(stage: Stage, status: int, says_when: bool) -> None:
    """The status and Retry-After are switches; it lasts, another installation works on, and then it is over."""
    behaviour = stage.github.behaviour
    behaviour.rest_points, behaviour.secondary_limits_enforced = 2, True
    behaviour.secondary_limit_status, behaviour.secondary_limit_says_when = status, says_when
    bot, other, person = stage.bot(), elsewhere(stage), stage.person("sofia")
    assert [bot.send("GET", ROOT)[0] for _ in range(2)] == [200, 200]
    got, answer, headers = bot.send("GET", ROOT)
    assert (got, "Retry-After" in headers) == (status, says_when)
    assert answer["message"].startswith("You have exceeded a secondary rate limit")
    stage.github.clock.advance(30)
    assert second_token(stage).send("POST", "/graphql", {"query": "{viewer {login}}"})[0] == 403
    assert other.send("GET", "/repos/other/thing")[0] == 200
    assert person.send("GET", ROOT)[0] == 200
    stage.github.clock.advance(31)
    assert bot.send("GET", ROOT)[0] == 200
    assert [one.limit for one in stage.github.limits.violations()] == ["rest points a minute", "while limited"]


def test_requests_at_the_same_time_are_counted(stage: Stage) -> None:
    """Slow answers overlap; beyond the limit one is refused."""
    stage.bot().call("GET", ROOT)
    behaviour = stage.github.behaviour
    behaviour.latency, behaviour.concurrent_requests, behaviour.secondary_limits_enforced = 0.5, 2, True
    clients = [second_token(stage) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        got = sorted(pool.map(lambda client: client.send("GET", ROOT)[0], clients))
    assert got == [200, 200, 403]
    assert stage.github.limits.peaks()[holder(stage)]["concurrent"] == 3


def test_answers_are_dated_by_the_sandbox_s_clock(stage: Stage) -> None:
    """Also when they are refusals; a clock that is wrong shows."""
    stage.github.clock.set_offset(-120)
    for path, headers in ((ROOT, {}), ("/nowhere", {}), (ROOT, {"Accept": "text/turtle"})):
        dated = parsedate_to_datetime(stage.person("sofia").send("GET", path, headers=headers)[2]["Date"])
        assert abs((stage.github.clock.now() - dated).total_seconds()) <= 2
