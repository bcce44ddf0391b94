"""What the log says of jobs that nobody does: enough to follow the delivery that asked for them."""

import asyncio

import psycopg
import pytest
from procrastinate import PsycopgConnector
from psycopg.types.json import Jsonb
from structlog.testing import capture_logs

from bot.store.connecting import PARAMETERS, configure_for_queue, queue_pool
from bot.store.job_manager import MAXIMUM_TAKEOVERS, Held, QueueManager

GUID = "6d4de9d0-0000-4000-8000-000000000001"
SUBJECT = "pull_request:meta/integration#12"


def take_over(url: str) -> None:
    """What a worker does every few seconds."""

    async def look() -> None:
        connector = PsycopgConnector(
            pool_factory=queue_pool, conninfo=url, configure=configure_for_queue, kwargs=dict(PARAMETERS)
        )
        await connector.open_async()
        try:
            await QueueManager(connector, Held(), concurrency=1, patience=0.1).take_over(15.0, set())
        finally:
            await connector.close_async()

    asyncio.run(look())


@pytest.mark.parametrize(
    ("attempts", "said"),
    [
        (0, ["job that nobody does"]),
        (
            MAXIMUM_TAKEOVERS,
            ["job that nobody does", "job given up: it ended with its worker, or outside of its task"],
        ),
    ],
)
def test_a_lost_job_names_its_delivery(database_url: str, attempts: int, said: list[str]) -> None:
    """Each line about the job of a worker that is gone has the subject and the delivery's GUID."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """
            INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, attempts)
            VALUES ('gates', 'evaluate_pull_request', %s, %s, %s, 'doing', %s)
            """,
            [SUBJECT, SUBJECT, Jsonb({"delivery": GUID, "installation_id": 7}), attempts],
        )
    with capture_logs() as lines:
        take_over(database_url)
    assert [line["event"] for line in lines] == said
    assert {(line["subject"], line["delivery"]) for line in lines} == {(SUBJECT, GUID)}
