"""Many deliveries: at the same time, throttled, forgotten after days, and listed page by page."""

from __future__ import annotations

import threading
import time
import uuid

from sandbox.webhooks.delivery import Delivery
from tests.sandbox.conftest import Stage
from tests.sandbox.test_webhooks import as_app
from tests.support.scripted_http import Received, Reply

MANY = 10_000


def deliveries(stage: Stage, count: int) -> list[Delivery]:
    """So many deliveries that nobody has tried to send yet."""
    world = stage.github.world
    return [
        Delivery(
            id=world.next_id(),
            guid=str(uuid.uuid4()),
            app=stage.app,
            event="ping",
            action=None,
            payload=b"{}",
            installation_id=None,
            repository_id=None,
            delivered_at=world.clock.now(),
        )
        for _ in range(count)
    ]


def test_several_can_be_under_way_at_once(stage: Stage) -> None:
    """With four connections, four are answered together; with one, a second would never come."""
    together = threading.Barrier(4, timeout=10)

    def answer(_: Received) -> Reply:
        together.wait()
        return Reply(202)

    stage.github.behaviour.webhook_connections = 4
    server = stage.listen(answer)
    for delivery in deliveries(stage, 4):
        stage.github.webhooks.queue(delivery)
    stage.github.wait_for_deliveries()
    assert len(server.requests) == 4
    assert all(delivery.succeeded for delivery in stage.github.deliveries())


def test_a_surge_is_throttled(stage: Stage) -> None:
    """What comes when too many wait already is marked, in GitHub's list as well."""
    stage.github.behaviour.throttled_deliveries = 2
    stage.listen()
    stage.github.webhooks.pause()
    for delivery in deliveries(stage, 3):
        stage.github.webhooks.queue(delivery)
    stage.github.webhooks.resume()
    stage.github.wait_for_deliveries()
    listed = as_app(stage).call("GET", "/app/hook/deliveries")
    assert [one["throttled_at"] is not None for one in listed] == [True, False, False]


def test_the_log_is_kept_for_three_days(stage: Stage) -> None:
    """After that a delivery is neither listed nor found, nor can it be sent again."""
    old, young = deliveries(stage, 2)
    for delivery, days in ((old, 3), (young, 2)):
        stage.github.clock.set_offset(-days * 86_400 - 1)
        stage.github.webhooks.record_lost([delivery])
    stage.github.clock.set_offset(0)
    client = as_app(stage)
    assert [one["id"] for one in client.call("GET", "/app/hook/deliveries")] == [young.id]
    assert client.send("GET", f"/app/hook/deliveries/{old.id}")[0] == 404
    assert client.send("POST", f"/app/hook/deliveries/{old.id}/attempts")[0] == 404


def test_ten_thousand_failed_deliveries_are_listed_quickly(stage: Stage) -> None:
    """Page by page from the newest to the oldest, each once; the last page names no further one."""
    lost = deliveries(stage, MANY)
    stage.github.webhooks.record_lost(lost)
    client, found, cursor = as_app(stage), [], ""
    started = time.process_time()
    while True:
        query = {"per_page": "100", "status": "failure"} | ({"cursor": cursor} if cursor else {})
        _, page, headers = client.send("GET", "/app/hook/deliveries", query=query)
        found += [one["id"] for one in page]
        if 'rel="next"' not in headers.get("Link", ""):
            break
        assert "status=failure" in headers["Link"]
        cursor = str(page[-1]["id"])
    assert found == [one.id for one in reversed(lost)]
    assert time.process_time() - started < 10.0
