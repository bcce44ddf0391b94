"""The small value types a policy is made of: each takes YAML's text and gives a checked value.

Every refusal is a `PydanticCustomError` whose message completes the sentence "expected …", so that the loader
can put file, line and key in front of it. JSON Schema patterns stand beside the Python checks for editors.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from types import MappingProxyType
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    Strict,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from bot.core.policy_paths import glob_fault, normalised_prefix, path_fault

ERROR_TYPE = "policy_expected"
MAXIMUM_TEXT = 1000

_SLUG = r"^[a-z0-9](?:[a-z0-9._-]{0,48}[a-z0-9])?$"
# GitHub's account rules; an underscore appears in the logins of enterprise managed users.
_LOGIN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$"
REPOSITORY = r"^[A-Za-z0-9_.*-]{1,100}/[A-Za-z0-9_.*-]{1,100}$"
# What git's check-ref-format refuses, apart from `*`, `?` and `[`, which are the wildcards here.
_REFERENCE = r"^(?!/)(?!refs/)(?!.*(?:\.\.|//|@\{|/$|\.$))[^\s~^:\\\x00-\x1f\x7f]{1,200}$"
_DURATION = r"^[1-9][0-9]{0,5}[smhd]$"
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_ZONE = r"^[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}$"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = timedelta(days=3650)
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Section(BaseModel):
    """What all sections share: frozen, and a key that is not known is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_alias=True, validate_by_name=True, validate_default=True
    )


def expected(what: str) -> PydanticCustomError:
    """The error whose message is `what`, read as "expected <what>"."""
    return PydanticCustomError(ERROR_TYPE, "{expected}", {"expected": what})


def _hidden_character(text: str) -> bool:
    """Whether the text has control characters, line breaks or ones that reorder what a reader sees."""
    if text.isprintable():  # the usual case, at once
        return False
    return any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in _BIDIRECTIONAL for c in text)


def _one_line(text: str) -> str:
    """A command or a name: one line, stripped, nothing invisible in it."""
    text = text.strip()
    if not text or len(text) > MAXIMUM_TEXT or _hidden_character(text):
        raise expected(f"one line of 1 to {MAXIMUM_TEXT} visible characters (several lines: several entries)")
    return text


def _prose(text: str) -> str:
    """Prose may be folded over lines in the YAML; it is kept as one line."""
    return _one_line(" ".join(text.split()))


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise expected(what)
        return text

    return check


def _path(text: str) -> str:
    if fault := path_fault(text):
        raise expected(fault)
    return text


def _prefix(text: str) -> str:
    if fault := path_fault(normalised_prefix(text).rstrip("/")):
        raise expected(fault)
    return normalised_prefix(text)


def _glob(text: str) -> str:
    if fault := glob_fault(text):
        raise expected(fault)
    return text


def _label(text: str) -> str:
    if len(text := _one_line(text)) > 50:
        raise expected("a label of at most 50 characters, GitHub's limit")
    return text


def _tag_pattern(text: str) -> str:
    if _one_line(text).count("<tag>") != 1:
        raise expected("text with `<tag>` in it once, such as release:<tag>")
    return _one_line(text)


def _zone(text: str) -> str:
    """A zone name that this machine's (or the tzdata package's) database knows."""
    what = "a name of the IANA time zone database, such as America/Jamaica"
    if re.fullmatch(_ZONE, text) is None:
        raise expected(what)
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # OSError: a folder of the database, such as America
        raise expected(what) from None
    return text


def _day(value: object) -> date:
    """YAML gives text here (the loader makes no dates), code may give a date."""
    if type(value) is date:
        return value
    try:
        if isinstance(value, str) and re.fullmatch(_DATE, value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass  # right shape, no such day
    raise expected("a day that exists, written YYYY-MM-DD")


def _duration(value: object) -> timedelta:
    """`45s`, `30m`, `2h`, `14d`; code may give a timedelta."""
    what = "a duration such as 45s, 30m, 2h or 14d (a whole number and s, m, h or d; at most 3650d)"
    if isinstance(value, str) and re.fullmatch(_DURATION, value, re.ASCII):
        value = timedelta(seconds=int(value[:-1]) * _SECONDS[value[-1]])
    if isinstance(value, timedelta) and timedelta(0) < value <= _LONGEST:
        return value
    raise expected(what)


def duration_text(value: timedelta) -> str:
    """The shortest way to write a duration in a policy: `timedelta(minutes=30)` → `30m`."""
    seconds = int(value.total_seconds())
    unit = next(unit for unit in "dhms" if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def _schema(pattern: str | None = None, **more: object) -> WithJsonSchema:
    schema: dict[str, object] = {"type": "string", **more}
    if pattern is not None:
        schema["pattern"] = pattern
    return WithJsonSchema(schema)


_SLUG_WORDS = "a lower-case name of at most 50 letters, digits, `-`, `_` and `.`, such as {example}"

Line = Annotated[str, AfterValidator(_one_line), _schema(minLength=1, maxLength=MAXIMUM_TEXT)]
Prose = Annotated[str, AfterValidator(_prose), _schema(minLength=1)]
Slug = Annotated[str, AfterValidator(_matching(_SLUG, _SLUG_WORDS.format(example="backend"))), _schema(_SLUG)]
PersonName = Annotated[str, AfterValidator(_matching(_SLUG, _SLUG_WORDS.format(example="sofia"))), _schema(_SLUG)]
Login = Annotated[
    str,
    AfterValidator(_matching(_LOGIN, "a GitHub login: up to 39 letters, digits, `-` and `_`, without `@`")),
    _schema(_LOGIN),
]
RepositoryPattern = Annotated[
    str,
    AfterValidator(_matching(REPOSITORY, "owner/name, with `*` for any characters, such as acme/*")),
    _schema(REPOSITORY),
]
ReferencePattern = Annotated[
    str,
    AfterValidator(_matching(_REFERENCE, "a branch or tag name without `refs/`; `*` matches up to a `/`")),
    _schema(minLength=1, maxLength=200),
]
RepositoryPath = Annotated[str, AfterValidator(_path), _schema(minLength=1)]
Prefix = Annotated[str, AfterValidator(_prefix), _schema(r"^[^/\\].*$")]
Glob = Annotated[str, AfterValidator(_glob), _schema(r"^[^!#\s].*$")]
Label = Annotated[str, AfterValidator(_label), _schema(minLength=1, maxLength=50)]
TagPattern = Annotated[str, AfterValidator(_tag_pattern), _schema("<tag>")]
TimeZone = Annotated[str, AfterValidator(_zone), _schema(_ZONE)]
Day = Annotated[date, BeforeValidator(_day), _schema(_DATE, format="date")]
Duration = Annotated[
    timedelta, BeforeValidator(_duration), PlainSerializer(duration_text, return_type=str), _schema(_DURATION)
]
WholeNumber = Annotated[int, Strict()]
# What makes a field with a mapping read-only: `Annotated[Mapping[…], *READ_ONLY]`.
READ_ONLY = (AfterValidator(MappingProxyType), PlainSerializer(dict))
