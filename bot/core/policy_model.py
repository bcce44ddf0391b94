"""A policy as data: frozen, typed models whose names are the keys of the YAML.

`core.policy.load_policy` builds them from text; tests may build them directly. Either way the rules between
sections of `core.policy_rules` hold (known people, no folder twice …), else pydantic's ValidationError comes.
The descriptions are what editors show (JSON Schema); `docs/policy.md` says more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import InitErrorDetails, ValidationError

from bot.core.policy_release import Evidence, Release, Staging
from bot.core.policy_rules import broken_rules
from bot.core.policy_types import (
    READ_ONLY,
    Day,
    Duration,
    Glob,
    Label,
    Line,
    Login,
    PersonName,
    Prefix,
    Prose,
    ReferencePattern,
    RepositoryPath,
    RepositoryPattern,
    Section,
    Slug,
    TimeZone,
    WholeNumber,
    expected,
)

__all__ = [
    "ArchitectureTriggers",
    "Away",
    "Evidence",
    "Person",
    "Policy",
    "Release",
    "RequiredChecks",
    "Size",
    "Staging",
    "Track",
]

# The App behind every GitHub Actions job's check run, on github.com.
GITHUB_ACTIONS_APP_ID = 15368


class Away(Section):
    """When a person is away: whole days in the policy's time zone, the last one included."""

    from_: Day = Field(alias="from", description="First day away, YYYY-MM-DD in the policy's time zone.")
    until: Day = Field(description="Last day away (included), YYYY-MM-DD in the policy's time zone.")

    @field_validator("until")
    @classmethod
    def _in_order(cls, until: Day, info: ValidationInfo) -> Day:
        if (start := info.data.get("from_")) is not None and until < start:
            raise expected(f"a day not before `from` ({start})")
        return until


class Person(Section):
    """One person of the reviewer matrix."""

    login: Login = Field(description="The person's GitHub login; case does not matter.")
    role: Prose = Field(description="What the person answers for, in the matrix's words.")
    backup: PersonName | None = Field(
        default=None, description="Who takes the person's place when away or the author: another person here."
    )
    away: Away | None = Field(default=None, description="When the person is away; the backup is asked then.")


class Track(Section):
    """One folder track: which paths, whose approval, which checks."""

    prefix: Prefix | None = Field(
        default=None, description="The folder whose files belong to the track, such as backend/."
    )
    globs: tuple[Glob, ...] = Field(
        default=(), max_length=100, description="gitignore-style patterns of further paths; no `!`."
    )
    purpose: Prose = Field(description="What the track is for, in a sentence.")
    owners: tuple[PersonName, ...] = Field(
        min_length=1, max_length=15, description="People who must all approve a change of the track."
    )
    commands: tuple[Line, ...] = Field(
        default=(),
        max_length=50,
        description="Commands run in this order by the job whose check run is `track / <track>`.",
    )
    required_documents: tuple[RepositoryPath, ...] = Field(
        default=(), max_length=50, description="Files that must exist and not be empty at the head."
    )


class Size(Section):
    """How large a pull request must be to need the architecture reviewer."""

    changed_files: Annotated[WholeNumber, Field(ge=0)] | None = Field(
        default=None, description="A pull request that changes more files than this triggers."
    )
    changed_lines: Annotated[WholeNumber, Field(ge=0)] | None = Field(
        default=None, description="A pull request that adds and deletes more lines than this triggers."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.changed_files is None and self.changed_lines is None:
            raise expected("changed_files or changed_lines")
        return self


class ArchitectureTriggers(Section):
    """What makes a pull request need the architecture reviewer as well; any one is enough."""

    labels: tuple[Label, ...] = Field(default=(), max_length=50, description="Labels; case does not matter.")
    paths: tuple[Glob, ...] = Field(
        default=(), max_length=100, description="gitignore-style patterns of changed paths; no `!`."
    )
    size: Size | None = Field(default=None, description="More files or lines than this.")


class RequiredChecks(Section):
    """What counts as the check run of a track."""

    app_id: Annotated[WholeNumber, Field(ge=1)] = Field(
        default=GITHUB_ACTIONS_APP_ID,
        description="ID of the GitHub App whose check runs count; 15368 is GitHub Actions.",
    )
    start_within: Duration = Field(
        default=timedelta(minutes=30),
        json_schema_extra={"default": "30m"},
        description="How long after the head was seen a check may take to appear (45s, 30m, 2h, 1d).",
    )
    accept: tuple[Literal["success", "skipped", "neutral"], ...] = Field(
        default=("success",),
        min_length=1,
        max_length=3,
        description="Conclusions that count as passed; success must be among them.",
    )

    @field_validator("accept")
    @classmethod
    def _with_success(cls, accept: tuple[str, ...]) -> tuple[str, ...]:
        if "success" not in accept:
            raise expected("success among the accepted conclusions")
        return accept


class Policy(Section):
    """Everything that one repository's gates are judged by."""

    version: Literal[1] = Field(description="Version of this format: 1.")
    name: Slug = Field(description="Short name of the policy, shown beside decisions.")
    title: Prose = Field(description="Name of the policy for people.")
    scope_date: Day = Field(description="Day the policy's source document was agreed, YYYY-MM-DD.")
    timezone: TimeZone = Field(description="IANA time zone of days and of times without a zone.")
    repositories: tuple[RepositoryPattern, ...] = Field(
        min_length=1,
        max_length=100,
        description="Repositories it is for: owner/name, `*` for any characters.",
    )
    base_branches: tuple[ReferencePattern, ...] = Field(
        default=(),
        max_length=50,
        description="Branches whose pull requests are gated (`*` stops at `/`); empty: the default branch.",
    )
    people: Annotated[Mapping[PersonName, Person], *READ_ONLY] = Field(
        min_length=1, max_length=200, description="The reviewer matrix: name → person."
    )
    tracks: Annotated[Mapping[Slug, Track], *READ_ONLY] = Field(
        min_length=1, max_length=100, description="The tracks: name → track."
    )
    cross_stream_reviewer: PersonName = Field(
        description="Also approves what touches more than one track or lies outside all."
    )
    architecture_reviewer: PersonName = Field(description="Also approves what meets an architecture trigger.")
    architecture_triggers: ArchitectureTriggers = Field(
        default=ArchitectureTriggers(), description="What needs the architecture reviewer as well."
    )
    required_checks: RequiredChecks = Field(
        default=RequiredChecks(), description="What counts as a track's check run."
    )
    stale_approvals: Literal["scoped", "head_sha"] = Field(
        default="scoped",
        description="scoped: an approval stands while its track is unchanged; head_sha: at the head only.",
    )
    hold_label: Label = Field(default="gate/hold", description="Label that blocks the gate while it is on.")
    release: Release = Field(description="What a release needs.")

    @field_validator("version", mode="before")
    @classmethod
    def _exactly_one(cls, version: object) -> object:
        if type(version) is not int or version != 1:  # `true == 1` in Python
            raise expected("1, the version of this format")
        return version

    @model_validator(mode="after")
    def _rules_between_sections(self) -> Self:
        broken = list(broken_rules(self.model_dump(by_alias=True)))
        if broken:
            details = [InitErrorDetails(type=expected(what), loc=path, input=None) for path, what in broken]
            raise ValidationError.from_exception_data("Policy", details)
        return self

    def login_of(self, person: str) -> str:
        """The GitHub login of a person of the matrix; KeyError for anybody else."""
        return self.people[person].login

    def person_of(self, login: str) -> str | None:
        """The name of the person with this login (case does not matter), None for anybody else."""
        wanted = login.casefold()
        return next((name for name, person in self.people.items() if person.login.casefold() == wanted), None)
