"""What an answer says about GitHub's limits, and that the client then pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.github_api.errors import BadCredentials, Forbidden, LimitReached, Moved, Retryable, Suspended
from bot.github_api.limits import (
    GRAPHQL,
    REST,
    Cost,
    Pause,
    Permit,
    Said,
    background_work,
    in_background,
    pause_of_errors,
    pause_of_refusal,
)
from bot.github_api.limits_local import ObedientLimiter
from tests.support.scripted_http import Received, Reply

if TYPE_CHECKING:
    from tests.github_api.conftest import Stages

NOW = datetime(2026, 2, 19, 12, 0, tzinfo=UTC)  # where the stages' clock stands
REPOSITORIES = Reply(200, {"total_count": 0, "repositories": []})
SLOW_DOWN = {"message": "You have exceeded a secondary rate limit"}
NOTHING_LEFT = {
    "x-ratelimit-limit": "5000",
    "x-ratelimit-used": "5000",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": str(int((NOW + timedelta(seconds=90)).timestamp())),
}
RATE_LIMITED = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"Retry-After": "37"}, 37), ({}, 60), (NOTHING_LEFT, 90), ({**NOTHING_LEFT, "Retry-After": "37"}, 37)],
    ids=["with Retry-After", "without Retry-After", "until the reset", "Retry-After before the reset"],
)
def test_429_with_and_without_retry_after(
    stages: Stages, status: int, headers: dict[str, str], wait: float
) -> None:
    """403 and 429 alike: the wait is GitHub's, else a minute; until then nothing more is sent."""
    stage = stages.start(lambda _: Reply(status, SLOW_DOWN, headers))
    installation = stage.client.installation(1)
    with pytest.raises(LimitReached) as caught:
        installation.repositories()
    assert caught.value.retry_after == wait
    sent = len(stage.server.requests)
    with pytest.raises(LimitReached) as again:
        installation.repositories()
    assert wait - 30 < again.value.retry_after <= wait
    assert len(stage.server.requests) == sent


def test_a_date_of_githubs_tells_when_the_reset_is(stages: Stages) -> None:
    """The time until a reset is reckoned from the answer's own date, not from this machine's clock."""
    headers = {**NOTHING_LEFT, "Date": "Thu, 19 Feb 2026 12:01:00 GMT"}
    stage = stages.start(lambda _: Reply(403, SLOW_DOWN, headers))
    with pytest.raises(LimitReached) as caught:
        stage.client.installation(1).repositories()
    assert caught.value.retry_after == 30


def test_a_limited_installation_does_not_stop_another(stages: Stages) -> None:
    """One has to pause; another installation's requests, and minting, go on."""

    def script(received: Received) -> Reply:
        return Reply(403, SLOW_DOWN) if received.headers["authorization"].endswith("secret1") else REPOSITORIES

    stage = stages.start(script)
    with pytest.raises(LimitReached):
        stage.client.installation(1).repositories()
    assert stage.client.installation(2).repositories() == ()


@pytest.mark.parametrize("body", [RATE_LIMITED, {"data": {"repository": None}, **RATE_LIMITED}])
def test_graphql_rate_limited_inside_200(stages: Stages, body: Any) -> None:
    """GraphQL of that installation pauses until the reset, and its REST goes on."""
    headers = {**NOTHING_LEFT, "x-ratelimit-resource": "graphql"}

    def script(received: Received) -> Reply:
        return Reply(200, body, headers) if received.path == "/graphql" else REPOSITORIES

    stage = stages.start(script)
    installation = stage.client.installation(1)
    with pytest.raises(LimitReached) as caught:
        installation.read_open_pull_requests("meta/integration")
    assert caught.value.retry_after == 90
    sent = len(stage.server.requests)
    with pytest.raises(LimitReached):
        installation.read_open_pull_requests("meta/integration")
    assert len(stage.server.requests) == sent
    assert installation.repositories() == ()


def test_a_secondary_limit_inside_200_pauses_everything(stages: Stages) -> None:
    """GitHub may tell it in words alone, beside a 200."""
    body = {"data": None, "errors": [{"message": "You have exceeded a secondary rate limit. Please wait"}]}
    stage = stages.start(lambda _: Reply(200, body, {"Retry-After": "11"}))
    installation = stage.client.installation(1)
    with pytest.raises(LimitReached) as caught:
        installation.read_open_pull_requests("meta/integration")
    assert caught.value.retry_after == 11
    with pytest.raises(LimitReached):
        installation.repositories()


@pytest.mark.parametrize(
    "error",
    [
        {"type": "NOT_FOUND", "message": "no user exceeded a secondary rate limit"},
        {"type": "FORBIDDEN", "message": "RATE_LIMITED"},
        {"message": "Something went wrong"},
        "RATE_LIMITED",
    ],
)
def test_words_that_only_quote_a_limit_pause_nothing(error: Any) -> None:
    """An error of another type may repeat what somebody named a thing."""
    assert pause_of_errors({"errors": [error]}, {}, None) is None
    assert pause_of_errors({"data": {"errors": [{"type": "RATE_LIMITED"}]}}, {}, None) is None


@pytest.mark.parametrize("value", ["-1", "1e9", "nan", "soon", ""])
def test_a_strange_retry_after_is_a_limit_without_a_time(value: str) -> None:
    """It is a limit all the same: the least wait, and longer when it happens again."""
    assert pause_of_refusal(403, REST, {"retry-after": value}, "", 0) == Pause(None, None)


@pytest.mark.parametrize("status", [200, 401, 404, 422, 500, 502])
def test_other_statuses_are_no_limit(status: int) -> None:
    """Only 403 and 429 tell of limits, whatever the words."""
    assert pause_of_refusal(status, REST, {"retry-after": "5"}, SLOW_DOWN["message"], 0) is None


def test_pauses_grow_while_nothing_succeeds() -> None:
    """A process of its own doubles the pauses that GitHub names no time for, and refusals together are one."""
    limiter = ObedientLimiter()
    permit, unnamed = Permit(Cost("installation:1", GRAPHQL)), Said(pause=Pause(None, None))
    assert [limiter.settle(permit, unnamed) for _ in range(3)] == [60, 60, 60]
    with pytest.raises(LimitReached):
        limiter.acquire(permit.cost)


def test_background_work_is_of_one_thread_and_one_block() -> None:
    """What is asked inside says that it can wait."""
    assert not in_background()
    with background_work():
        assert in_background()
    assert not in_background()


SUSPENDED = Reply(403, {"message": "This installation has been suspended"})


@pytest.mark.parametrize("reply", [SUSPENDED, Reply(404, {"message": "Not Found"})], ids=["suspended", "gone"])
def test_no_token_for_an_installation_that_is_suspended_or_gone(stages: Stages, reply: Reply) -> None:
    """Minting tells that nothing can be done until it is back; that is no lack of a permission."""
    stage = stages.start(lambda _: REPOSITORIES)
    answer = stage.server.script
    stage.server.script = lambda r: reply if r.path.endswith("/access_tokens") else answer(r)
    with pytest.raises(Suspended, match="mint an installation token"):
        stage.client.installation(1).repositories()


def test_a_suspension_while_a_token_is_good(stages: Stages) -> None:
    """A request is refused with the same words: the token is not at fault, and none is minted."""
    stage = stages.start(lambda _: SUSPENDED)
    with pytest.raises(Suspended):
        stage.client.installation(1).repositories()
    assert stage.minted == 1


def test_a_missing_permission_does_not_mint_for_ever(stages: Stages) -> None:
    """A 403 is worth a new token, as it may have been granted meanwhile; but only twice a minute."""
    stage = stages.start(lambda _: Reply(403, {"message": "Resource not accessible by integration"}))
    for _ in range(5):
        with pytest.raises(Forbidden):
            stage.client.installation(1).repositories()
    assert stage.minted == 2
    stage.pass_time(timedelta(seconds=31))
    for _ in range(2):
        with pytest.raises(Forbidden):
            stage.client.installation(1).repositories()
    assert stage.minted == 3


@pytest.mark.parametrize(
    ("location", "repository", "repository_id"),
    [
        ("/repositories/5/issues", None, 5),
        ("/repos/meta/renamed/issues", "meta/renamed", None),
        ("/elsewhere", None, None),
        ("/repositories/5x/issues", None, None),
        ("https://evil.example/repositories/5/issues", None, None),
    ],
)
def test_a_write_to_a_repository_that_moved(
    stages: Stages, location: str, repository: str | None, repository_id: int | None
) -> None:
    """Nothing was written; the error names the repository, by the configured API's word alone."""

    def script(received: Received) -> Reply:
        root = "" if location.startswith("http") else stage.server.url
        return Reply(307, headers={"Location": f"{root}{location}"})

    stage = stages.start(script)
    with pytest.raises(Moved, match="nothing was written") as caught:
        stage.client.installation(1).create_issue("meta/integration", "A title", "A body")
    assert (caught.value.repository, caught.value.repository_id) == (repository, repository_id)


def test_a_jwt_that_is_refused_for_good_is_sent_once(stages: Stages) -> None:
    """When the clocks agree, a 401 is about the key: it is not tried again."""
    stage = stages.start(lambda _: REPOSITORIES)
    date = {"Date": "Thu, 19 Feb 2026 12:00:01 GMT"}
    stage.server.script = lambda _: Reply(401, {"message": "A JSON web token could not be decoded"}, date)
    with pytest.raises(BadCredentials):
        stage.client.identity()
    assert len(stage.server.requests) == 1


@pytest.mark.parametrize("date", ["yesterday", "Thu, 39 Feb 2026 12:00:01 GMT", ""])
def test_a_date_that_is_none(stages: Stages, date: str) -> None:
    """Nothing is learned of the clocks, and nothing fails."""
    stage = stages.start(lambda _: Reply(200, REPOSITORIES.body, {"Date": date}))
    stage.client.installation(1).repositories()
    assert stage.client.clock_skew is None


def test_an_outage_is_no_limit(stages: Stages) -> None:
    """A 503 with a time is an outage: others may try."""
    stage = stages.start(lambda _: Reply(503, {"message": "unavailable"}, {"Retry-After": "11"}))
    for _ in range(2):
        with pytest.raises(Retryable) as caught:
            stage.client.installation(1).repositories()
        assert not isinstance(caught.value, LimitReached)
