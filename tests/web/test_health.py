"""`/healthz`, `/readyz` and `/metrics`."""

from pathlib import Path

import psycopg
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot.composition import now
from bot.foundation import WebServices
from bot.metrics import event_label
from bot.settings import Settings
from bot.store.database import Database
from bot.store.queue import Queue
from bot.web.application import create_app
from tests.support.service import delivery_request, pull_request_payload, wait_until


def test_ready(client: FlaskClient) -> None:
    """Alive and ready with a migrated database."""
    assert client.get("/healthz").status_code == 200
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready\n")


def test_not_ready_without_schema(empty_database_url: str, tmp_path: Path) -> None:
    """An empty database is told apart from one that does not answer; the process lives all the same."""
    database = Database(empty_database_url)
    settings = Settings(SecretStr("s"), database_url=empty_database_url, policy_dir=tmp_path)
    client = create_app(WebServices(settings, database, Queue(), now)).test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, "migrate" in answer.text) == (503, True)
    assert client.get("/healthz").status_code == 200
    database.close()


def test_not_ready_without_queue(client: FlaskClient, services: WebServices) -> None:
    """A queue that does not answer is the reason given."""
    with services.database.transaction() as connection:
        connection.execute("ALTER TABLE procrastinate_jobs RENAME TO hidden_jobs")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text.startswith("queue:")) == (503, True)
    assert client.get("/metrics").status_code == 200


def test_not_ready_while_read_only(client: FlaskClient, services: WebServices) -> None:
    """A database that takes nothing is the reason given, though it can be read; ready when it takes again."""

    def answer_of_new_sessions() -> tuple[int, str]:
        services.database.pool.drain()  # a session keeps what its database was set to when it began
        answer = client.get("/readyz")
        return answer.status_code, answer.text

    read_only = (503, "database: database is read-only\n")
    with psycopg.connect(services.database.url, autocommit=True) as admin:
        name = admin.info.dbname
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        wait_until(lambda: answer_of_new_sessions() == read_only, what="a look at the read-only database")
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
        # Nobody drains the pool here: the look that finds a session of the meantime has it replaced.
        wait_until(lambda: client.get("/readyz").text == "ready\n", what="a look at the writable database")


def test_not_ready_without_database(tmp_path: Path) -> None:
    """Nobody listens at the address: 503, and the answer holds neither the address nor its password."""
    url = "postgresql://me:hunter22@127.0.0.1:1/x"
    database = Database(url, wait_seconds=0.5)
    settings = Settings(SecretStr("s"), database_url=url, policy_dir=tmp_path)
    client = create_app(WebServices(settings, database, Queue(), now)).test_client()
    for answer in (client.get("/readyz"), client.get("/"), client.post("/webhooks/github")):
        assert "hunter22" not in answer.text
    assert client.get("/readyz").status_code == 503
    assert client.get("/").status_code == 503
    assert "hunter22" not in repr(settings)
    database.close()


def read(client: FlaskClient, name: str, **labels: str) -> float:
    """The sum of a metric's samples with these labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_metrics_count_deliveries_and_the_queue(client: FlaskClient) -> None:
    """A delivery is counted by event and outcome, and its job is seen waiting."""
    queued = {"event": "pull_request", "outcome": "queued"}
    before = read(client, "trackgate_deliveries_total", **queued)
    client.post("/webhooks/github", **delivery_request(pull_request_payload()))
    assert read(client, "trackgate_deliveries_total", **queued) == before + 1
    assert read(client, "trackgate_queue_jobs", state="waiting") == 1
    assert read(client, "trackgate_queue_oldest_waiting_seconds") >= 0


def test_metrics_show_budgets_and_missed_deliveries(client: FlaskClient, database: Database) -> None:
    """What is left for each installation, who has to wait, and which events never came by themselves."""
    with database.transaction() as connection:
        connection.execute(
            """
            INSERT INTO github_accounts (account, paused_until)
            VALUES ('installation:7', '-infinity'), ('installation:8', now() + interval '1 minute')
            """
        )
        connection.execute(
            """
            INSERT INTO github_budgets (account, resource, budget, remaining, resets_at)
            VALUES ('installation:7', 'graphql', 5000, 4321, now() + interval '1 minute'),
                   ('installation:8', 'graphql', null, null, null)
            """
        )
        connection.execute(
            """
            INSERT INTO missed_deliveries (guid, delivery_id, event, delivered_at, urgency)
            VALUES (gen_random_uuid(), 1, 'push', now(), 1)
            """
        )
    assert read(client, "trackgate_github_budget_remaining", account="installation:7", resource="graphql") == 4321
    assert read(client, "trackgate_github_paused", account="installation:7") == 0
    assert read(client, "trackgate_github_paused", account="installation:8") == 1
    assert read(client, "trackgate_missed_deliveries", state="waiting") == 1


def test_events_cannot_fill_the_memory() -> None:
    """The label of an event is its name, until there are more names than GitHub has events."""
    labels = {event_label(f"made up {number}") for number in range(300)}
    assert len(labels) <= 101
    assert "other" in labels
