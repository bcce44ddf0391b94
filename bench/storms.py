"""One storm over the whole service: 2,000 webhooks of 200 pull requests of one installation, at once."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench.ground import Ground, tell
from bench.limits_kept import Peaks, creates_content, peaks
from bench.load import Load, send_all
from bench.memory import Memory, memory_of, processor_seconds, tree
from bench.world import REPOSITORY, World, world
from bot.core.subjects import PullRequestSubject
from bot.store.queue import Queue, job_for
from demo.storm import prepare_storm, shipped_storm

EVENTS, PULL_REQUESTS, CONNECTIONS = 2000, 200, 32
LIMITS_ON = {"rate_limit_enforced": True, "secondary_limits_enforced": True}
"""GitHub refuses what exceeds its limits, as the real one does."""

Found = Mapping[str, list[Memory]]


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of it. `seconds` from the first webhook until all was quiet; `used` are processor seconds.

    `peaks` are counted by the benchmark, `violations` by the sandbox: requests beyond a limit.
    """

    load: Load
    seconds: float
    requests: Sequence[Mapping[str, Any]]
    evaluations: int
    lost: int
    peaks: Peaks
    violations: int
    stored: Mapping[str, float]
    at_start: Found
    afterwards: Found
    used: Mapping[str, float]

    @property
    def reads(self) -> int:
        """Requests that only read."""
        return sum(one["kind"] == "read" for one in self.requests)

    @property
    def content(self) -> int:
        """Requests that notify people."""
        return sum(creates_content(one) for one in self.requests)

    @property
    def limits_broken(self) -> int:
        """Limits exceeded, by either count."""
        return max(len(self.peaks.broken), self.violations)

    @property
    def refused(self) -> int:
        """Webhooks that were not taken, and requests that GitHub refused for a limit."""
        deliveries = self.load.broken + sum(n for status, n in self.load.statuses.items() if status >= 300)
        return deliveries + sum(one["status"] in (403, 429) for one in self.requests)


def storm_of(ground: Ground, latency: float, worker_count: int) -> Storm:
    """The storm of this run; measured once, however many parts ask for it. `latency` in seconds."""
    key = ("storm", ground.run, latency, worker_count)
    if key not in ground.known:
        ground.known[key] = _measure(ground, latency, worker_count)
    found = ground.known[key]
    if not isinstance(found, Storm):
        raise TypeError("something else was kept under the storm's name")
    return found


def _measure(ground: Ground, latency: float, worker_count: int) -> Storm:
    tell(f"a storm: {latency * 1000:.0f} ms, {worker_count} worker(s)")
    with world(ground, worker_count=worker_count) as place:
        place.repository()
        place.settle()
        place.sweep()  # or the regular one might come when the storm is made and not yet let loose
        place.settle()
        at_start = _memory(place)
        made = prepare_storm(place.github, shipped_storm(REPOSITORY, seed=ground.run + 1))
        prepared = _requests(place, made["storm"])
        place.github.behaviour(latency=latency, **LIMITS_ON)
        since, used = place.github.request_counts()["total"], _processor(place)
        address = urlsplit(place.web.url)
        began = time.time()
        load = send_all(address.hostname or "", address.port or 0, prepared, CONNECTIONS)
        ended = place.settle(900)
        after, requests = _processor(place), place.asked(since)
        afterwards, violations = _memory(place), place.github.command("violations")
        place.github.behaviour(latency=0, **dict.fromkeys(LIMITS_ON, False))
        return Storm(
            load,
            ended - began,
            requests,
            sum(one["operation"] == "ReadPullRequest" for one in requests),
            _lost(place, made, load),
            peaks(requests),
            len(violations),
            _stored(place),
            at_start,
            afterwards,
            {name: after[name] - used[name] for name in after},
        )


def _requests(place: World, storm: int) -> list[bytes]:
    """The storm's webhooks as whole HTTP requests, shuffled by its seed."""
    file = place.folder / "storm.jsonl"
    place.github.command("write_storm", storm=storm, path=str(file))
    return list(_prepared(file, urlsplit(place.web.url).netloc))


def _prepared(file: Path, host: str) -> Iterator[bytes]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            kept = json.loads(line)
            body = base64.b64decode(kept["body"])
            headers = {**kept["headers"], "Host": host, "Content-Length": str(len(body))}
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            yield f"POST /webhooks/github HTTP/1.1\r\n{head}\r\n".encode() + body


def _lost(place: World, made: Mapping[str, Any], load: Load) -> int:
    """Acknowledged webhooks that are not stored, and pull requests that a second look would still change."""
    acknowledged = sum(count for status, count in load.statuses.items() if status < 300)
    numbers = [pull["number"] for pull in made["pull_requests"]]
    with psycopg.connect(place.database_url) as connection:
        rows = connection.execute("SELECT guid FROM deliveries WHERE guid = ANY(%s::uuid[])", [made["guids"]])
        stored = len(rows.fetchall())
        before = _shown(place)
        for number in numbers:
            Queue().defer(connection, job_for(PullRequestSubject(REPOSITORY, number), place.installation))
    place.settle(900)
    after = _shown(place)
    wrong = sum(before[str(n)] != after[str(n)] or "trackgate: gate" not in before[str(n)][1] for n in numbers)
    return max(0, acknowledged - stored) + wrong


def _shown(place: World) -> dict[str, tuple[Any, Mapping[str, Any]]]:
    """What people see of each pull request: itself, and the checks of its head."""
    everything = place.github.export([REPOSITORY])[REPOSITORY]
    commits = everything["commits"]
    return {
        number: (pull, commits.get(pull["head"], {}).get("checks", {}))
        for number, pull in everything["pull_requests"].items()
    }


def _stored(place: World) -> dict[str, float]:
    """Bytes that the database keeps for one delivery, and for one entry of the log, indexes included."""
    found = {}
    with psycopg.connect(place.database_url) as connection:
        for name, table in (("delivery", "deliveries"), ("decision", "decisions")):
            row = connection.execute(
                sql.SQL(
                    "SELECT pg_total_relation_size({table}::regclass)::float"
                    " / greatest(1, (SELECT count(*) FROM {name}))"
                ).format(table=sql.Literal(table), name=sql.Identifier(table))
            ).fetchone()
            found[name] = float(row[0]) if row else 0.0
    return found


def _pids(place: World) -> dict[str, list[int]]:
    return {
        "web": place.web.pids,
        "worker": [pid for worker in place.workers for pid in worker.pids],
        "PostgreSQL": tree(place.ground.postgres_pid),
    }


def _memory(place: World) -> Found:
    return {name: memory_of(pids) for name, pids in _pids(place).items()}


def _processor(place: World) -> dict[str, float]:
    return {name: processor_seconds(pids) for name, pids in _pids(place).items()}
