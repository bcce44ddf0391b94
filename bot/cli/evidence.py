"""`trackgate evidence`: is this file well formed and free of secrets, and what does a new one look like?"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.cli.plan_policy import OWN_POLICY, NoPolicyError, choose_policy
from bot.cli.plan_text import visible
from bot.core.evidence_name import canonical_name
from bot.core.evidence_staging import judge_staging
from bot.core.evidence_template import Known, new_evidence, refused_values
from bot.core.evidence_text import EvidenceEntry, read_evidence
from bot.core.finding import Finding
from bot.core.policy import InvalidPolicy
from bot.core.policy_model import Policy
from bot.core.release_model import ReleaseFacts
from bot.core.secrets import find_secrets
from bot.core.words import State
from bot.git_repository import GitError, GitRepository

app = typer.Typer(name="evidence", help="Check and begin evidence files.", no_args_is_help=True)

_POLICY = (
    "A policy file, or a folder with one. Default: .github/trackgate.yml of the working tree; then POLICY_DIR."
)
_OPTIONS = {
    "release": "--release",
    "commit": "--commit",
    "operator": "--operator",
    "meta_test_app.id": "--test-app",
    "meta_test_app.created_at": "--test-app-created",
}
"""Where the value of a key is told."""
MOST_BYTES = 1024 * 1024
"""Read of one file: more than any evidence may have, and what GitHub lets be looked through."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file to look at: as it was given, and as the repository calls it."""

    given: Path
    path: str


@app.command()
def lint(
    paths: Annotated[list[Path], typer.Argument(help="Evidence files, or folders of them.", show_default=False)],
    policy: Annotated[Path | None, typer.Option(help=_POLICY, show_default=False)] = None,
) -> None:
    """Check evidence files: each finding on a line of its own, as file:line: key: expected.

    Other files of a folder are only searched for secrets. Exit codes: 0 all are fine, 1 there are findings, 2
    wrong use or input.
    """
    root = _root(paths[0])
    chosen = _policy(policy, root)
    try:
        files = [file for path in paths for file in _files(path, root, chosen)]
        results = [_lint(file, chosen, is_evidence=file.given in paths) for file in files]
    except OSError as error:
        _refuse(f"trackgate evidence lint: {error.filename}: cannot be read: {error.strerror}")
    raise typer.Exit(0 if all(results) else 1)


@app.command()
def new(
    release: Annotated[str | None, typer.Option(help="The release's tag.", show_default=False)] = None,
    commit: Annotated[
        str | None, typer.Option(help="The commit validated. Default: HEAD.", show_default=False)
    ] = None,
    operator: Annotated[str | None, typer.Option(help="Who validated: name or login.", show_default=False)] = None,
    test_app: Annotated[str | None, typer.Option(help="The Meta Test App's ID.", show_default=False)] = None,
    test_app_created: Annotated[
        str | None, typer.Option(metavar="DAY", help="The day the test app was created.", show_default=False)
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Write it into the policy's folder.")] = False,
    policy: Annotated[Path | None, typer.Option(help=_POLICY, show_default=False)] = None,
) -> None:
    """Print a new evidence file with every key and scenario of the policy, to be filled in; or create it.

    A file whose placeholders were not filled in never counts, and a value with which it never would is refused.
    Exit codes: 0 fine, 2 wrong use or input.
    """
    root = _root(Path())
    chosen = _policy(policy, root)
    now = datetime.now(UTC)
    known = Known(now, release, _commit(commit, root), operator, test_app, test_app_created)
    refused = refused_values(chosen, known)
    if refused:
        told = ((_OPTIONS.get(one.key, one.key), one.expected) for one in refused)
        _refuse(*(f"trackgate evidence new: {name}: expected {expected}" for name, expected in told))
    text = new_evidence(chosen, known)
    if not create:
        typer.echo(text, nl=False)
        return
    file = (root or Path()) / chosen.release.evidence.directory / canonical_name(now)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        _refuse(f"trackgate evidence new: {file}: cannot be written: {error.strerror}")
    typer.echo(visible(str(file)))


def _lint(file: _File, policy: Policy, *, is_evidence: bool) -> bool:
    """Say what is wrong with a file; whether nothing is."""
    entry = _entry(file)
    if not (is_evidence or file.given.suffix == ".md"):
        return _tell(file, find_secrets(entry.content or b"", file.path))
    read = read_evidence(entry, policy)
    if read.document is None:
        return _tell(file, read.findings)
    told = read.document
    typer.echo(visible(f"{file.given}: well formed: {told.release} at {told.commit[:7]}, by {told.operator}"))
    # The file alone: which apps others used, only the branch's history tells.
    alone = ReleaseFacts("", "", "", told.commit, evidence=(read,))
    for item in judge_staging(read, told, alone, policy, None).items:
        if item.state is not State.SUCCESS:
            typer.echo(visible(f"{file.given}: but it would not open the gate: {item.reason}"))
    return True


def _tell(file: _File, findings: tuple[Finding, ...]) -> bool:
    for one in findings:
        typer.echo(visible(f"{file.given}:{one.line}: {one.key}: expected {one.expected}"))
    return not findings


def _files(given: Path, root: Path | None, policy: Policy) -> Iterator[_File]:
    """The file itself, or all files of a folder and its sub-folders; links are not followed."""
    if given.is_dir() and not given.is_symlink():
        below = sorted(path for path in given.rglob("*") if path.is_symlink() or not path.is_dir())
        if not below:
            _refuse(f"trackgate evidence lint: {given}: there are no files")
        for path in below:
            yield _File(path, _repository_path(path, path.relative_to(given), root, policy))
    else:
        yield _File(given, _repository_path(given, Path(given.name), root, policy))


def _repository_path(path: Path, inside: Path, root: Path | None, policy: Policy) -> str:
    """What the repository calls a file; outside of one, as if it lay in the evidence folder."""
    absolute = path.parent.resolve() / path.name
    if root is not None and absolute.is_relative_to(root):
        return absolute.relative_to(root).as_posix()
    return f"{policy.release.evidence.directory}/{inside.as_posix()}"


def _entry(file: _File) -> EvidenceEntry:
    """The file as Git would have it."""
    found = file.given.lstat()
    if stat.S_ISREG(found.st_mode):
        with file.given.open("rb") as opened:
            return EvidenceEntry(file.path, "", 0o100644, found.st_size, opened.read(MOST_BYTES))
    if stat.S_ISLNK(found.st_mode):
        target = os.fsencode(file.given.readlink())
        return EvidenceEntry(file.path, "", 0o120000, len(target), target)
    return EvidenceEntry(file.path, "", stat.S_IFMT(found.st_mode), found.st_size, None)


def _root(path: Path) -> Path | None:
    """The top of the working tree that a path lies in; None outside of any."""
    folder = path if path.is_dir() else path.parent
    try:
        top = GitRepository.open(folder).read("rev-parse", "--show-toplevel")
    except GitError:
        return None
    return Path(os.fsdecode(top.rstrip(b"\n"))).resolve()


def _policy(told: Path | None, root: Path | None) -> Policy:
    """`--policy`; else the working tree's own; else the only one of POLICY_DIR that is for the repository."""
    own = root / OWN_POLICY if root is not None else None
    try:
        if told is None and own is not None and own.is_file():
            told = own
        folder = told or Path(os.environ.get("POLICY_DIR") or "policies")
        if told is None and not folder.is_dir():
            raise NoPolicyError(
                f"no {OWN_POLICY} here, and POLICY_DIR ({folder}) is no folder; give --policy FILE"
            )
        repository = GitRepository(root or Path())
        return choose_policy(repository, "", repository.remote_name() if root else None, folder, folder).policy
    except InvalidPolicy as invalid:
        _refuse(*map(str, invalid.problems))
    except (GitError, NoPolicyError) as error:
        _refuse(f"trackgate evidence: {error}")


def _commit(told: str | None, root: Path | None) -> str | None:
    """The full SHA of what was told, or of HEAD."""
    if root is None:
        return told
    try:
        return GitRepository(root).commit(told or "HEAD")
    except GitError as error:
        if told is None:
            return None  # no commit yet
        _refuse(f"trackgate evidence new: {error}")


def _refuse(*lines: str) -> NoReturn:
    for line in lines:
        typer.echo(visible(line), err=True)
    raise typer.Exit(2)
