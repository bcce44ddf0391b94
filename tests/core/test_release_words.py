"""The words behind the release commands and overrides: what they mean, and what the refusal says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.release_words import (
    MAXIMUM_REASON,
    Refusal,
    ReleaseWords,
    parse_override,
    parse_release,
    parse_statements,
    parse_tag,
)
from tests.support.builders import policy
from tests.support.github_markdown import shown

SHA = "4f0c" * 10
SHIPPED = policy().policy
RELEASE_USAGE = "`/gate release [<tag> [at <sha>] [--dry-run]]`."
OVERRIDE_USAGE = "`/gate override <check> <reason>`."


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("", ReleaseWords()),
        ("--dry-run", ReleaseWords(dry_run=True)),
        ("v3.1.0", ReleaseWords("v3.1.0")),
        ("`v3.1.0`", ReleaseWords("v3.1.0")),
        (f"v3.1.0 at {SHA}", ReleaseWords("v3.1.0", SHA)),
        ("v3.1.0 AT 4F0C4F0", ReleaseWords("v3.1.0", "4f0c4f0")),
        ("v3.1.0 --dry-run", ReleaseWords("v3.1.0", dry_run=True)),
        ("v3.1.0 \u2014dry-run", ReleaseWords("v3.1.0", dry_run=True)),
        (f"v3.1.0 at `{SHA}` --dry-run", ReleaseWords("v3.1.0", SHA, dry_run=True)),
        (f"--dry-run   v3.1.0  at\t{SHA}", ReleaseWords("v3.1.0", SHA, dry_run=True)),
    ],
)
def test_release(argument: str, words: ReleaseWords) -> None:
    """A tag, a commit, and whether anything may be changed; all of them optional."""
    assert parse_release(argument) == words


@pytest.mark.parametrize(
    ("argument", "refusal"),
    [
        ("at 4f0c4f0", f"Name the tag first: {RELEASE_USAGE}"),
        ("v3.1.0 at", f"That is not understood, and nothing was changed: {RELEASE_USAGE}"),
        ("v3.1.0 v3.2.0", f"That is not understood, and nothing was changed: {RELEASE_USAGE}"),
        ("v3.1.0 --force", f"That is not understood, and nothing was changed: {RELEASE_USAGE}"),
        ("v3.1.0 at main", f"`main` is no commit's SHA (7 to 40 hexadecimal digits): {RELEASE_USAGE}"),
        ("v3.1.0 at 4f0c4f", f"`4f0c4f` is no commit's SHA (7 to 40 hexadecimal digits): {RELEASE_USAGE}"),
        ("v3..1", "`v3..1` cannot be a tag: a tag's name has none of `~^:?*[\\`, no blank, no `..`, `//` or `@{`, "
                  "no `-` or `/` first, no `/` or `.` last."),
        ("--dryrun", "`--dryrun` cannot be a tag: a tag's name has none of `~^:?*[\\`, no blank, no `..`, `//` or "
                     "`@{`, no `-` or `/` first, no `/` or `.` last."),
    ],
)  # fmt: skip
def test_release_refused(argument: str, refusal: str) -> None:
    """One line that says how it is written; a typing error in the switch never arms a release."""
    assert parse_release(argument) == Refusal(refusal)


def test_release_refuses_a_sha_that_is_too_long() -> None:
    """41 digits are no SHA-1."""
    assert isinstance(parse_release(f"v3.1.0 at {SHA}0"), Refusal)


def test_cancel_names_one_tag() -> None:
    """Never a guess, never two."""
    assert parse_tag(" `v3.1.0` ") == "v3.1.0"
    assert not isinstance(parse_tag("v3.1.0"), Refusal)
    for argument in ("", "v3.1.0 v3.2.0"):
        assert parse_tag(argument) == "Name one tag: `/gate cancel <tag>`."
        assert isinstance(parse_tag(argument), Refusal)
    assert isinstance(parse_tag("v 3"), Refusal)
    assert isinstance(parse_tag("v~3"), Refusal)


@pytest.mark.parametrize(
    ("argument", "statements"),
    [
        ("", ("contract-freeze", "rollout-readiness")),
        ("rollout-readiness", ("rollout-readiness",)),
        ("`Rollout-Readiness`, contract-freeze", ("contract-freeze", "rollout-readiness")),
        ("contract-freeze contract-freeze", ("contract-freeze",)),
    ],
)
def test_statements(argument: str, statements: tuple[str, ...]) -> None:
    """None named: all of the policy; each once and in the policy's order."""
    assert parse_statements(argument, SHIPPED) == statements


def test_an_unknown_statement_refuses_all_of_them() -> None:
    """Half a sign-off is not given; the nearest is named."""
    refusal = "There is no statement `contract-freze`; did you mean `contract-freeze`?"
    assert parse_statements("rollout-readiness contract-freze", SHIPPED) == Refusal(refusal)
    known = ": `contract-freeze`, `rollout-readiness`"
    assert parse_statements("everything", SHIPPED) == Refusal(f"There is no statement `everything`{known}")


@pytest.mark.parametrize(
    "check",
    ["backend", "Backend", "track/backend", "track / backend", "`track / backend`", '"track / backend"',
     "`backend`", "Track /backend", "\u201ctrack / backend\u201d"],
)  # fmt: skip
def test_override_names_a_check(check: str) -> None:
    """By its track or by its whole name, quoted or not; the rest of the line is the reason."""
    assert parse_override(f"{check} runner is `down`: see #12", SHIPPED) == (
        "backend",
        "runner is `down`: see #12",
    )


@pytest.mark.parametrize(
    ("argument", "refusal"),
    [
        ("", f"Name a check and say why: {OVERRIDE_USAGE}"),
        ('"', f"Name a check and say why: {OVERRIDE_USAGE}"),
        ("backend", f"Say why: {OVERRIDE_USAGE}"),
        ("`track / backend`  ", f"Say why: {OVERRIDE_USAGE}"),
        ("backend \u200b\u2060", f"Say why: {OVERRIDE_USAGE}"),
        ("track / backed runner", "There is no required check `track / backed`; did you mean `track / backend`?"),
        ("gate now", "There is no required check `track / gate`: `track / backend`, `track / dbt`, "
                     "`track / frontend`, `track / airbyte`, `track / qa`, `track / docs`"),
    ],
)  # fmt: skip
def test_override_refused(argument: str, refusal: str) -> None:
    """An unknown check is answered with the nearest; nothing is overridden without a reason."""
    known = policy({"tracks": {"docs": {"commands": ["make docs"]}}}).policy
    assert parse_override(argument, known) == Refusal(refusal)


def test_override_of_a_track_without_a_check() -> None:
    """There is nothing that could be let pass."""
    bare = policy({"tracks": {"dbt": {"commands": []}}}).policy
    assert parse_override("dbt broken", bare) == Refusal("Track `dbt` has no required check.")


def test_override_keeps_the_beginning_of_a_long_reason() -> None:
    """As a hold does."""
    assert parse_override("dbt " + "x" * 999, SHIPPED) == ("dbt", "x" * MAXIMUM_REASON)


@given(st.text(st.sampled_from("track/ backend`\"'v1.0@#<>[]()!*_~|\\\n\t-at4f0c\u2060é"), max_size=60))
def test_any_text_is_understood_or_refused_without_harm(argument: str) -> None:
    """No answer mentions, links or marks up what a comment contained."""
    answers = (
        parse_release(argument),
        parse_tag(argument),
        parse_statements(argument, SHIPPED),
        parse_override(argument, SHIPPED),
    )
    for answer in answers:
        if isinstance(answer, Refusal):
            seen = shown(answer)
            assert (seen.markup, seen.alive) == ([], [])


def test_a_long_argument_takes_no_longer_than_its_length() -> None:
    """The longest line of a comment is read at once, whatever it repeats."""
    begun = time.process_time()
    for part in ("`", "track ", "track/", " ", "a ", "/"):
        parse_override(part * 60_000, SHIPPED)
        parse_release(part * 60_000)
    assert time.process_time() - begun < 5
