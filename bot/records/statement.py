"""A claim as an in-toto statement (v1) with SLSA's verification summary (v1) as its predicate, and back.

Field names and meanings: in-toto's `spec/v1/statement.md` and `digest_set.md`, SLSA's `verification_summary`.
SLSA asks for extension fields of the form `<vendor>_<field>`, and for levels of one's own not to begin with
`SLSA_`: a release gate says nothing about how something was built.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from urllib.parse import quote, unquote

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from bot.core.model import Override
from bot.core.release_model import SignOff
from bot.records.claim import ReleaseClaim

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/verification_summary/v1"
LEVEL: Final = "TRACKGATE_RELEASE"


class StatementError(ValueError):
    """Why a statement is not the one of a release record, in one line without any of its text."""


def _in_utc(time: datetime) -> datetime:
    """The same moment in UTC: a database gives times in whatever zone its session has."""
    return time.astimezone(UTC)


Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
GitSha = Annotated[str, Field(pattern="^(?:[0-9a-f]{40}|[0-9a-f]{64})$")]
Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )


class _Commit(_Part):
    git_commit: GitSha


class _Blob(_Part):
    git_blob: GitSha


class _Digest(_Part):
    sha256: Sha256


class _Subject(_Part):
    name: str
    digest: _Commit


class _Verifier(_Part):
    id: str


class _Policy(_Part):
    uri: str
    digest: _Digest


class _Evidence(_Part):
    name: str
    uri: str
    digest: _Blob


class _SignOff(_Part):
    statement: str
    login: str
    commit: GitSha
    given_at: Time


class _Override(_Part):
    track: str
    commit: GitSha
    by: str
    confirmed_by: str
    reason: str
    expires_at: Time


class _Release(_Part):
    server: str
    repository: str
    tag: str
    sign_offs: tuple[_SignOff, ...]
    overrides: tuple[_Override, ...]
    decision: _Digest
    decision_log: _Digest


class _Summary(_Part):
    verifier: _Verifier
    time_verified: Time
    resource_uri: str
    policy: _Policy
    input_attestations: tuple[_Evidence]
    verification_result: Literal["PASSED"] = "PASSED"
    verified_levels: tuple[Literal["TRACKGATE_RELEASE"]] = (LEVEL,)
    release: _Release = Field(alias="trackgate_release")


class _Statement(_Part):
    type: Literal["https://in-toto.io/Statement/v1"] = Field(default=STATEMENT_TYPE, alias="_type")
    subject: tuple[_Subject]
    predicate_type: Literal["https://slsa.dev/verification_summary/v1"] = PREDICATE_TYPE
    predicate: _Summary


def canonical(value: object) -> bytes:
    """The one way in which we write JSON: sorted keys, no blanks, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def statement_of(claim: ReleaseClaim) -> bytes:
    """The statement's bytes. Raises StatementError for a claim that rests on something that does not count."""
    if any(sign_off.ended for sign_off in claim.sign_offs) or not all(o.confirmed_by for o in claim.overrides):
        raise StatementError("a sign-off that ended, or an override of one person, cannot be part of a record")
    try:
        statement = _Statement(
            subject=(_Subject(name=claim.resource_uri, digest=_Commit(git_commit=claim.commit_sha)),),
            predicate=_summary(claim),
        )
    except ValidationError as error:
        raise StatementError(_where(error)) from None
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell and no name has
        raise StatementError("not a release record: a name is not text") from None
    return canonical(statement.model_dump(mode="json", by_alias=True))


def claim_of(payload: bytes) -> ReleaseClaim:
    """The claim that a statement makes. Raises StatementError for any other statement."""
    _refuse_others(payload)
    try:
        statement = _Statement.model_validate_json(payload)
    except ValidationError as error:
        raise StatementError(_where(error)) from None
    claim = _claim(statement)
    if statement_of(claim) != payload:
        raise StatementError("the statement contradicts itself, or has more than a release record says")
    return claim


def _summary(claim: ReleaseClaim) -> _Summary:
    evidence = _Evidence(
        name=claim.evidence_path, uri=claim.evidence_uri, digest=_Blob(git_blob=claim.evidence_oid)
    )
    return _Summary(
        verifier=_Verifier(id=claim.verifier),
        time_verified=claim.verified_at,
        resource_uri=claim.resource_uri,
        policy=_Policy(uri=quote(claim.policy_source), digest=_Digest(sha256=claim.policy_digest)),
        input_attestations=(evidence,),
        release=_Release(
            server=claim.server,
            repository=claim.repository,
            tag=claim.tag,
            sign_offs=tuple(_signed(sign_off) for sign_off in claim.sign_offs),
            overrides=tuple(_overridden(override) for override in claim.overrides),
            decision=_Digest(sha256=claim.decision_digest),
            decision_log=_Digest(sha256=claim.log_head),
        ),
    )


def _signed(given: SignOff) -> _SignOff:
    return _SignOff(statement=given.statement, login=given.login, commit=given.commit_sha, given_at=given.given_at)


def _overridden(used: Override) -> _Override:
    return _Override(
        track=used.track,
        commit=used.commit_sha,
        by=used.by,
        confirmed_by=used.confirmed_by or "",
        reason=used.reason,
        expires_at=used.expires_at,
    )


def _claim(statement: _Statement) -> ReleaseClaim:
    summary, release = statement.predicate, statement.predicate.release
    return ReleaseClaim(
        repository=release.repository,
        tag=release.tag,
        commit_sha=statement.subject[0].digest.git_commit,
        policy_source=unquote(summary.policy.uri),
        policy_digest=summary.policy.digest.sha256,
        decision_digest=release.decision.sha256,
        evidence_path=summary.input_attestations[0].name,
        evidence_oid=summary.input_attestations[0].digest.git_blob,
        sign_offs=tuple(SignOff(s.statement, s.login, s.commit, s.given_at) for s in release.sign_offs),
        overrides=tuple(
            Override(o.track, o.commit, o.by, o.reason, o.confirmed_by, o.expires_at) for o in release.overrides
        ),
        log_head=release.decision_log.sha256,
        verified_at=summary.time_verified,
        verifier=summary.verifier.id,
        server=release.server,
    )


def _refuse_others(payload: bytes) -> None:
    """Say of a statement that is about something else, or does not say PASSED, what it is that does not fit."""
    try:
        parsed = json.loads(payload)
    except (ValueError, RecursionError):
        raise StatementError("the statement is not JSON") from None
    if not isinstance(parsed, dict) or parsed.get("_type") != STATEMENT_TYPE:
        raise StatementError("the payload is not an in-toto statement, version 1")
    if parsed.get("predicateType") != PREDICATE_TYPE:
        raise StatementError("the statement's predicate is not a SLSA verification summary, version 1")
    predicate = parsed.get("predicate")
    if not isinstance(predicate, dict) or predicate.get("verificationResult") != "PASSED":
        raise StatementError("the statement does not say PASSED")


def _where(error: ValidationError) -> str:
    """The first field that is wrong; never its value."""
    place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
    return f"not a release record: {place} is missing or wrong"
