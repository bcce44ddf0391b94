"""The queue's tasks: a subject in, nothing out. Each only calls `reconcile` and sees to it that it happens.

A failed evaluation is tried again by a later job, so that an event of the meantime is not swallowed by it. After
the last attempt the job is parked (`bot.store.parking`), to be seen; the next sweep or event tries again.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from procrastinate import App, JobContext
from procrastinate.connector import BaseConnector

from bot.core.subjects import PullRequestSubject
from bot.job_runner import MAXIMUM_ATTEMPTS as MAXIMUM_ATTEMPTS
from bot.job_runner import Runner
from bot.reconciler import AnyServices as AnyServices
from bot.reconciler import Reconciler as Reconciler
from bot.recovery_jobs import add_recovery_tasks
from bot.release_jobs import add_release_tasks
from bot.store import queue as names
from bot.store.job_manager import Held
from bot.store.queue import QUEUE, SWEEP_INSTALLATIONS_JOB, Job, installation_job, job_for
from bot.sweep_queueing import queue_all_sweeps
from bot.upkeep import add_upkeep_tasks


def make_tasks(
    connector: BaseConnector, services: AnyServices, reconciler: Reconciler[AnyServices], held: Held
) -> App:
    """The worker's Procrastinate app with all its tasks; `held` is kept up to date with which did their work."""
    app = App(connector=connector)
    runner = Runner(services, held)

    @app.task(name=names.PULL_REQUEST, queue=QUEUE, pass_context=True)
    def evaluate_pull_request(
        context: JobContext,
        *,
        repository: str,
        number: int,
        installation_id: int,
        delivery: str | None = None,
        attempt: int = 0,
    ) -> None:
        runner.run(
            context,
            attempt,
            delivery,
            lambda guid: reconciler.pull_request(services, repository, number, installation_id, delivery=guid),
        )

    @app.task(name=names.MERGE_GROUP, queue=QUEUE, pass_context=True)
    def evaluate_merge_group(
        context: JobContext,
        *,
        repository: str,
        head_sha: str,
        base_branch: str,
        installation_id: int,
        delivery: str | None = None,
        attempt: int = 0,
    ) -> None:
        runner.run(
            context,
            attempt,
            delivery,
            lambda guid: reconciler.merge_group(
                services, repository, head_sha, base_branch, installation_id, delivery=guid
            ),
        )

    @app.task(name=names.REPOSITORY, queue=QUEUE, pass_context=True)
    def evaluate_repository(
        context: JobContext,
        *,
        repository: str,
        installation_id: int,
        delivery: str | None = None,
        attempt: int = 0,
    ) -> None:
        def defer_each(guid: UUID | None) -> None:
            numbers = sorted(reconciler.repository(services, repository, installation_id))
            priority = context.job.priority
            runner.defer_all(
                job_for(
                    PullRequestSubject(repository, number),
                    installation_id,
                    delivery=guid,
                    priority=priority,
                )
                for number in numbers
            )

        runner.run(context, attempt, delivery, defer_each)

    @app.task(name=names.INSTALLATION, queue=QUEUE, pass_context=True)
    def evaluate_installation(
        context: JobContext, *, installation_id: int, sweep_all: bool = True, attempt: int = 0
    ) -> None:
        def look_at_it(_guid: UUID | None) -> None:
            new = reconciler.installation(services, installation_id, has_changed=sweep_all)
            queue_all_sweeps(services, installation_id, only=None if sweep_all else new)

        runner.run(context, attempt, None, look_at_it)

    @app.periodic(cron="5 * * * *", priority=SWEEP_INSTALLATIONS_JOB.priority)
    @app.task(
        name=names.SWEEP_INSTALLATIONS,
        queue=QUEUE,
        lock=names.SWEEP_INSTALLATIONS,
        queueing_lock=names.SWEEP_INSTALLATIONS,
        pass_context=True,
    )
    def sweep_installations(context: JobContext, timestamp: int = 0, *, attempt: int = 0) -> None:  # noqa: ARG001
        def look_at_each(_guid: UUID | None) -> None:
            priority = context.job.priority
            found = reconciler.installations(services)
            # Each repository has its turn among the sweeps; only what is new to us should not wait for it.
            runner.defer_all(
                installation_job(number, priority=priority, sweep_all=False) for number in sorted(found)
            )

        runner.run(context, attempt, None, look_at_each)

    add_release_tasks(app, runner, services, reconciler)
    add_recovery_tasks(app, runner, services, reconciler)
    add_upkeep_tasks(app, runner, services)

    @app.task(name=names.LATER, queue=QUEUE, pass_context=True)
    def look_again(
        context: JobContext,  # noqa: ARG001
        *,
        task: str,
        key: str,
        arguments: dict[str, Any],
        priority: int = 0,
        put_off: bool = False,  # noqa: ARG001
        moment: str | None = None,  # noqa: ARG001
    ) -> None:
        runner.defer_all([Job(task, key, arguments, priority)])

    return app
