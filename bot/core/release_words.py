"""What stands behind `/gate release`, `cancel`, `approve`, `revoke` and `override`: words → checked arguments.

Every refusal is one line of Markdown that says how it is written; text of the comment is inert in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.checks import check_name
from bot.core.commands import MARKER, USAGE, Verb
from bot.core.inert import code, visible
from bot.core.policy_model import Policy
from bot.core.policy_text import nearest
from bot.core.release_tags import tag_fault

MAXIMUM_REASON = 300
"""Characters of a reason that are kept."""

_SHA = re.compile(r"[0-9a-fA-F]{7,40}")
# Keyboards that correct what is typed make one long dash of two hyphens.
_DRY_RUN = frozenset({"--dry-run", "\u2014dry-run", "\u2013dry-run"})
_QUOTES = "`\"'\u201c\u201d\u2018\u2019"
_CHECK = re.compile(
    rf"[{_QUOTES}]*(?:track\s*/\s*)?(?P<track>[^\s{_QUOTES}]+)[{_QUOTES}]*(?:\s+(?P<reason>.*))?", re.I | re.S
)


class Refusal(str):
    """Why an argument is not understood, and how it is written: the answer to the command."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ReleaseWords:
    """What `/gate release` was asked: `tag` is None for a report, `at` a whole or short SHA in lower case."""

    tag: str | None = None
    at: str | None = None
    dry_run: bool = False


def parse_release(argument: str) -> ReleaseWords | Refusal:
    """`""`, `<tag>`, `<tag> at <sha>`, each with `--dry-run` anywhere."""
    words = argument.split()
    kept = [word for word in words if word.lower() not in _DRY_RUN]
    dry_run = len(kept) < len(words)
    match kept:
        case []:
            return ReleaseWords(dry_run=dry_run)
        case [word, *_] if word.lower() == "at":
            return _how(Verb.RELEASE, "Name the tag first")
        case [tag]:
            at = None
        case [tag, word, sha] if word.lower() == "at":
            at = _unquoted(sha).lower()
            if _SHA.fullmatch(at) is None:
                return _how(Verb.RELEASE, f"{code(sha, 60)} is no commit's SHA (7 to 40 hexadecimal digits)")
        case _:
            return _how(Verb.RELEASE, "That is not understood, and nothing was changed")
    checked = _checked_tag(tag)
    return checked if isinstance(checked, Refusal) else ReleaseWords(checked, at, dry_run)


def parse_tag(argument: str) -> str | Refusal:
    """The one tag that `/gate cancel` names."""
    words = argument.split()
    return _checked_tag(words[0]) if len(words) == 1 else _how(Verb.CANCEL, "Name one tag")


def parse_statements(argument: str, policy: Policy) -> tuple[str, ...] | Refusal:
    """The statements that `/gate approve` or `revoke` names, each once, in the policy's order; none: all."""
    known = tuple(policy.release.statements)
    named = [_unquoted(word).lower() for word in argument.replace(",", " ").split()]
    for word in named:
        if word not in known:
            return Refusal(f"There is no statement {code(word, 60)}{nearest(word, known)}")
    return tuple(statement for statement in known if statement in named or not named)


def parse_override(argument: str, policy: Policy) -> tuple[str, str] | Refusal:
    """The track whose check `/gate override` names (`backend`, `track / backend`, quoted or not), and why."""
    found = _CHECK.fullmatch(argument.strip())
    reason = visible(found["reason"] or "").strip() if found is not None else ""
    if found is None:
        return _how(Verb.OVERRIDE, "Name a check and say why")
    track = found["track"].lower()
    with_check = tuple(name for name in policy.tracks if policy.tracks[name].commands)
    if track in policy.tracks and track not in with_check:
        return Refusal(f"Track {code(track)} has no required check.")
    if track not in with_check:
        known = nearest(track, with_check, check_name)
        return Refusal(f"There is no required check {code(check_name(found['track']), 60)}{known}")
    return (track, reason[:MAXIMUM_REASON]) if reason else _how(Verb.OVERRIDE, "Say why")


def _checked_tag(word: str) -> str | Refusal:
    tag = _unquoted(word)
    fault = tag_fault(tag)
    return tag if fault is None else Refusal(f"{code(tag, 60)} cannot be a tag: a tag's name {fault}.")


def _unquoted(word: str) -> str:
    """A word without the backticks or quotes around it."""
    return word.strip(_QUOTES)


def _how(verb: Verb, why: str) -> Refusal:
    return Refusal(f"{why}: `{MARKER} {verb.value} {USAGE[verb][0]}`.")
