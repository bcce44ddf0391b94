"""`trackgate verify`: was this tag released through the gate? Answered offline, from record and public key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.cli.plan_text import visible
from bot.core.release_render import RECORD_FILE
from bot.git_repository import GitError, GitRepository
from bot.records.keys import KeyRefusedError, trusted_keys
from bot.records.record import MAXIMUM_BYTES, Proof, RecordRefused, verify_record

app = typer.Typer()

_RECORD = f"The record's file, {RECORD_FILE} of the GitHub release."
_KEY = "The service's public key or keys in PEM form, from a place you trust."
_REPOSITORY = "The repository it must be for; by its URL, on that server."
_GIT = "A clone whose tag must point to the recorded commit. Default: this folder, if it is one."

_SHA = re.compile("[0-9a-f]{40}", re.IGNORECASE)

_LIMITS = """\
It does not prove that a file was built from this commit, that people's accounts were in their own hands, or that
nobody else ever had the key. The log's hash is checked by `trackgate audit verify`, where the log is."""


@app.command()
def verify(
    tag: Annotated[str, typer.Argument(help="The release tag.", show_default=False)],
    record: Annotated[Path, typer.Option(help=_RECORD)],
    public_key: Annotated[Path, typer.Option(help=_KEY)],
    repository: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME|URL", help=_REPOSITORY, show_default=False)
    ] = None,
    commit: Annotated[str | None, typer.Option(metavar="SHA", help="The full commit it must be for.")] = None,
    git: Annotated[Path | None, typer.Option(help=_GIT, show_default=False)] = None,
) -> None:
    """Check a release record against a tag, without any network, and say what it proves.

    Exit codes: 0 the record is valid, 1 it is not, 2 wrong use or input.
    """
    if commit is not None and _SHA.fullmatch(commit) is None:
        _end(2, "trackgate verify: --commit: give the full SHA: 40 digits of 0-9 and a-f")
    data, key = _read(record), _read(public_key)
    try:
        trusted_keys(key)
    except KeyRefusedError as error:
        _end(2, f"trackgate verify: {public_key}: {error}")
    clone = _clone(git)
    local = None
    try:
        local = clone.commit(f"refs/tags/{tag}") if clone is not None else None
    except GitError as error:
        if git is not None:
            _end(2, f"trackgate verify: {error}")
    try:
        proof = verify_record(data, key, tag=tag, repository=repository, commit_sha=commit)
    except RecordRefused as refused:
        _end(1, f"{tag} is not verified: {refused}")
    if local is not None and local != proof.claim.commit_sha:
        _end(1, f"{tag} is not verified: here it is {local}, and the record is for {proof.claim.commit_sha}")
    for line in _story(proof, clone, local):
        typer.echo(visible(line))
    typer.echo(_LIMITS)


def _story(proof: Proof, clone: GitRepository | None, local: str | None) -> Iterator[str]:
    """What the record proves, line by line."""
    claim = proof.claim
    yield f"{claim.tag} is verified: the release gate was open for {claim.commit_sha}"
    yield f"  repository  {claim.server}/{claim.repository}"
    yield f"  signed      by {claim.verifier}, key {proof.key_id}, at {claim.verified_at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"  policy      {claim.policy_source} (SHA-256 {claim.policy_digest})"
    yield f"  evidence    {claim.evidence_path} (Git blob {claim.evidence_oid})"
    for sign_off in claim.sign_offs:
        when = f"{sign_off.given_at:%Y-%m-%d %H:%M} UTC"
        yield f"  sign-off    {sign_off.statement} by {sign_off.login} for {sign_off.commit_sha}, {when}"
    for used in claim.overrides:
        yield f"  override    {used.track} by {used.by} and {used.confirmed_by}: {used.reason}"
    yield f"  decision    {claim.decision_digest}, log at {claim.log_head}"
    if local is not None and clone is not None:
        yield f"  here        the tag points to that commit, in {clone.folder.resolve()}"
    else:
        yield "  here        not checked where the tag points to: no clone with this tag (--git)"


def _clone(git: Path | None) -> GitRepository | None:
    """The repository that was named, which must be one, or this folder if it is one."""
    try:
        return GitRepository.open(git or Path())
    except GitError as error:
        if git is not None:
            _end(2, f"trackgate verify: {error}")
        return None


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        _end(2, f"trackgate verify: {file}: cannot be read: {error.strerror}")


def _end(code: int, line: str) -> NoReturn:
    typer.echo(visible(line), err=True)
    raise typer.Exit(code)
