"""How many requests to GitHub one event of each kind costs, by GitHub's own log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import jwt

from bench.figures import Part, Reading
from bench.ground import Ground
from bench.world import World, world
from demo.source import TRACK_CHANGES
from sandbox.client import Client
from sandbox.handles import Pull

UNCHANGED = 100
OWN_RUN = {"name": "gate/elsewhere", "status": "completed", "conclusion": "success"}


def measure(ground: Ground) -> Iterator[Reading]:
    """One event after the other, each once all is quiet."""
    with world(ground) as place:
        repository = place.repository()
        for name, (reads, writes) in _events(place, repository):
            yield Reading(name, "reads", reads)
            yield Reading(name, "writes", writes)
            yield Reading(name, "requests", reads + writes)
        yield from _sweep(place, repository)


def _events(place: World, repository: str) -> Iterator[tuple[str, tuple[int, int]]]:
    as_user, cost_of = place.github.as_user, place.cost_of
    place.open("omar", repository, {"qa/tests/first.spec.ts": "1\n"})  # the token is minted, the policy is read
    opened: list[Pull] = []
    yield "opened", cost_of(lambda: opened.append(place.open("omar", repository, TRACK_CHANGES["dbt"])))
    [pull] = opened
    yield "review that changes the gate", cost_of(lambda: as_user("priya").review(pull, "APPROVE"))
    check = partial(place.github.complete_check, repository, pull.head_sha)
    yield "check that changes the gate", cost_of(_check_ends(place, pull, "track / dbt"))
    yield "nothing changed", cost_of(lambda: as_user("lina").review(pull, "COMMENT", body="nice"))
    yield "duplicate", cost_of(_redelivery(place, "pull_request_review"))
    yield "comment without a command", cost_of(lambda: as_user("lina").comment(pull, "looks good"))
    yield "own check run", cost_of(_own_check_run(place, pull), own_requests=1)
    yield "check that no policy names", cost_of(lambda: check("coverage"))
    more = {"dbt/models/marts/more.sql": "select 3\n"}
    yield "push to its branch", cost_of(lambda: as_user("omar").push(repository, pull.branch, more))
    readme = {"README.md": "# Meta Integration V3, again\n"}
    yield "push to the base branch", cost_of(lambda: as_user("raj").push(repository, "main", readme))


def _redelivery(place: World, event: str) -> Callable[[], object]:
    """GitHub delivers the newest delivery of this event once more, as it does when somebody asks for that."""
    newest = next(one for one in place.github.command("deliveries", app=place.app.slug) if one["event"] == event)
    now = int(time.time())
    claims = {"iat": now - 60, "exp": now + 300, "iss": str(place.app.id)}
    token = jwt.encode(claims, place.app.private_key_pem, algorithm="RS256")

    def redeliver() -> None:
        Client(place.github.url, token).call("POST", f"/app/hook/deliveries/{newest['id']}/attempts")

    return redeliver


def _check_ends(place: World, pull: Pull, name: str) -> Callable[[], object]:
    """A check run of GitHub Actions that has begun already now ends."""
    actions, path = place.github.as_app(place.github.actions_app(), pull.repository), f"/repos/{pull.repository}"
    begun = {"name": name, "head_sha": pull.head_sha, "status": "in_progress"}
    run = actions.call("POST", f"{path}/check-runs", begun)
    ended = {"status": "completed", "conclusion": "failure"}
    return lambda: actions.call("PATCH", f"{path}/check-runs/{run['id']}", ended)


def _own_check_run(place: World, pull: Pull) -> Callable[[], object]:
    """A check run of our App comes to be: GitHub tells the App of that as well."""
    body = {**OWN_RUN, "head_sha": pull.head_sha}
    client = place.github.as_app(place.app, pull.repository)
    return lambda: client.call("POST", f"/repos/{pull.repository}/check-runs", body)


def _sweep(place: World, repository: str) -> Iterator[Reading]:
    """A sweep over as many open pull requests, all of which are as they should be."""
    for number in range(UNCHANGED - 2):  # two are open already
        place.open("omar", repository, {f"backend/app/module_{number}.py": "x = 1\n"})

    reads, writes = place.cost_of(place.sweep)
    name = f"sweep of {UNCHANGED} unchanged"
    yield Reading(name, "reads", reads)
    yield Reading(name, "writes", writes)
    yield Reading(name, "requests", reads + writes)


PART = Part(
    "requests",
    "Requests to GitHub for one event",
    "One event at a time, on a pull request of one track; the sweep is over a repository with "
    f"{UNCHANGED} open pull requests that events have brought up to date.",
    measure,
    notes=(
        "Requests that come by the clock are left out (the sweep's row has only that sweep), and so is the token, "
        "which is minted once an hour.",
    ),
)
