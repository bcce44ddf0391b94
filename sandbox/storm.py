"""A storm: many pull requests that much happens to, and the webhooks of it all, held back to be sent at once.

What happens is decided by a seed, and happens in the sandbox's own state by the same operations that its endpoints
call, only without HTTP, so that two hundred pull requests are there within seconds. Times of commits and GUIDs of
deliveries come from the seed, too: two storms of one plan differ in nothing but the times of the sandbox's clock.
"""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from . import seeding
from .git.objects import Signature
from .git.writer import TreeChange
from .operations import checks, comments, issues, pulls, reviews
from .operations.pushes import update_reference
from .state import Account, App, CheckRun, PullRequest, Repository
from .webhooks.delivery import Delivery

if TYPE_CHECKING:
    from .sandbox import Sandbox

FIRST_COMMIT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LABELS = ("documentation", "bug", "size/small", "size/large", "needs-triage")
REMARKS = ("Looks good so far.", "Why is this needed?", "Please see the other thread.", "Thanks!", "Rebased.")
DEAREST = 4
"""Webhooks of the operation that makes most of them: so a storm ends with exactly the number it should have."""


@dataclass(frozen=True, slots=True)
class StormTrack:
    """A part of the repository: a file in it, the check that runs for it, and who reviews it."""

    name: str
    path: str
    check: str
    reviewers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StormPlan:
    """What shall happen: `events` webhooks to the App `app`, of `pull_requests` by `authors`."""

    repository: str
    app: str
    tracks: tuple[StormTrack, ...]
    authors: tuple[str, ...]
    pull_requests: int = 200
    events: int = 2000
    seed: int = 1


@dataclass(slots=True)
class _Subject:
    """A pull request of the storm, and what happened to it so far."""

    pull: PullRequest
    track: StormTrack
    commits: int = 1
    running: dict[str, CheckRun] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Storm:
    """A storm that was made: its pull requests, and its webhooks in the order of the events, not yet sent."""

    plan: StormPlan
    pulls: tuple[PullRequest, ...]
    deliveries: tuple[Delivery, ...]
    seconds: float
    """How long it took to make."""

    def ordered(self, order: str, seed: int | None = None) -> list[Delivery]:
        """The webhooks as they `happened`, `reversed`, or `shuffled` by a seed (the plan's own by default)."""
        found = list(self.deliveries)
        if order == "reversed":
            found.reverse()
        elif order == "shuffled":
            random.Random(self.plan.seed if seed is None else seed).shuffle(found)  # noqa: S311 - no secret
        elif order != "happened":
            raise ValueError(f"there is no order {order}")
        return found


class _Maker:
    """Lets things happen until there are enough webhooks. Works under the world's lock."""

    def __init__(self, github: Sandbox, plan: StormPlan) -> None:
        self._world = github.world
        self._plan = plan
        self._chance = random.Random(plan.seed)  # noqa: S311 - no secret, and the same every time
        self._repository: Repository = github.repository(plan.repository)
        self._actions: App = seeding.actions_app(self._world)
        self._commits = 0
        self._subjects: list[_Subject] = []
        self._held = github.webhooks.held
        self._told = self._held()

    def make(self) -> list[PullRequest]:
        """All of it."""
        if self._plan.events < 8 * self._plan.pull_requests:
            raise ValueError("a pull request that is opened, checked and reviewed is told in 8 webhooks")
        for number in range(self._plan.pull_requests):
            self._subjects.append(self._open(number))
        # Each gets its check and a review, in no particular order; the rest is what chance brings.
        for step in (self._start_check, self._review, self._finish_check):
            for subject in self._shuffled():
                step(subject)
        while (left := self._told + self._plan.events - self._held()) > 0:
            subject = self._chance.choice(self._subjects)
            if left < DEAREST:
                self._remark(subject)
            else:
                self._chance.choices(*zip(*self._operations(), strict=True))[0](subject)
        return [subject.pull for subject in self._subjects]

    def _operations(self) -> Sequence[tuple[Callable[[_Subject], None], int]]:
        return (
            (self._remark, 4),
            (self._label, 3),
            (self._review, 4),
            (self._retitle, 2),
            (self._start_check, 2),
            (self._finish_check, 4),
            (self._push_again, 2),
        )

    def _shuffled(self) -> list[_Subject]:
        return self._chance.sample(self._subjects, k=len(self._subjects))

    def _account(self, login: str) -> Account:
        return self._world.account(login)

    def _commit(self, parent: str, track: StormTrack, author: Account, text: str) -> str:
        """A commit whose SHA depends on the seed alone."""
        git = self._repository.git
        self._commits += 1
        moment = FIRST_COMMIT + timedelta(seconds=self._commits)
        signature = Signature(author.login, author.email, moment)
        tree = git.write_tree(git.commit(parent).tree, [TreeChange(track.path, content=text.encode())])
        return git.write_commit(tree, [parent], signature, signature, f"Change {track.name}")

    def _open(self, number: int) -> _Subject:
        plan, repository = self._plan, self._repository
        track = plan.tracks[number % len(plan.tracks)]
        author = self._account(plan.authors[number % len(plan.authors)])
        base = repository.git.references[f"refs/heads/{repository.default_branch}"]
        branch = f"storm-{plan.seed}-{number}"
        head = self._commit(base, track, author, f"{number}\n")
        update_reference(self._world, repository, author, f"refs/heads/{branch}", head)
        title = f"Change {number} of {track.name}"
        pull = pulls.open_pull(
            self._world, repository, author, repository, branch, repository.default_branch, title, None, False
        )
        return _Subject(pull, track)

    def _push_again(self, subject: _Subject) -> None:
        pull = subject.pull
        subject.commits += 1
        text = f"{pull.number}, again {subject.commits}\n"
        head = self._commit(pull.head_sha, subject.track, pull.author, text)
        update_reference(self._world, self._repository, pull.author, f"refs/heads/{pull.head_ref}", head)
        self._start_check(subject)

    def _start_check(self, subject: _Subject) -> None:
        pull = subject.pull
        fields = {"name": subject.track.check, "head_sha": pull.head_sha, "status": "in_progress"}
        run = checks.create_check_run(self._world, self._actions, self._repository, fields)
        subject.running[pull.head_sha] = run

    def _finish_check(self, subject: _Subject) -> None:
        run = subject.running.pop(subject.pull.head_sha, None)
        if run is None:
            self._remark(subject)
            return
        conclusion = "success" if self._chance.random() < 0.8 else "failure"
        fields = {"status": "completed", "conclusion": conclusion}
        checks.update_check_run(self._world, self._actions, run, fields)

    def _review(self, subject: _Subject) -> None:
        pull = subject.pull
        able = [login for login in subject.track.reviewers if login != pull.author.login]
        reviewer = self._account(self._chance.choice(able))
        event, body = (
            ("APPROVE", "") if self._chance.random() < 0.75 else ("REQUEST_CHANGES", "Please look again.")
        )
        reviews.submit_review(self._world, pull, reviewer, event, body, None)

    def _remark(self, subject: _Subject) -> None:
        speaker = self._account(self._chance.choice(self._plan.authors))
        comments.add_comment(self._world, subject.pull, speaker, self._chance.choice(REMARKS), None)

    def _label(self, subject: _Subject) -> None:
        pull, name = subject.pull, self._chance.choice(LABELS)
        label = issues.find_or_create_label(self._world, self._repository, name)
        if label in pull.labels:
            issues.remove_label(self._world, pull, pull.author, label)
        else:
            issues.add_labels(self._world, pull, pull.author, [label])

    def _retitle(self, subject: _Subject) -> None:
        pull = subject.pull
        title = f"{pull.title.partition(' (')[0]} ({self._chance.randrange(1_000_000)})"
        pulls.edit_pull(self._world, pull, pull.author, title=title)


def make_storm(github: Sandbox, plan: StormPlan) -> Storm:
    """Let it all happen. Webhooks are paused meanwhile and those of the storm taken out; others go on after it.

    Nobody else should act on this sandbox meanwhile. Raises ValueError for a plan with too few events.
    """
    started = time.monotonic()
    github.webhooks.pause()
    before = github.webhooks.take()
    try:
        with github.world.lock:
            made = _Maker(github, plan).make()
        held = github.webhooks.take()
    finally:
        for delivery in before:
            github.webhooks.queue(delivery)
        github.webhooks.resume()
    chance = random.Random(f"{plan.seed} GUIDs")  # noqa: S311 - no secret
    for delivery in held:
        delivery.guid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return Storm(plan, tuple(made), tuple(held), time.monotonic() - started)


def let_loose(
    github: Sandbox,
    storm: Storm,
    *,
    order: str = "shuffled",
    seed: int | None = None,
    connections: int = 32,
    per_second: float | None = None,
) -> dict[str, Any]:
    """Send the storm's webhooks to where the App's webhooks go now, as fast as they are taken or `per_second`.

    Returns `seconds`, counts of `statuses` (0: no answer), `p50` and `p99` of the answers' seconds, and `failed`:
    the GUIDs that were not taken. Nothing is sent twice; GitHub's list of deliveries has them all.
    """
    chosen = storm.ordered(order, seed)
    started = time.monotonic()
    pace = None if per_second is None else (lambda position: position / per_second)
    github.webhooks.send_all(chosen, connections, next_at=pace)
    durations = sorted(delivery.duration for delivery in chosen)
    return {
        "seconds": time.monotonic() - started,
        "statuses": {str(status): n for status, n in Counter(one.status_code for one in chosen).items()},
        "p50": durations[len(durations) // 2],
        "p99": durations[min(len(durations) - 1, len(durations) * 99 // 100)],
        "failed": [delivery.guid for delivery in chosen if not delivery.succeeded],
    }
