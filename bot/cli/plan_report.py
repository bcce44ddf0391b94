"""What `trackgate plan` answers, as data: the shape of its `--json` (`docs/plan.schema.json`).

The shape is stable: within one `version` keys are added, never renamed or taken away.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.cli.plan_facts import Plan
from bot.core.checks import check_name
from bot.core.merge_gate import all_requirements
from bot.core.model import NextAction, PathReason, Requirement, RequirementKind, Role, Slot, State, TrackGate


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Action(_Part):
    """The one next thing to do."""

    owner: str = Field(description="A login, or a role such as `release leads`.")
    action: str


class Problem(_Part):
    """Something that must change before the gate could open."""

    kind: RequirementKind
    subject: str = Field(description="The login, document, label … that it is about.")
    reason: str
    next_action: Action | None


class Reviewer(_Part):
    """One approval that is needed."""

    login: str | None = Field(description="Who has to approve; null when nobody is left who may.")
    role: Role
    track: str | None = Field(description="The track it is for; null for the whole pull request.")
    person: str = Field(description="Whom the policy names, which may be somebody else.")
    passed_over: tuple[str, ...] = Field(description="Why it is not that person, step by step.")
    because: str


class Check(_Part):
    """The check run of one touched track."""

    name: str = Field(description="The name the check run must have.")
    commands: tuple[str, ...] = Field(description="What its job runs, in this order.")


class Document(_Part):
    """One document that a touched track requires."""

    path: str
    present: bool = Field(description="Whether it is a file with content at the head.")
    reason: str


class Track(_Part):
    """One touched track."""

    name: str
    purpose: str
    files: int = Field(description="Paths that went to it.")
    check: Check | None = Field(description="null for a track without commands.")
    documents: tuple[Document, ...]


class PathWhy(_Part):
    """Why a path went where it went. A renamed or copied file is there twice."""

    path: str = Field(description="Bytes that are not UTF-8 stand as `\\xff`.")
    track: str | None = Field(description="null for a path outside all tracks.")
    pattern: str | None
    reason: str


class PolicyUsed(_Part):
    """The policy that decided."""

    name: str
    source: str
    digest: str = Field(description="SHA-256 of the file, hexadecimal.")


class PlanReport(_Part):
    """The merge gate of the pull request that two commits of a local repository would be."""

    version: Literal[1] = 1
    repository: str | None = Field(description="owner/name of the remote `origin`; null without one.")
    base: str = Field(description="Full SHA of BASE.")
    base_branch: str
    merge_base: str = Field(description="Full SHA of the commit the changes are counted from.")
    head: str = Field(description="Full SHA of HEAD.")
    author: str | None
    labels: tuple[str, ...]
    policy: PolicyUsed
    in_scope: bool = Field(description="Whether the policy gates pull requests into this base branch at all.")
    state: State = Field(description="in_progress: waits for people and checks; failure: see `problems`.")
    title: str
    next_action: Action | None
    changed_files: int
    changed_lines: int
    problems: tuple[Problem, ...]
    tracks: tuple[Track, ...]
    reviewers: tuple[Reviewer, ...]
    paths: tuple[PathWhy, ...]
    notes: tuple[str, ...]

    def as_json(self) -> str:
        """Indented JSON in ASCII, so that no path can play tricks on a terminal."""
        return json.dumps(self.model_dump(mode="json"), indent=2)


def report_json_schema() -> str:
    """The JSON Schema of `--json`: `docs/plan.schema.json`, byte for byte."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema |= PlanReport.model_json_schema(mode="serialization")
    return json.dumps(schema, indent=2) + "\n"


def report_of(plan: Plan) -> PlanReport:
    """A plan as it is shown."""
    decision, facts = plan.decision, plan.facts
    return PlanReport(
        repository=plan.name,
        base=plan.base,
        base_branch=facts.base_branch,
        merge_base=plan.merge_base,
        head=facts.head_sha,
        author=plan.request.author,
        labels=facts.labels,
        policy=PolicyUsed(name=plan.loaded.policy.name, source=plan.loaded.source, digest=plan.loaded.digest),
        in_scope=decision.in_scope,
        state=decision.state,
        title=decision.title,
        next_action=_action(decision.next_action),
        changed_files=facts.changed_files,
        changed_lines=facts.changed_lines,
        problems=tuple(_problem(item) for item in all_requirements(decision) if item.state is State.FAILURE),
        tracks=tuple(_track(track, decision.paths) for track in decision.tracks),
        reviewers=tuple(_reviewer(item.slot) for item in all_requirements(decision) if item.slot is not None),
        paths=tuple(
            PathWhy(path=path.path, track=path.track, pattern=path.pattern, reason=path.reason)
            for path in decision.paths
        ),
        notes=plan.notes,
    )


def _action(action: NextAction | None) -> Action | None:
    return None if action is None else Action(owner=action.owner, action=action.action)


def _problem(item: Requirement) -> Problem:
    return Problem(kind=item.kind, subject=item.subject, reason=item.reason, next_action=_action(item.next_action))


def _track(track: TrackGate, paths: tuple[PathReason, ...]) -> Track:
    documents = [item for item in track.requirements if item.kind is RequirementKind.DOCUMENT]
    return Track(
        name=track.track,
        purpose=track.purpose,
        files=sum(path.track == track.track for path in paths),
        check=Check(name=check_name(track.track), commands=track.commands) if track.commands else None,
        documents=tuple(
            Document(path=item.subject, present=item.state is State.SUCCESS, reason=item.reason)
            for item in documents
        ),
    )


def _reviewer(slot: Slot) -> Reviewer:
    return Reviewer(
        login=slot.approver,
        role=slot.role,
        track=slot.track,
        person=slot.person,
        passed_over=slot.passed,
        because=slot.because,
    )
