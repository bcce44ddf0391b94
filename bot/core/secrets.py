"""What looks like a secret in a text: where it stands and what it is, never the secret itself.

The shapes are those of detect-secrets' detectors, and our own for the tokens of Meta and GitHub and for values
beside words such as `client_secret`. Their expressions run in RE2, so that no text takes more than linear time,
and nothing else of the library is used: its own scan may ask services over the network whether a secret is real.
Entropy is not looked at: commits, App IDs and digests are what evidence is made of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import re2
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from bot.core.evidence_name import is_markdown
from bot.core.finding import SECRET, SECRET_NAME, Finding

MAXIMUM_FINDINGS = 50

# Left out: entropy, public addresses and words beside any value fire on plain evidence; IBM's and Artifactory's
# shapes are hardly more than long words.
_DETECTORS: tuple[Any, ...] = (
    AWSKeyDetector,
    AzureStorageKeyDetector,
    BasicAuthDetector,
    DiscordBotTokenDetector,
    GitHubTokenDetector,
    GitLabTokenDetector,
    JwtTokenDetector,
    MailchimpDetector,
    NpmDetector,
    OpenAIDetector,
    PrivateKeyDetector,
    PypiTokenDetector,
    SendGridDetector,
    SlackDetector,
    SquareOAuthDetector,
    StripeDetector,
    TelegramBotTokenDetector,
    TwilioKeyDetector,
)
# What RE2 does not have: a look-ahead that, at an end, only keeps a match from being part of something longer, and
# more than 1,000 repetitions.
_NOT_IN_A_WORD = r"(?!\w)"
_TOO_MANY = ",1024}"

# Before a token: not the middle of a word, nor of base64, in which any three letters come up. The ends of what is
# encoded in an address, and of escapes in a string, are letters too.
_START = r"(?:^|[^0-9A-Za-z+/]|%[0-9A-Fa-f]{2}|\\[nrt]|\\u[0-9A-Fa-f]{4})"
# A path, which is shorter than a line of base64 would be.
_PATH = r"(?:^|[^0-9A-Za-z+/])[0-9A-Za-z+/]{0,40}/"
_END = r"(?:$|[^0-9A-Za-z])"
_OF_AN_APP = "(?:app|client|consumer|facebook|fb|instagram|meta|whatsapp)"
_WORD_FOR_IT = (
    r"(?:" + _OF_AN_APP + r"[ _.-]?(?:app[ _.-]?)?secret"
    r"|(?:access|refresh|fb[_-]?exchange|verify|auth|bearer|page|user|app)[ _.-]?token"
    r"|(?:api|private|secret)[ _.-]?key|passw(?:or)?d|pwd|authorization)"
)
_ASSIGNED = r"[\"'`*]{0,3}[ \t]*(?:=>|:=|=|:|\||%3[ad])[ \t]*[\"'`*<]{0,3}(?:bearer[ \t]+)?"


@dataclass(frozen=True, slots=True)
class _Shape:
    """One expression for RE2; its last group is the secret. `is_one` looks closer at what it found."""

    kind: str
    expression: str
    is_one: Callable[[str], bool] = bool


def _is_app_token(value: str) -> bool:
    """Behind the App ID stands a key, not a slug or a word of the next cell of a table."""
    key = re.split(r"\||%7C", value)[-1]
    return _mixed(key) or (any(map(str.isdigit, key)) and any(map(str.isupper, key)))


def _is_jwt(value: str) -> bool:
    try:
        return JwtTokenDetector.is_formally_valid(value)
    except RecursionError:  # nested more deeply than any reader of tokens would follow
        return True


def _mixed(value: str) -> bool:
    """Digits and letters run together, as in keys; not words, paths, dates or numbers."""
    return any(
        len(run) >= 12 and not run.isdigit() and not run.isalpha() for run in re.findall("[0-9A-Za-z]+", value)
    )


_OWN = (
    _Shape("a Meta access token", _START + r"(EAA[0-9A-Za-z]{20,})"),
    _Shape("a Meta access token", _PATH + r"(EAA[0-9A-Za-z]{40,})"),
    _Shape("an Instagram or Threads access token", _START + r"((?:IG|TH)(?:Q|AA)[0-9A-Za-z_-]{50,})"),
    _Shape(
        "a Meta app access token",
        r"(?:^|[^0-9])([0-9]{8,20}(?:\||%7C)(?:[0-9A-Za-z_-]{24,39}))(?:$|[^0-9A-Za-z_-])",
        _is_app_token,
    ),
    _Shape(
        "an app secret",
        r"(?i)" + _OF_AN_APP + r"[ _.-]?(?:app[ _.-]?)?secret"
        r"(?s:.{0,80}?)[^0-9a-z]((?:[0-9a-f]{32}){1,2})" + _END,
        _mixed,
    ),
    _Shape("a GitHub token", _START + r"(gh[opusr]_[0-9A-Za-z_]{30,}|ghs_[0-9A-Za-z]+_eyJ[0-9A-Za-z_-]{8,})"),
    _Shape("a GitHub token", _START + r"(github_pat_[0-9A-Za-z_]{22,})"),
    _Shape("a private key", r"(BEGIN [0-9A-Z ]{0,40}PRIVATE KEY)"),
    _Shape("a secret value", rf"(?i)(?:secret|token)s?{_ASSIGNED}((?:[0-9a-f]{{32}}){{1,2}}){_END}", _mixed),
    _Shape("a secret value", rf"(?i){_WORD_FOR_IT}{_ASSIGNED}([0-9a-z_.+/=~-]{{16,}})", _mixed),
)


def find_secrets(content: bytes, path: str) -> tuple[Finding, ...]:
    """One finding for each line with what looks like secrets, which names every kind; in the order of lines.

    What fits several kinds is named by the first of them.
    `content` is a text in any encoding that holds ASCII. More than MAXIMUM_FINDINGS lines are summed up.
    """
    content = content.replace(b"\0", b"")  # UTF-16 too
    kinds = _kinds(content)
    by_line: dict[int, dict[str, None]] = {}
    line, position = 1, 0
    for start in sorted(kinds):
        line, position = line + content.count(b"\n", position, start), start
        by_line.setdefault(line, {})[kinds[start]] = None
    lines = sorted(by_line)
    found = [_finding(path, line, [*by_line[line]]) for line in lines[:MAXIMUM_FINDINGS]]
    if len(lines) > MAXIMUM_FINDINGS:
        more = f"no secrets; {len(lines) - MAXIMUM_FINDINGS} more lines look like having some"
        found.append(Finding(path, lines[MAXIMUM_FINDINGS], SECRET, more))
    return tuple(found)


def find_secret_names(path: str) -> tuple[Finding, ...]:
    """One finding when a path itself looks like having a secret in it; that is not repeated (see `redacted`)."""
    found = find_secrets(path.encode("utf-8", "replace"), "")
    kind = found[0].expected.removeprefix("no secret; here is ") if found else ""
    return (Finding(redacted(path), 1, SECRET, f"no secret in its name; it is {kind}"),) if found else ()


def redacted(path: str) -> str:
    """The path, without those of its names that look like secrets; all of it, if they do only together."""
    if not _is_secret(path):
        return path
    names = [SECRET_NAME + _ending(name) if _is_secret(name) else name for name in path.split("/")]
    shown = "/".join(names)
    return shown if shown != path else SECRET_NAME + _ending(path)


def _is_secret(name: str) -> bool:
    return bool(find_secrets(name.encode("utf-8", "replace"), ""))


def _ending(name: str) -> str:
    """What makes it Markdown, which is evidence."""
    return ".md" if is_markdown(name) else ""


def _kinds(content: bytes) -> dict[int, str]:
    """Where each secret begins, and its kind. No byte is of two: a token may have the shape of another in it."""
    kinds: dict[int, str] = {}
    taken = bytearray(len(content))
    for shape, expression in _compiled():
        for match in expression.finditer(content):
            start, end = match.span(1)
            if shape.is_one(match[1].decode("ascii", "replace")) and taken.find(1, start, end) < 0:
                kinds[start] = shape.kind
                taken[start:end] = b"\1" * (end - start)
    return kinds


def _finding(path: str, line: int, kinds: Sequence[str]) -> Finding:
    words = " and ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)
    return Finding(path, line, SECRET, f"no secret; here is what looks like {words}")


@cache
def _compiled() -> tuple[tuple[_Shape, re.Pattern[bytes]], ...]:
    """All shapes, our own first: the first that fits gives a line's secret its name."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # every byte is a character, whatever the text is encoded in
    return tuple(
        (shape, re2.compile(f"(?m){shape.expression}".encode(), options=options))
        for shape in (*_OWN, *_of_the_library())
    )


def _of_the_library() -> Iterator[_Shape]:
    for detector in _DETECTORS:
        is_one = _is_jwt if detector is JwtTokenDetector else bool
        for expression in detector.denylist:
            text = expression.pattern.removesuffix(_NOT_IN_A_WORD).replace(_TOO_MANY, ",}")
            flags = "(?i)" if expression.flags & re.IGNORECASE else ""
            yield _Shape(f"a secret ({detector.secret_type})", f"{flags}({text})", is_one)
