"""What people do in a small storm, drawn from a seed: twelve pull requests, some eighty events, one release.

The script leaves nothing to chance but what it draws: however quickly the service answers, GitHub ends up in the
same state. So what differs after kills was lost or doubled. For that, nobody reviews once the service has begun to
ask for reviews: a person who is asked in the same moment as they approve is, rightly, asked or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from demo.local import PEOPLE
from demo.source import TRACK_CHANGES

TAG = "v3.1.0"
PULL_REQUESTS = 12
AUTHORS = ("sofia", "maya", "priya", "lina", "omar")


@dataclass(frozen=True, slots=True)
class Opening:
    """A pull request as it is opened, and the reviews (login, event) that it gets before anybody is asked."""

    author: str
    tracks: tuple[str, ...]
    draft: bool
    reviews: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody does. `place` is an opening's index, or None for the release's issue."""

    place: int | None
    kind: str
    actor: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """The whole storm: what is there before it begins, and what then happens, in this order."""

    openings: tuple[Opening, ...]
    steps: tuple[Step, ...]


def draw(seed: int) -> Script:
    """The storm of this seed."""
    random = Random(seed)  # noqa: S311 - a test's dice
    openings = tuple(_opening(random) for _ in range(PULL_REQUESTS))
    strands = [list(_strand(random, place, opening)) for place, opening in enumerate(openings)]
    strands.append(list(_release(random)))
    return Script(openings, tuple(_interleaved(random, strands)))


def _opening(random: Random) -> Opening:
    author = random.choice(AUTHORS)
    tracks = tuple(random.sample(sorted(TRACK_CHANGES), random.choice((1, 1, 1, 2))))
    others = [login for login in PEOPLE if login != author]
    reviews = tuple(
        (login, random.choice(("APPROVE", "APPROVE", "REQUEST_CHANGES", "COMMENT")))
        for login in random.sample(others, random.choice((0, 0, 1, 2)))
    )
    return Opening(author, tracks, random.random() < 0.2, reviews)


def _strand(random: Random, place: int, opening: Opening) -> Iterator[Step]:
    """What happens to one pull request, in its order."""
    if random.random() < 0.3:
        yield Step(place, "push", opening.author, str(random.random()))
    for track in opening.tracks:
        if track != "docs":
            yield Step(place, "check_started", text=track)
            yield Step(place, random.choice(("check_passed", "check_passed", "check_failed")), text=track)
    commands: tuple[tuple[str, ...], ...] = (
        (),
        ("/gate help",),
        ("/gate recheck",),
        ("/gate hold one moment please",),
        ("/gate hold one moment please", "/gate unhold"),
        ("/gate helb",),
    )
    command = random.choice(commands)
    said = [*command, random.choice(("Nice.", "Why not `/gate hold`?", "> /gate hold"))]
    for text in said:
        yield Step(place, "comment", "raj", text)
    if opening.draft:
        yield Step(place, "ready", opening.author)
    # A command is refused while its pull request is closed, be it for a moment: where there is one, it stays open.
    kinds = ("label", "retitle") if command else ("label", "retitle", "close_and_reopen")
    for kind in random.sample(kinds, random.choice((0, 1, 1, 2))):
        yield Step(place, kind, "raj", random.choice(("architecture", "size/small")))


def _release(random: Random) -> Iterator[Step]:
    """Armed, and signed off, in any order: it opens with the last of the three."""
    steps = [("raj", f"/gate release {TAG}"), ("raj", "/gate approve"), ("mira", "/gate approve")]
    random.shuffle(steps)
    for actor, text in steps:
        yield Step(None, "comment", actor, text)


def _interleaved(random: Random, strands: Sequence[list[Step]]) -> Iterator[Step]:
    """All strands at once, each in its own order."""
    waiting = [strand for strand in strands if strand]
    while waiting:
        strand = random.choice(waiting)
        yield strand.pop(0)
        waiting = [one for one in waiting if one]
