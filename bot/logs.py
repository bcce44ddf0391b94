"""Logs: one JSON object a line on standard error, with the delivery's GUID where there is one, and no secrets."""

from __future__ import annotations

import json
import logging
import math
import re
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
_SECRET_SHAPES = re.compile(
    "|".join(
        (
            r"gh[a-z]_[A-Za-z0-9_.\-]{16,}",  # GitHub's tokens, the long installation tokens included
            r"github_pat_[A-Za-z0-9_]{16,}",
            r"eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+",  # JSON Web Tokens
            r"-----BEGIN[^-]*PRIVATE KEY-----.*?(?:-----END[^-]*PRIVATE KEY-----|$)",
            r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)",  # user and password of an address
            r"(?i:(?<=bearer )|(?<=authorization: token ))[A-Za-z0-9_.\-]{8,}",
        )
    ),
    re.DOTALL,
)
# What each of these shapes has in it, in lower case: a line without any of it has none of them.
_SIGNS = ("github_pat_", "eyj", "-----begin", "://", "bearer ", "authorization: token ")
_TOKEN_SIGN = re.compile(r"gh[a-z]_")
_context: ContextVar[Mapping[str, object]] = ContextVar("log context", default={})  # noqa: B039 (never changed)


def _shown(value: object) -> object:
    """What JSON has no form for."""
    return list(value) if isinstance(value, (set, frozenset)) else repr(value)


def _forms(secret: str) -> set[str]:
    """How a secret may stand in other texts: as it is, as Python shows it (also its bytes), and in JSON."""
    shown = repr(secret)[1:-1], repr(secret.encode())[2:-1]
    plain = {one.replace("\\'", "'") for one in shown}
    quoted = {one.replace("'", "\\'") for one in plain}
    return {
        secret,
        *shown,
        *plain,
        *quoted,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    }


def _as_json(event: EventDict) -> str:
    """One line of ASCII: whatever a terminal or an editor takes for more than text is escaped."""
    with suppress(TypeError):  # lone surrogates, large integers
        line = orjson.dumps(event, default=_shown, option=_ONLY_PLAIN)
        if line.isascii() and b"\x7f" not in line:
            return line.decode()
    return json.dumps(event, default=_shown, separators=(",", ":"), allow_nan=False)


_ONLY_PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATETIME
"""What else orjson has forms for is shown as elsewhere: a dataclass may have fields that its `repr` leaves out."""
MOST_LINES = 20_000
"""Lines that wait for a log which takes no more; then the oldest are given up."""
_is_held: ContextVar[bool] = ContextVar("log lines are held", default=False)


@contextmanager
def log_context(**said: object) -> Iterator[None]:
    """Every line that is logged in this block, by this thread, also says this; what it says itself counts more.

    One variable for all of it: structlog's own copies and searches the thread's whole context twice a line.
    """
    token = _context.set({**_context.get(), **said})
    try:
        yield
    finally:
        _context.reset(token)


@contextmanager
def lines_held() -> Iterator[None]:
    """What this thread logs in the block is kept, for `write_held_lines` and whoever else logs.

    For a thread that many wait for: a log that nobody reads stops whoever writes to it.
    """
    token = _is_held.set(True)
    try:
        yield
    finally:
        _is_held.reset(token)


def write_held_lines() -> None:
    """Write what others have left, all of it at once; nothing, while somebody is writing already."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _LineHandler):
            with suppress(OSError, ValueError):  # a log that cannot be written must not stop the work
                handler.write_out()


def add_log_context(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add what `log_context` said, as one of structlog's processors."""
    for key, value in _context.get().items():
        event.setdefault(key, value)
    return event


def set_up_logs(secrets: Iterable[str] = (), *, level: int = logging.INFO) -> None:
    """Send the process's logs, structlog's and the standard library's, through one JSON formatter.

    `secrets` are exact values to hide wherever they appear, beside everything that looks like a secret.
    """
    shared: list[Processor] = [
        add_log_context,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [
        structlog.processors.format_exc_info,
        _Renderer(secrets),
    ]
    handler = _LineHandler(sys.stderr)
    # Ours go straight to the handler: by way of the standard library a line takes three times as long.
    structlog.configure(
        processors=[*shared, *last],
        logger_factory=lambda name="": _Lines(name, handler),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Procrastinate tells of every poll at INFO; our own lines say the same once for each job.
    logging.getLogger("procrastinate").setLevel(max(level, logging.WARNING))


class _LineHandler(logging.StreamHandler[TextIO]):
    """Writes whole lines. Threads make theirs beside each other, and none waits for another's to be written:
    whoever is writing already takes them along.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._writing = threading.Lock()

    def handle(self, record: logging.LogRecord) -> bool:
        """Write `record`, unless a filter says no."""
        if not self.filter(record):
            return False
        try:
            self.write(self.format(record))
        except Exception:  # noqa: BLE001 - as logging's own handlers: a log must not stop the work
            self.handleError(record)
        return True

    def write(self, line: str) -> None:
        """Write `line`, now or with what somebody else is writing."""
        self._lines.append(line + self.terminator)
        if not _is_held.get():
            self.write_out()

    def write_out(self) -> None:
        """Write what nobody else is writing."""
        # Asked again after each release: a line that came meanwhile found the lock taken.
        while self._lines and self._writing.acquire(blocking=False):
            try:
                self.stream.write("".join(self._lines.popleft() for _ in range(len(self._lines))))
                self.stream.flush()
            finally:
                self._writing.release()


class _Lines:
    """What structlog hands our own lines to, rendered: one for each module's name."""

    def __init__(self, name: str, handler: _LineHandler) -> None:
        self.name = name
        self._handler = handler

    def info(self, line: str) -> None:
        """Write `line`, whatever its level: it says so itself."""
        with suppress(OSError, ValueError):  # a log that cannot be written must not stop the work
            self._handler.write(line)

    debug = warning = error = critical = info


class _Renderer:
    """The last of structlog's processors: a line of JSON in which nothing secret is left."""

    def __init__(self, secrets: Iterable[str]) -> None:
        told = {form for secret in secrets if len(secret) >= 4 for form in _forms(secret)}
        exact = sorted(told, key=len, reverse=True)
        self._known = re.compile("|".join(re.escape(secret) for secret in exact)) if exact else None
        # As a line would have them, in lower case.
        self._signs = (*_SIGNS, *(json.dumps(secret)[1:-1].lower() for secret in exact))

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> str:
        """The line for `event`."""
        with suppress(Exception):  # a key that is no text; what contains itself; a broken repr
            line = _as_json(event)
            small = line.lower()
            # Nearly no line has anything to hide, and this tells in a tenth of the time.
            if not any(sign in small for sign in self._signs) and not _TOKEN_SIGN.search(small):
                return line
        try:
            return _as_json({str(self._scrub(key)): self._scrub(value) for key, value in event.items()})
        except Exception as error:  # noqa: BLE001 - a log must not stop the work: what contains itself, a broken repr
            return _as_json(
                {"event": "a line could not be shown", "level": "error", "error": type(error).__name__}
            )

    def _scrub(self, value: object) -> object:
        if isinstance(value, str):
            value = value if self._known is None else self._known.sub(HIDDEN, value)
            return _SECRET_SHAPES.sub(HIDDEN, value)
        if isinstance(value, float) and not math.isfinite(value):
            return repr(value)
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, dict):
            return {self._scrub(key): self._scrub(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._scrub(item) for item in value]
        return self._scrub(repr(value))
