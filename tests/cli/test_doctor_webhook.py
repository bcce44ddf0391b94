"""`trackgate doctor`, as people call it: what GitHub sends, the clock, the limits, and what was missed."""

from __future__ import annotations

import psycopg

from tests.support.clinic import Clinic


def test_what_github_sends_is_looked_at(clinic: Clinic) -> None:
    """Where the webhook leads, what came through, and whether the clocks agree."""
    clinic.protect()
    assert clinic.examine().exit_code == 0
    assert clinic.about("ok", "webhook")
    (found,) = clinic.about("ok", "deliveries")
    assert "0 failed" in found
    for check in ("clock", "missed events", "GitHub limits"):
        assert clinic.about("ok", check), check


def test_deliveries_fail(clinic: Clinic) -> None:
    """The address leads nowhere: told with its next step, beside what PUBLIC_URL says."""
    clinic.github.wait_for_deliveries()
    clinic.app.webhook_url = "http://127.0.0.1:9/webhooks/github"
    clinic.protect()
    assert clinic.examine().exit_code == 1
    assert clinic.about("failure", "deliveries")
    (found,) = clinic.about("warning", "webhook")
    assert "leads to http://127.0.0.1:9/" in found


def test_the_clock_is_two_minutes_wrong(clinic: Clinic) -> None:
    """GitHub's key is still taken, and the doctor says by how much the clock is wrong."""
    clinic.protect()
    clinic.github.clock.set_offset(120)
    try:
        clinic.examine()
    finally:
        clinic.github.clock.set_offset(0)
    (found,) = clinic.about("warning", "clock")
    assert "seconds behind GitHub's" in found
    assert clinic.about("ok", "credentials")


def test_a_limit_and_lost_events(clinic: Clinic, database_url: str) -> None:
    """An installation that GitHub wants no more requests from, and an event that never came."""
    clinic.protect()
    with psycopg.connect(database_url) as connection:
        account = "installation:7"
        connection.execute(
            "INSERT INTO github_accounts (account, paused_until) VALUES (%s, now() + interval '1 hour')",
            [account],
        )
        connection.execute("INSERT INTO github_budgets (account, resource) VALUES (%s, 'graphql')", [account])
        connection.execute(
            """
            INSERT INTO missed_deliveries (guid, delivery_id, event, delivered_at, urgency, state, asked_at)
            SELECT gen_random_uuid(), 1, 'push', hour_ago, 1, 'asked', hour_ago
            FROM (SELECT now() - interval '1 hour' AS hour_ago) AS past
            """
        )
    clinic.examine()
    (limited,) = clinic.about("warning", "GitHub limits")
    assert limited.startswith("little is left for installation:7 ")
    (found,) = clinic.about("warning", "missed events")
    assert found.startswith("1 event of the last 24 hours never arrived")
    assert "`trackgate queue missed`" in found
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE missed_deliveries SET asked_at = now() - interval '25 hours'")
    clinic.examine()
    assert clinic.about("ok", "missed events")
