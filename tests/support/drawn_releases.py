"""Facts of releases as Hypothesis draws them: often those of an open gate, and often nearly so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bot.core.model import CheckRun
from bot.core.release_model import (
    Comparison,
    EvidenceDocument,
    EvidenceFile,
    ExistingTag,
    ReleaseFacts,
    SignOff,
    TestApp,
    TestAppUse,
)
from tests.support.builders import policy
from tests.support.evidence_texts import FOLDER
from tests.support.release_builders import (
    MERGED,
    NOW,
    OTHER,
    SIGNED,
    STATEMENTS,
    TAG,
    TARGET,
    TRACKS,
    VALIDATED,
    commit,
    evidence,
    override,
    release_facts,
    run,
    still_open,
)

POLICY = policy()
ELSEWHERE = "e15e" * 10
COMMITS = [TARGET, VALIDATED, OTHER, ELSEWHERE]
SCENARIOS = POLICY.policy.release.staging.scenarios
CARRIED, COUNTING = f"{FOLDER}/x.md", "backend/a.py"


def rarely(value: st.SearchStrategy[Any], usual: Any) -> st.SearchStrategy[Any]:
    """Mostly the usual value."""
    return st.integers(0, 49).flatmap(lambda n: value if n == 7 else st.just(usual))


def moments(usual: datetime) -> st.SearchStrategy[datetime]:
    """Mostly the usual moment; else days or weeks from it, or just now."""
    days = st.sampled_from([-40, -15, -14, -1, 0, 1, 9]).map(lambda day: usual + timedelta(days=day))
    return rarely(st.one_of(days, st.just(NOW), st.just(NOW + timedelta(seconds=1))), usual)


@st.composite
def documents(draw: st.DrawFn) -> EvidenceDocument:
    """What an evidence file says: mostly what opens the gate."""
    performed_at = draw(moments(datetime(2026, 2, 19, 19, 30, tzinfo=UTC)))
    return EvidenceDocument(
        release=draw(rarely(st.just("v3.0.9"), TAG)),
        commit=draw(st.sampled_from([VALIDATED] * 20 + COMMITS)),
        environment=draw(rarely(st.just("production"), "staging")),
        operator=draw(rarely(st.sampled_from(["nina", "PRIYA"]), "priya")),
        performed_at=performed_at,
        test_app=TestApp(
            draw(rarely(st.just("2"), "1")),
            performed_at - timedelta(days=draw(rarely(st.sampled_from([-1, 7, 8]), 1))),
        ),
        scenarios={name: draw(rarely(st.sampled_from(["fail", "skipped"]), "pass")) for name in SCENARIOS},
        result=draw(rarely(st.just("fail"), "pass")),
    )


@st.composite
def files(draw: st.DrawFn, number: int) -> EvidenceFile:
    """One evidence file, sometimes one that is not well formed."""
    broken = evidence(name=draw(st.sampled_from([f"broken-{number}.md", f"2026021{number}T193000Z.md"])), text="x")
    found = draw(rarely(st.none(), draw(documents())))
    if found is None:
        return broken
    named_at = draw(moments(found.performed_at))
    return EvidenceFile(f"{FOLDER}/{number}.md", f"{number:040}", named_at, found)


@st.composite
def sign_offs(draw: st.DrawFn) -> tuple[SignOff, ...]:
    """Mostly all four, some twice, some ended, some for other commits, some by others; some of one moment."""
    found = []
    for statement in STATEMENTS:
        for login in ("raj", "mira", "Raj", "sofia"):
            usual = 1 if login in ("raj", "mira") else 0
            for _ in range(draw(rarely(st.integers(0, 3), usual))):
                sha = draw(st.sampled_from([TARGET] * 20 + COMMITS))
                at = SIGNED + timedelta(minutes=draw(st.integers(0, 2)))
                found.append(SignOff(statement, login, sha, at, draw(rarely(st.just("revoked it"), None))))
    return tuple(found)


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Comparison]:
    """From each commit to the target: mostly only evidence changed; a commit may be missing altogether."""
    found = {}
    for sha in (VALIDATED, OTHER, ELSEWHERE):
        usual = sha == VALIDATED
        paths = draw(
            rarely(st.just((CARRIED, COUNTING)), (CARRIED,)) if usual else st.sampled_from([(), (COUNTING,)])
        )
        is_ancestor, is_complete = draw(rarely(st.just(not usual), usual)), draw(rarely(st.just(False), True))
        if draw(rarely(st.just(False), True)):
            found[sha] = Comparison(sha, is_ancestor, paths, is_complete)
    return found


@st.composite
def check_runs(draw: st.DrawFn, track: str) -> tuple[CheckRun, ...]:
    """The runs on one commit: mostly one that is green."""
    number = draw(rarely(st.integers(0, 2), 1))
    conclusions = rarely(st.sampled_from(["failure", "skipped", None]), "success")
    apps = rarely(st.just(99), 15368)
    return tuple(run(track, draw(conclusions), run_id=place, app_id=draw(apps)) for place in range(number))


@st.composite
def facts_of_releases(draw: st.DrawFn) -> ReleaseFacts:
    """Facts that are often those of an open gate, and often nearly so."""
    tracks = {
        track: commit(
            track,
            on_commit=draw(check_runs(track)),
            on_pull_request=draw(rarely(check_runs(track), ())),
            at=draw(moments(MERGED)),
            is_brought=draw(st.booleans()),
        )
        for track in TRACKS
    }
    usual = release_facts()
    overrides = [
        override(track, expires_at=draw(moments(NOW + timedelta(hours=1)))) for track in ("backend", "dbt")
    ]
    tag_there = ExistingTag("0b" * 20, draw(st.sampled_from([*COMMITS[:3], None])))
    return replace(
        usual,
        tag=draw(rarely(st.sampled_from([None, "3.1.0"]), TAG)),
        is_on_branch=draw(rarely(st.just(False), True)),
        tracks={name: draw(rarely(st.none(), one)) for name, one in tracks.items()},
        open_pull_requests=draw(rarely(st.just((still_open(7, "dbt/a", "Makefile"),)), ())),
        documents={path: draw(rarely(st.sampled_from([None, 0]), 9)) for path in usual.documents},
        evidence=tuple(draw(files(number)) for number in range(draw(rarely(st.integers(0, 3), 1)))),
        test_app_uses=draw(rarely(st.just((TestAppUse("1", f"{FOLDER}/old.md", "0" * 40),)), ())),
        sign_offs=draw(sign_offs()),
        comparisons=draw(comparisons()),
        overrides=draw(rarely(st.just(tuple(overrides)), ())),
        existing_tag=draw(rarely(st.just(tag_there), None)),
        recorded_commit=draw(rarely(st.sampled_from(COMMITS[:3]), None)),
        unreadable=draw(rarely(st.just(("comments",)), ())),
    )
