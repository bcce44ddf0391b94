"""Logs: one JSON object a line on standard error, with the delivery's GUID where there is one, and no secrets."""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
LONGEST_REMEMBERED = 32
"""Characters of texts whose scrubbed form is kept: not even a GUID, which no other line would have."""
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


def set_up_logs(secrets: Iterable[str] = (), *, level: int = logging.INFO) -> None:
    """Send the process's logs, structlog's and the standard library's, through one JSON formatter.

    `secrets` are exact values to hide wherever they appear, beside everything that looks like a secret.
    """
    hide = _hider(secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [
        structlog.processors.format_exc_info,
        hide,
        structlog.processors.JSONRenderer(),
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
        self._lines: deque[str] = deque()
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


def _hider(secrets: Iterable[str]) -> Processor:
    exact = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)
    known = re.compile("|".join(re.escape(secret) for secret in exact)) if exact else None

    def scrub_text(value: str) -> str:
        value = value if known is None else known.sub(HIDDEN, value)
        return _SECRET_SHAPES.sub(HIDDEN, value)

    # Most of a line is the same in the next one: its keys, the level, the logger, outcomes.
    scrub_short_text = lru_cache(maxsize=2048)(scrub_text)

    def scrub(value: object) -> object:
        if isinstance(value, str):
            return scrub_short_text(value) if len(value) <= LONGEST_REMEMBERED else scrub_text(value)
        if isinstance(value, dict):
            return {scrub(key): scrub(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [scrub(item) for item in value]
        if value is None or isinstance(value, (bool, int, float)):
            return value
        return scrub(repr(value))

    def hide(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {str(scrub(key)): scrub(value) for key, value in event.items()}

    return hide
