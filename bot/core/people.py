"""Who may fill an approval slot at all: not the author, and nobody who is away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.policy_model import Policy


def same_login(one: str | None, other: str | None) -> bool:
    """GitHub's logins are ASCII and the same in any case. Nobody (None) is never the same as somebody."""
    return one is not None and other is not None and one.lower() == other.lower()


class People:
    """The people of a policy as they stand on one day, for one author. `now` is an aware time."""

    def __init__(self, policy: Policy, author: str, now: datetime) -> None:
        self._policy = policy
        self._author = author
        self._today = now.astimezone(ZoneInfo(policy.timezone)).date()

    def why_not(self, person: str) -> str | None:
        """Why this person of the policy cannot review now; None when they can."""
        login = self._policy.login_of(person)
        if same_login(login, self._author):
            return f"{login} is the author"
        away = self._policy.people[person].away
        if away is not None and away.from_ <= self._today <= away.until:
            return f"{login} is away until {away.until.isoformat()}"
        return None

    def chain(self, person: str) -> tuple[str, ...]:
        """Who takes this person's slot, in order: backup, cross-stream reviewer, architecture reviewer."""
        policy = self._policy
        named = (policy.people[person].backup, policy.cross_stream_reviewer, policy.architecture_reviewer)
        return tuple(dict.fromkeys(name for name in named if name is not None and name != person))


def absence_changes(policy: Policy, now: datetime) -> Iterator[datetime]:
    """The moments (UTC) after `now` at which somebody goes away or comes back."""
    zone = ZoneInfo(policy.timezone)
    today = now.astimezone(zone).date()
    for person in policy.people.values():
        if person.away is not None:
            if person.away.from_ > today:
                yield _midnight(person.away.from_, zone)
            if today <= person.away.until < date.max:  # whoever is away for ever does not come back
                yield _midnight(person.away.until + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
