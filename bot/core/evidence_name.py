"""An evidence file's name is its timestamp: name → moment. Also how times without a zone are read anywhere in it.

Local times are read in the policy's time zone. One that the clock shows twice (the hour that is repeated in
autumn) is its first; one that the clock leaves out (the hour that is skipped in spring) is no time at all.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

# The canonical form, the same with separators that file systems allow, local time, and a local day.
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.md", re.ASCII)
_SEPARATED = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)(Z?)\.md", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)\.md", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE_AND_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-][01]\d:[0-5]\d)?", re.ASCII
)


def named_at(file_name: str, zone: ZoneInfo) -> datetime | None:
    """The moment (UTC) that a file is named by: `20260219T193000Z.md`, `2026-02-19T19-30-00Z.md`, and, in `zone`,
    `2026-02-19T14-30-00.md` and `2026-02-19.md` (the beginning of that day). None: the name is no timestamp.
    """
    if found := _DAY.fullmatch(file_name):
        return start_of_day(found[1], zone)
    if found := _COMPACT.fullmatch(file_name):
        return _moment([int(part) for part in found.groups()], None)
    if found := _SEPARATED.fullmatch(file_name):
        *parts, utc = found.groups()
        return _moment([int(part) for part in parts], None if utc else zone)
    return None


def is_markdown(path: str) -> bool:
    """Whether a file of the evidence folder is meant as evidence. Others, such as screenshots, are none at all."""
    return path.casefold().endswith(".md")


def canonical_name(moment: datetime) -> str:
    """The name of evidence for this moment (aware), such as `20260219T193000Z.md`."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ.md")


def start_of_day(text: str, zone: ZoneInfo) -> datetime | None:
    """The beginning (UTC) of the day `YYYY-MM-DD` in `zone`; None when there is no such day.

    Where the clock skips midnight, the day begins after what is skipped.
    """
    if _DATE.fullmatch(text) is None:
        return None
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # no such day, or one at the very ends of the calendar
        return None


def date_and_time(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment (UTC) of an ISO 8601 date and time; without an offset it is local to `zone`. None: it is none."""
    if _DATE_AND_TIME.fullmatch(text) is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else in_zone(found, zone)
    except (ValueError, OverflowError):
        return None


def in_zone(local: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment (UTC) of a time on the clocks of `zone`: the first of two, and None when they never show it."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None


def _moment(parts: list[int], zone: ZoneInfo | None) -> datetime | None:
    year, month, day, hour, minute, second = parts
    try:
        if zone is None:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return in_zone(datetime(year, month, day, hour, minute, second), zone)  # noqa: DTZ001 - made aware there
    except (ValueError, OverflowError):
        return None
