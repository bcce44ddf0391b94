"""Writes of several callers in one document: what comes while one is in flight shares the next.

One document of an installation is in flight at a time in a process, as GitHub asks for (docs: REST, best
practices, "Make requests serially"). The first caller sends at once; nobody waits for others to come,
until there were so many documents that notify people that they have to become fewer (`pacing`). Each caller hears
of its own mutations only. Why, and how much it saves: docs/decisions/0015-shared-writes.md.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.github_api.errors import Forbidden, LimitReached, NotFound, Refused, Retryable
from bot.github_api.graphql import Json, Problem
from bot.github_api.limits import background_work, in_background
from bot.github_api.mutations import Mutation, mutation_document
from bot.github_api.pacing import Pace
from bot.github_api.session import Session

# GitHub ends a GraphQL request after ten seconds, and each check run takes it some tenths of one.
MUTATIONS_IN_A_DOCUMENT = 20
FEWEST_IN_A_DOCUMENT = 5
OPERATION = "write"
# About what was asked: nothing was done, and perhaps only because of one caller's part.
_ABOUT_THE_DOCUMENT = (Refused, NotFound, Forbidden)


@dataclass(frozen=True, slots=True)
class Answered:
    """What GitHub said to one mutation: its payload, or the problem it had; neither is no answer."""

    payload: Json | None
    problem: Problem | None = None


@dataclass(eq=False, slots=True)
class Part:
    """One caller's mutations, and the answers so far, in their order. `error` is why the others have none.

    `can_wait`: it is background work (`bot.github_api.limits`), whoever sends it.
    """

    mutations: Sequence[Mutation]
    can_wait: bool = False
    answers: list[Answered] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is to be sent any more."""
        return self.error is not None or len(self.answers) == len(self.mutations)

    @property
    def left(self) -> Sequence[Mutation]:
        """What is still to be sent."""
        return self.mutations[len(self.answers) :]


Share = tuple[Part, Sequence[Mutation]]
"""What of a part goes into one document."""


class SharedWriter:
    """The way out for one installation's mutations. Threads share it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changed = threading.Condition()
        self._parts: list[Part] = []
        self._is_busy = False
        self._most = MUTATIONS_IN_A_DOCUMENT
        self._pace = Pace()

    @property
    def waiting(self) -> int:
        """How many callers wait for answers: those in the document that is in flight, and those after them."""
        with self._changed:
            return len(self._parts)

    def send(self, mutations: Sequence[Mutation]) -> Part:
        """Do `mutations` in their order, each for itself; returns when the part is over.

        Whoever waits while nothing is in flight sends the next document, for all. Nothing is sent twice unless it
        is certain that it was not done.
        """
        part = Part(mutations, in_background())
        with self._changed:
            self._parts.append(part)
            self._changed.notify_all()  # who waits for its time may have company now
            while not part.is_over:
                shares = [] if self._is_busy else self._next()
                if not shares:
                    self._changed.wait(None if self._is_busy else self._pace.wait(time.monotonic()))
                    continue
                self._is_busy = True
                self._changed.release()
                try:
                    self._send(shares)
                finally:
                    self._changed.acquire()
                    self._is_busy = False
                    self._parts = [one for one in self._parts if not one.is_over]
                    self._changed.notify_all()
        return part

    def _next(self) -> list[Share]:
        """What may be sent now: without what notifies people, while its time has not come."""
        now = time.monotonic()
        if self._pace.wait(now) > 0:
            parts = [part for part in self._parts if not _notifies(part.left)]
            return packed(parts, self._most) if parts else []
        shares = packed(self._parts, self._most)
        if any(_notifies(some) for _, some in shares):
            self._pace.note(now)
        return shares

    def _send(self, shares: Sequence[Share]) -> None:
        """Send one document, and give each part its answers or its error."""
        try:
            answers = self._ask(shares)
        except _ABOUT_THE_DOCUMENT as error:
            if len(shares) == 1:
                _fail(shares, error)
                return
            for share in shares:
                self._send([share])
        except LimitReached as error:
            self._send_quiet_ones(shares, error)
        except BaseException as error:  # noqa: BLE001 - each caller raises it
            if isinstance(error, Retryable):  # perhaps it was too much for GitHub's ten seconds
                self._most = max(FEWEST_IN_A_DOCUMENT, self._most // 2)
            _fail(shares, error)
        else:
            self._most = min(MUTATIONS_IN_A_DOCUMENT, self._most + 1)
            _give(shares, answers)

    def _send_quiet_ones(self, shares: Sequence[Share], limit: LimitReached) -> None:
        """Nothing was done. Where it was the limit of what notifies people, gates need not wait for that.

        A part with anything that notifies is to be tried again as a whole: what was done of it is read back then.
        """
        loud = [share for share in shares if _notifies(share[1])]
        quiet = [share for share in shares if not _notifies(share[1])]
        aside = [(part, [one for one in some if not one.notifies]) for part, some in loud]
        _fail(loud, limit)
        together = [*quiet, *aside]
        if not loud or not any(some for _, some in together):
            _fail(quiet, limit)
            return
        try:
            _give(quiet, self._ask(together))
        except BaseException as error:  # noqa: BLE001 - each caller raises it
            _fail(quiet, error)

    def _ask(self, shares: Sequence[Share]) -> list[Answered]:
        """The answers to one document. It can wait only if all in it can, whichever thread happens to send it."""
        mutations = [mutation for _, some in shares for mutation in some]
        document, variables = mutation_document(mutations)
        with background_work(waits=all(part.can_wait for part, _ in shares)):
            parts = self._session.mutate(
                OPERATION, document, variables, creates_content=sum(one.notifies for one in mutations)
            )
        problems = {problem.path[0]: problem for problem in reversed(parts.problems) if problem.path}
        aliases = [f"e{position}" for position in range(len(mutations))]
        return [Answered(parts.data.get(alias), problems.get(alias)) for alias in aliases]


def packed(parts: Sequence[Part], most: int) -> list[Share]:
    """What goes into the next document: of the first part as much as fits, then other parts that fit as a whole.

    GitHub counts the documents that notify people: those parts stay together, in as few of them as possible.
    """
    first, *others = parts
    shares: list[Share] = [(first, first.left[:most])]
    room = most - len(shares[0][1])
    loud = [part for part in others if _notifies(part.left)]
    quiet = [part for part in others if not _notifies(part.left)]
    if _notifies(shares[0][1]):
        others = [*loud, *quiet]
    elif sum(len(part.left) for part in others) > room:
        others = quiet
    for part in others:
        if len(part.left) <= room:
            shares.append((part, part.left))
            room -= len(part.left)
    return shares


def _notifies(mutations: Sequence[Mutation]) -> bool:
    return any(mutation.notifies for mutation in mutations)


def _give(shares: Sequence[Share], answers: Sequence[Answered]) -> None:
    """Each part its own answers. There may be more of them than are wanted, at the end."""
    given = iter(answers)
    for part, some in shares:
        part.answers += [next(given) for _ in some]


def _fail(shares: Sequence[Share], error: BaseException) -> None:
    for part, _ in shares:
        part.error = error
