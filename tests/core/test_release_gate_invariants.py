"""What holds for every decision about a release, whatever the facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.binding import binding_of
from bot.core.model import CheckRun
from bot.core.policy import LoadedPolicy
from bot.core.release_gate import decide_release, is_released
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
from bot.core.words import State
from tests.support.builders import policy
from tests.support.evidence_texts import FOLDER
from tests.support.examples import examples
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
    broken = evidence(name=f"broken-{number}.md", text="x")
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
        test_app_uses=draw(rarely(st.just((TestAppUse("1", f"{FOLDER}/old.md", "0" * 40, None),)), ())),
        sign_offs=draw(sign_offs()),
        comparisons=draw(comparisons()),
        overrides=draw(rarely(st.just(tuple(overrides)), ())),
        existing_tag=draw(rarely(st.just(tag_there), None)),
        recorded_commit=draw(rarely(st.sampled_from(COMMITS[:3]), None)),
        unreadable=draw(rarely(st.just(("comments",)), ())),
    )


Situation = tuple[ReleaseFacts, LoadedPolicy, datetime]
SITUATIONS = st.tuples(facts_of_releases(), st.just(POLICY), st.just(NOW))
thoroughly = settings(max_examples=examples(30), suppress_health_check=list(HealthCheck), deadline=None)


def is_bound_naively(sha: str, facts: ReleaseFacts) -> bool:
    """Made for the target, or for an ancestor with nothing changed since but evidence."""
    if sha == facts.target_sha:
        return True
    one = facts.comparisons.get(sha)
    if one is None or not one.is_ancestor or not one.is_complete:
        return False
    return all(path.startswith("docs/project/evidence/") for path in one.changed_paths)


def signed_naively(facts: ReleaseFacts) -> bool:
    """Both people, both statements, not ended, bound."""
    given = {
        (one.login.lower(), one.statement)
        for one in facts.sign_offs
        if one.ended is None and is_bound_naively(one.commit_sha, facts)
    }
    return given >= {(login, statement) for login in ("raj", "mira") for statement in STATEMENTS}


def validated_naively(facts: ReleaseFacts) -> bool:
    """Of the files that name the release, are bound and not of the future, the newest says that all is well."""
    counting = [
        (file, file.document)
        for file in facts.evidence
        if file.document is not None and file.named_at is not None
        if facts.tag in (None, file.document.release) and is_bound_naively(file.document.commit, facts)
        if max(file.named_at, file.document.performed_at) <= NOW
    ]
    if not counting:
        return False
    _, told = max(counting, key=lambda one: (one[1].performed_at, one[0].path))
    age, app_age = NOW - told.performed_at, told.performed_at - told.test_app.created_at
    return (
        age <= timedelta(days=14)
        and timedelta(0) <= app_age <= timedelta(days=7)
        and told.environment == "staging"
        and told.operator.lower() in {"raj", "mira", "sofia", "maya", "priya", "lina"}
        and told.result == "pass"
        and set(told.scenarios.values()) == {"pass"}
        and told.test_app.id not in {use.app_id for use in facts.test_app_uses}
    )


def checked_naively(facts: ReleaseFacts) -> bool:
    """Nothing open, all documents, and each track's last change since the scope date green, or overridden."""
    if facts.open_pull_requests or not all(facts.documents.values()):
        return False
    for track, last in facts.tracks.items():
        arrived = None if last is None else last.pull_request.merged_at if last.pull_request else last.committed_at
        if track == "docs" or last is None or arrived is None or arrived < datetime(2026, 2, 19, 5, tzinfo=UTC):
            continue
        heads = [last.check_runs, last.pull_request.check_runs if last.pull_request else ()]
        newest = [[one for one in head if one.app_id == 15368][-1:] for head in heads]
        green = any(one.conclusion == "success" for head in newest for one in head)
        if not green and not any(one.track == track and one.expires_at > NOW for one in facts.overrides):
            return False
    return True


def is_open_naively(facts: ReleaseFacts) -> bool:
    """The whole gate, read off the rules as simply as possible."""
    tag, recorded = facts.existing_tag, facts.recorded_commit
    fits = tag is None or (tag.commit_sha == facts.target_sha and recorded == facts.target_sha)
    named = facts.tag is None or (facts.tag.startswith("v") and fits and recorded in (None, facts.target_sha))
    return (
        named
        and facts.is_on_branch
        and not facts.unreadable
        and checked_naively(facts)
        and validated_naively(facts)
        and signed_naively(facts)
    )


@settings(thoroughly, max_examples=examples(120))
@given(SITUATIONS)
def test_the_gate_is_open_exactly_when_a_naive_reading_of_the_rules_says_so(situation: Situation) -> None:
    """What must never happen: a release tag while something required is missing. Nor the reverse."""
    assert (decide_release(*situation).state is State.SUCCESS) == is_open_naively(situation[0])


@thoroughly
@given(SITUATIONS)
def test_never_success_while_any_row_is_not(situation: Situation) -> None:
    """The gate is as grave as the gravest of its rows and problems, and its title says which."""
    decision = decide_release(*situation)
    states = {one.state for one in (*decision.rows, *decision.problems)}
    expected = next((state for state in (State.FAILURE, State.IN_PROGRESS) if state in states), State.SUCCESS)
    word = {State.FAILURE: "Blocked: ", State.IN_PROGRESS: "Waiting: ", State.SUCCESS: "Open: "}[expected]
    assert decision.state is expected
    assert decision.title.startswith(word)
    assert len(decision.rows) == 4
    if decision.state is State.SUCCESS:
        assert decision.evidence is not None
        assert len(decision.sign_offs) == 4


@thoroughly
@given(SITUATIONS)
def test_every_state_that_is_not_success_has_one_next_action(situation: Situation) -> None:
    """With an owner, for the gate and for each row; success has none. A title has 200 characters at most."""
    decision = decide_release(*situation)
    for one in (decision, *decision.rows):
        assert (one.next_action is not None) == (one.state is not State.SUCCESS)
        assert one.next_action is None or (one.next_action.owner and one.next_action.action)
    gravest = [one.next_action for one in (*decision.problems, *decision.rows) if one.state is decision.state]
    assert decision.next_action == gravest[0]
    assert len(decision.title) <= 200
    assert all(problem.next_action is not None for problem in decision.problems)


@thoroughly
@given(SITUATIONS, st.randoms(use_true_random=False))
def test_the_order_of_what_was_read_does_not_matter(situation: Situation, random: Any) -> None:
    """Sign-offs (also of one moment), evidence files, test apps, overrides and check runs in any order."""
    facts, loaded, now = situation

    def shuffled(things: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(random.sample(things, len(things)))

    tracks = {
        name: one and replace(one, check_runs=shuffled(one.check_runs), statuses=shuffled(one.statuses))
        for name, one in random.sample(list(facts.tracks.items()), len(facts.tracks))
    }
    other = replace(
        facts,
        tracks=tracks,
        evidence=shuffled(facts.evidence),
        sign_offs=shuffled(facts.sign_offs),
        test_app_uses=shuffled(facts.test_app_uses),
        overrides=shuffled(facts.overrides),
        comparisons=dict(random.sample(list(facts.comparisons.items()), len(facts.comparisons))),
    )
    assert decide_release(other, loaded, now) == decide_release(facts, loaded, now)


@thoroughly
@given(SITUATIONS, st.sampled_from([0, 1, 1799, 1800, 3600, 86400, 40 * 86400]))
def test_nothing_changes_before_it_is_time_to_look_again(situation: Situation, seconds: int) -> None:
    """`look_again_at` is in the future, and until then time alone decides nothing."""
    facts, loaded, now = situation
    decision = decide_release(facts, loaded, now)
    until, later = decision.look_again_at, now + timedelta(seconds=seconds)
    assert until is None or until > now
    if until is None or later < until:
        then = decide_release(facts, loaded, later)
        assert (then.state, [row.state for row in then.rows]) == (
            decision.state,
            [row.state for row in decision.rows],
        )


PATHS = st.lists(
    st.sampled_from(
        ["backend/a.py", "docs/project/evidence", "docs/project/evidence2/a.md", "docs/project/Evidence/a.md",
         "x/docs/project/evidence/a.md", "docs/project/evidence/a.md", "docs/project/evidence/b/c/d.png",
         f"{FOLDER}/20260219T193000Z.md", "docs/project/evidence/.github/trackgate.yml", ".github/trackgate.yml"]
    ),
    max_size=4,
)  # fmt: skip


@given(PATHS, st.booleans(), st.booleans())
def test_a_changed_byte_voids_outside_carry_over_and_not_inside(
    paths: list[str], is_ancestor: bool, is_complete: bool
) -> None:
    """Bound: an ancestor of the target, with nothing changed since but what the policy carries over."""
    one = Comparison(VALIDATED, is_ancestor, tuple(paths), is_complete)
    facts = release_facts(comparisons={VALIDATED: one})
    found = binding_of(facts, POLICY.policy)(VALIDATED)
    carried = all(path.startswith("docs/project/evidence/") for path in paths)
    assert found.is_bound == (is_ancestor and is_complete and carried)
    assert found.reason.startswith("made for 4f0c4f0")
    assert binding_of(facts, POLICY.policy)(TARGET).is_bound


@thoroughly
@given(SITUATIONS)
def test_released_is_what_has_its_tag_and_its_record(situation: Situation) -> None:
    """Then no problem is made of the tag that is there."""
    facts, loaded, now = situation
    tag, target = facts.existing_tag, facts.target_sha
    is_there = tag is not None and tag.commit_sha == target
    assert is_released(facts) == (is_there and facts.recorded_commit == target)
    if is_released(facts):
        assert not [one for one in decide_release(facts, loaded, now).problems if "already" in one.reason]
