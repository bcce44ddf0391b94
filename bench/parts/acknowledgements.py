"""How fast deliveries are acknowledged, beside the same web server with a Flask view that does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.figures import Part, Reading
from bench.ground import Ground
from bench.load import run_apart
from bench.service import environment_of, new_port, web
from bench.world import SECRET, credentials_of_nobody

CONNECTIONS = 32
DELIVERIES, WARM_UP = 6000, 600
BARE = "bench.bare_flask:app"


def measure(ground: Ground) -> Iterator[Reading]:
    """The yardstick and the service, with 1 and 2 web processes each; no worker runs meanwhile."""
    for processes in (1, 2):
        row = f"{processes} web process{'es' if processes > 1 else ''}"
        bare, durable = _load(ground, BARE, processes), _load(ground, "app:app", processes)
        refused = sum(count for status, count in durable["statuses"].items() if int(status) >= 300)
        yield Reading(row, "bare Flask", bare["per_second"], "/s")
        yield Reading(row, "durable", durable["per_second"], "/s")
        yield Reading(row, "ratio", durable["per_second"] / bare["per_second"])
        yield Reading(row, "p50", durable["p50_ms"], "ms")
        yield Reading(row, "p99", durable["p99_ms"], "ms")
        yield Reading(row, "bare p99", bare["p99_ms"], "ms")
        yield Reading(row, "refused", refused + durable["broken"])


def _load(ground: Ground, app: str, processes: int) -> dict[str, Any]:
    folder, port = ground.new_folder("acknowledgements"), new_port()
    with ground.database() as database_url:
        environment = environment_of(credentials_of_nobody(), database_url, port, folder)
        with web(environment, folder, processes=processes, app=app) as server:
            url = f"{server.url}/webhooks/github"
            run_apart(url, SECRET, deliveries=WARM_UP, connections=CONNECTIONS)
            return run_apart(url, SECRET, deliveries=DELIVERIES, connections=CONNECTIONS)


PART = Part(
    "acknowledgements",
    "Acknowledged deliveries",
    f"{DELIVERIES:,} deliveries of 8 to 27 KB and eight kinds, about 200 pull requests, over {CONNECTIONS} "
    "connections, sent by a process of its own on the same machine; each is verified, stored and queued in "
    "PostgreSQL (with fsync) before it is answered. *ratio* is to a Flask view on the same web server that reads "
    "the body and keeps nothing.",
    measure,
)
