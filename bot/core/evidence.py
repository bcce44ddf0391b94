"""Which evidence file counts for a release, and what the rows `evidence` and `staging validation` say of it.

A file counts when it is well formed and names the release. Of those that are bound to the target and not from the
future the newest validation decides, so that a pass never hides a failure that came after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.evidence_name import is_markdown
from bot.core.evidence_staging import OPERATORS, judge_staging
from bot.core.model import NextAction
from bot.core.policy_model import Policy
from bot.core.policy_types import duration_text
from bot.core.release_model import (
    Binding,
    EvidenceDocument,
    EvidenceFile,
    ReleaseFacts,
    ReleaseItem,
    ReleaseRow,
    RowKind,
)
from bot.core.words import State

MAXIMUM_OTHERS = 10
"""Files that do not count and are named all the same; the rest is counted."""

_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The file that counts (None: none does), and why each of the others does not.

    What is no Markdown, such as a screenshot, a folder or `.gitkeep`, is no evidence and none of the others.
    """

    file: EvidenceFile | None
    others: tuple[tuple[EvidenceFile, str], ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedEvidence:
    """Both rows that come from evidence, and the file they were judged on, for the record of the release."""

    staging: ReleaseRow
    evidence: ReleaseRow
    file: EvidenceFile | None


def judge_evidence(
    facts: ReleaseFacts, policy: Policy, bound: Callable[[str], Binding], now: datetime
) -> JudgedEvidence:
    """The two rows. `bound` is the rule of `core.binding` for the target; `now` is aware."""
    chosen = choose(facts.evidence, facts.tag, bound, now)
    look_again_at = _look_again_at(facts.evidence, facts.tag, chosen, policy, now)
    if chosen.file is None or chosen.file.document is None:
        missing = _missing(chosen, policy, now, is_head=facts.target_sha == facts.head_sha)
        staging = ReleaseRow(RowKind.STAGING, *missing, look_again_at=look_again_at)
        evidence = ReleaseRow(
            RowKind.EVIDENCE, *missing, items=_others(chosen, missing[0]), look_again_at=look_again_at
        )
        return JudgedEvidence(staging, evidence, None)
    return JudgedEvidence(
        judge_staging(chosen.file, chosen.file.document, facts, policy, look_again_at),
        _judge_file(chosen, chosen.file, chosen.file.document, policy, bound, now, look_again_at),
        chosen.file,
    )


def choose(
    files: Sequence[EvidenceFile], tag: str | None, bound: Callable[[str], Binding], now: datetime
) -> Chosen:
    """The file that counts for the release `tag`; without a tag, of any release.

    When none is both bound and not from the future, the best of the rest is chosen: the row then says what is
    wrong with it.
    """
    ranked = [(_rank(file, document, bound, now), file) for file, document in _candidates(files, tag)]
    best = max(ranked, key=lambda one: one[0])[1] if ranked else None
    others = [
        (file, _why_not(file, tag, bound, now)) for file in files if file is not best and is_markdown(file.path)
    ]
    return Chosen(best, tuple(sorted(others, key=_newest_first)))


def _candidates(files: Sequence[EvidenceFile], tag: str | None) -> list[tuple[EvidenceFile, EvidenceDocument]]:
    return [
        (file, file.document)
        for file in files
        if file.document is not None and file.named_at is not None and tag in (None, file.document.release)
    ]


def _rank(
    file: EvidenceFile, document: EvidenceDocument, bound: Callable[[str], Binding], now: datetime
) -> tuple[bool, bool, datetime, str]:
    is_bound = bound(document.commit).is_bound
    return (is_bound and _begins(file, document) <= now, is_bound, document.performed_at, file.path)


def _begins(file: EvidenceFile, document: EvidenceDocument) -> datetime:
    """The moment from which neither the file's name nor its validation is in the future."""
    return max(document.performed_at, file.named_at or document.performed_at)


def _why_not(file: EvidenceFile, tag: str | None, bound: Callable[[str], Binding], now: datetime) -> str:
    document = file.document
    if document is None or file.named_at is None:
        first = next(iter(file.findings), None)
        more = f" (and {len(file.findings) - 1} more)" if len(file.findings) > 1 else ""
        return f"line {first.line}: {first.key}: expected {first.expected}{more}" if first else "not well formed"
    if tag not in (None, document.release):
        return f"made for {document.release}"
    if not (binding := bound(document.commit)).is_bound:
        return binding.reason
    if _begins(file, document) > now:
        return "from the future"
    return "a newer validation counts"


def _newest_first(other: tuple[EvidenceFile, str]) -> tuple[bool, float, str]:
    """Files without a timestamp first, since their names are mistakes; then the newest."""
    named_at = other[0].named_at
    return (named_at is not None, -named_at.timestamp() if named_at is not None else 0.0, other[0].path)


def _missing(chosen: Chosen, policy: Policy, now: datetime, *, is_head: bool) -> tuple[State, str, NextAction]:
    """Nothing counts: an operator is waited for, unless there is a recent file with something wrong in it."""
    oldest = now - policy.release.evidence.max_age
    broken = [
        (file, why)
        for file, why in chosen.others
        if file.document is None and (file.named_at is None or file.named_at >= oldest)
    ]
    if broken:
        file, why = broken[0]
        reason = f"no evidence counts: {file.path}: {why}"
        return State.FAILURE, reason, NextAction(OPERATORS, f"correct {file.path}, or commit new evidence")
    directory = policy.release.evidence.directory
    if not is_head:
        # Nothing that is committed now gets into the tree of an older commit.
        reason = f"no evidence under {directory} counts for this release, and this commit is not the branch's head"
        action = "cancel this release, and release the head or a commit that has the evidence"
        return State.FAILURE, reason, NextAction("the release leads", action)
    return (
        State.IN_PROGRESS,
        f"no evidence under {directory} counts for this release",
        NextAction(
            OPERATORS, f"validate on {policy.release.staging.environment} and commit evidence in {directory}"
        ),
    )


def _judge_file(
    chosen: Chosen,
    file: EvidenceFile,
    document: EvidenceDocument,
    policy: Policy,
    bound: Callable[[str], Binding],
    now: datetime,
    look_again_at: datetime | None,
) -> ReleaseRow:
    """The row `evidence` where a file was chosen: its times and its binding; what it says is the other row's."""
    binding, name = bound(document.commit), file.path.rpartition("/")[2]
    max_age = policy.release.evidence.max_age
    begins = _begins(file, document)
    environment = policy.release.staging.environment
    found: list[tuple[str, str]] = []
    if begins > now:
        found.append((f"is from the future: {_utc(begins)}", f"correct the time of {file.path}"))
    if not binding.is_bound:
        found.append((f"does not hold: {binding.reason}", f"validate this commit on {environment}"))
    if now - document.performed_at > max_age:
        age = f"is {_age(now - document.performed_at)} old; at most {duration_text(max_age)} is allowed"
        found.append((age, f"validate on {environment} again, and commit the evidence"))
    since, state = document.performed_at, State.FAILURE if found else State.SUCCESS
    reason = f"{name} " + ("; ".join(why for why, _ in found) if found else f"was {binding.reason}")
    action = NextAction(OPERATORS, found[0][1]) if found else None
    items = (ReleaseItem(file.path, state, reason, action, since), *_others(chosen, state))
    return ReleaseRow(RowKind.EVIDENCE, state, reason, action, since, items, look_again_at)


def _others(chosen: Chosen, state: State) -> tuple[ReleaseItem, ...]:
    """The files that do not count, for a row of this state: where nothing is missing they are no fault."""
    items = [
        ReleaseItem(file.path, state, f"does not count: {why}", since=file.named_at, is_aside=True)
        for file, why in chosen.others[:MAXIMUM_OTHERS]
    ]
    if (rest := len(chosen.others) - MAXIMUM_OTHERS) > 0:
        items.append(ReleaseItem("older files", state, f"{rest} more that do not count", is_aside=True))
    return tuple(items)


def _look_again_at(
    files: Sequence[EvidenceFile], tag: str | None, chosen: Chosen, policy: Policy, now: datetime
) -> datetime | None:
    """When time alone may change a row: a file's time comes, or one that counts, or is broken, becomes too old."""
    candidates = _candidates(files, tag)
    moments = [_begins(file, document) for file, document in candidates]
    moments += [
        document.performed_at + policy.release.evidence.max_age + _MOMENT
        for file, document in candidates
        if file is chosen.file and document.performed_at <= now
    ]
    if chosen.file is None:  # then a broken file is a fault for as long as a good one would have counted
        broken = [file.named_at for file in files if file.document is None and file.named_at is not None]
        moments += [named_at + policy.release.evidence.max_age + _MOMENT for named_at in broken]
    return min((moment for moment in moments if moment > now), default=None)


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _age(age: timedelta) -> str:
    """Whole days, since what is too old by an hour is too old by its day."""
    days = age // timedelta(days=1)
    return f"{days}d" if days else duration_text(timedelta(seconds=int(age.total_seconds())))
