"""Logs: one JSON object a line on standard error, with the delivery's GUID where there is one, and no secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from contextlib import nullcontext
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
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = _LineHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Procrastinate tells of every poll at INFO; our own lines say the same once for each job.
    logging.getLogger("procrastinate").setLevel(max(level, logging.WARNING))


class _LineHandler(logging.StreamHandler[TextIO]):
    """Writes a line at a time, and holds its lock only for that: threads make their lines beside each other."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Write `record`, unless a filter says no."""
        if not self.filter(record):
            return False
        try:
            line = self.format(record) + self.terminator
            with self.lock or nullcontext():
                self.stream.write(line)
                self.stream.flush()
        except Exception:  # noqa: BLE001 - as logging's own handlers: a log must not stop the work
            self.handleError(record)
        return True


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
