"""The release section of a policy: judged by the release gate, and checked with the rest of the policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from bot.core.policy_types import (
    READ_ONLY,
    Duration,
    Glob,
    Line,
    PersonName,
    ReferencePattern,
    RepositoryPath,
    Section,
    Slug,
    TagPattern,
)


class Staging(Section):
    """The operator's validation on staging that a release needs."""

    environment: Line = Field(default="staging", description="The environment that evidence must name.")
    operators: tuple[PersonName, ...] = Field(
        min_length=1, max_length=200, description="People whose validation counts."
    )
    scenarios: tuple[Slug, ...] = Field(
        min_length=1, max_length=100, description="Scenarios that must each be passed."
    )
    test_app_max_age: Duration = Field(
        default=timedelta(days=7),
        json_schema_extra={"default": "7d"},
        description="How old the test app may be when the validation is performed.",
    )


class Evidence(Section):
    """Where the evidence of the validation lies."""

    directory: RepositoryPath = Field(description="Folder of the evidence files, named by timestamp.")
    max_age: Duration = Field(
        default=timedelta(days=14),
        json_schema_extra={"default": "14d"},
        description="How old evidence may be when it is judged.",
    )


class Release(Section):
    """What a release needs: judged by the release gate, and already checked here."""

    branch: ReferencePattern | None = Field(
        default=None, description="Branch that is released; empty: the repository's default branch."
    )
    tags: tuple[ReferencePattern, ...] = Field(
        default=("v*",), min_length=1, max_length=20, description="Names that are release tags."
    )
    milestone: TagPattern | None = Field(
        default="<tag>", description="Title of the milestone whose pull requests belong to the release."
    )
    label: TagPattern | None = Field(
        default="release:<tag>", description="Label of pull requests that belong to the release."
    )
    leads: tuple[PersonName, ...] = Field(
        min_length=1, max_length=50, description="People who may release, lift holds, reassign and override."
    )
    override_expires: Duration = Field(
        default=timedelta(hours=24),
        json_schema_extra={"default": "24h"},
        description="How long an override of a check lasts, counted from its confirmation by a second person.",
    )
    statements: Annotated[
        Mapping[Slug, Annotated[tuple[PersonName, ...], Field(min_length=1, max_length=50)]], *READ_ONLY
    ] = Field(min_length=1, max_length=20, description="Sign-off statement → people who must all confirm it.")
    staging: Staging = Field(description="The operator's validation on staging.")
    evidence: Evidence = Field(description="Where the validation's evidence lies and how old it may be.")
    carry_over: tuple[Glob, ...] = Field(
        default=("docs/project/evidence/**",),
        max_length=100,
        description="Paths whose changes void neither evidence nor sign-offs.",
    )
    on_unauthorised_tag: Literal["delete", "report"] = Field(
        default="delete", description="What happens to a release tag that did not come through the gate."
    )
    protected_environments: tuple[Line, ...] = Field(
        default=(), max_length=50, description="Environments that only a released tag's commit may reach."
    )
