"""An evidence file's name is its timestamp, in four forms; local ones are on the clocks of the policy's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.evidence_name import canonical_name, date_and_time, named_at, start_of_day

JAMAICA = ZoneInfo("America/Jamaica")
NEW_YORK = ZoneInfo("America/New_York")


def utc(*parts: int) -> datetime:
    """A moment."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("20260219T193000Z.md", utc(2026, 2, 19, 19, 30)),
        ("2026-02-19T19-30-00Z.md", utc(2026, 2, 19, 19, 30)),
        ("2026-02-19T14-30-00.md", utc(2026, 2, 19, 19, 30)),
        ("2026-02-19.md", utc(2026, 2, 19, 5)),
        ("20240229T235959Z.md", utc(2024, 2, 29, 23, 59, 59)),
    ],
)
def test_the_four_forms(name: str, moment: datetime) -> None:
    """With `Z` it is UTC, without a zone America/Jamaica, and a bare date is the beginning of that day there."""
    assert named_at(name, JAMAICA) == moment


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("2026-02-18T23-59-59.md", utc(2026, 2, 19, 4, 59, 59)),
        ("2026-02-19T00-00-00.md", utc(2026, 2, 19, 5)),
        ("2026-02-19.md", utc(2026, 2, 19, 5)),
        ("2026-12-31T23-59-59.md", utc(2027, 1, 1, 4, 59, 59)),
    ],
)
def test_naive_timestamp_around_midnight_in_jamaica(name: str, moment: datetime) -> None:
    """Jamaica's midnight is 05:00 UTC all year: a second before it is still the day before there."""
    assert named_at(name, JAMAICA) == moment


@pytest.mark.parametrize(
    "name",
    [
        "",
        "README.md",
        "20260219T193000Z",
        "20260219T193000Z.txt",
        "20260219T193000Z.MD",
        "20260219T193000Z.md.md",
        "x20260219T193000Z.md",
        "20260219T193000.md",
        "2026-02-19T19-30Z.md",
        "2026-2-19.md",
        "2026-02-30.md",
        "2026-13-01.md",
        "2025-02-29T00-00-00Z.md",
        "20260219T240000Z.md",
        "20260219T196000Z.md",
        "20260219T193060Z.md",
        "2026-02-19T25-00-00.md",
        "0000-01-01.md",
        "٢٠٢٦-02-19.md",
        "2026-02-19.md\n",
        "9999-12-31T23-59-59.md",
    ],
)
def test_other_names_are_no_timestamps(name: str) -> None:
    """Other forms, days and times that do not exist, digits of other scripts, the very end of the calendar."""
    assert named_at(name, JAMAICA) is None


def test_clocks_that_are_changed() -> None:
    """An hour that the clock skips is no time; of one that it shows twice, the first counts."""
    assert named_at("2026-03-08T02-30-00.md", NEW_YORK) is None
    assert named_at("2026-11-01T01-30-00.md", NEW_YORK) == utc(2026, 11, 1, 5, 30)


def test_a_day_without_midnight() -> None:
    """Where the clock skips midnight, the day begins an hour later, which is the same moment."""
    assert start_of_day("2018-11-04", ZoneInfo("America/Sao_Paulo")) == utc(2018, 11, 4, 3)


@pytest.mark.parametrize("text", ["2026-02-30", "0001-01-01", "2026-02-19T00:00", "", "2026-2-1"])
def test_days_that_are_none(text: str) -> None:
    """No such day, one before the calendar begins elsewhere, and another form."""
    assert start_of_day(text, ZoneInfo("Asia/Tokyo")) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-19T14:30:00-05:00", utc(2026, 2, 19, 19, 30)),
        ("2026-02-19T19:30:00Z", utc(2026, 2, 19, 19, 30)),
        ("2026-02-19 14:30", utc(2026, 2, 19, 19, 30)),
        ("2026-02-18T23:59:59.5", datetime(2026, 2, 19, 4, 59, 59, 500000, tzinfo=UTC)),
        ("2026-02-19T00:00+14:00", utc(2026, 2, 18, 10)),
    ],
)
def test_dates_with_times(text: str, moment: datetime) -> None:
    """ISO 8601 with an offset, with `Z`, and without: then it is local."""
    assert date_and_time(text, JAMAICA) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-19",
        "20260219T193000Z",
        "2026-02-30T14:30:00Z",
        "2026-02-19T24:00:00Z",
        "2026-02-19T14:30:61Z",
        "2026-02-19T14:30:00-24:00",
        "0001-01-01T00:00:00+12:00",
        "2026-02-19T14:30:00 Jamaica",
        "2026-02-19T14:30:00Z\n",
        "yesterday",
    ],
)
def test_times_that_are_none(text: str) -> None:
    """No time of day, another form, and moments that do not exist."""
    assert date_and_time(text, JAMAICA) is None


@given(st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - a bound
def test_the_canonical_name_is_read_back(moment: datetime) -> None:
    """The name that is made for a moment is that moment again, to the second."""
    assert named_at(canonical_name(moment), JAMAICA) == moment.replace(microsecond=0)


@given(st.text(max_size=30).map(lambda text: text + ".md") | st.from_regex(r"[0-9T:Z-]{0,24}\.md", fullmatch=True))
def test_any_name_is_answered(name: str) -> None:
    """Whatever a file is called: a moment in UTC, or none."""
    found = named_at(name, NEW_YORK)
    assert found is None or found.tzinfo is UTC
