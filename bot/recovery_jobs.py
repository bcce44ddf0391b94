"""The queue's tasks that find what was missed: sweeps, and deliveries asked for again. A part of `bot.jobs`."""

from __future__ import annotations

from uuid import UUID

from procrastinate import App, JobContext

from bot.core.subjects import PullRequestSubject
from bot.job_runner import Runner
from bot.reconciler import AnyServices, Reconciler
from bot.store import queue as names
from bot.store.queue import QUEUE, SWEEP_JOB, SWEEP_TAGS_JOB, job_for
from bot.store.recovery import RECOVER, RECOVERY_JOB
from bot.store.sweeps import SWEEP_REPOSITORY, SWEEP_TAGS_OF
from bot.sweep_queueing import queue_all_sweeps, queue_sweeps_in_turn, queue_tag_sweeps

IN_TURN = "sweep_in_turn"


def add_recovery_tasks(
    app: App, runner: Runner, services: AnyServices, reconciler: Reconciler[AnyServices]
) -> None:
    """Register the tasks on `app`. Each periodic one runs once, in whichever worker."""

    @app.task(name=names.SWEEP, queue=QUEUE, lock=names.SWEEP, queueing_lock=names.SWEEP, pass_context=True)
    def sweep(context: JobContext, *, attempt: int = 0) -> None:
        runner.run(context, attempt, None, lambda _: queue_all_sweeps(services))

    @app.periodic(cron="* * * * *", priority=SWEEP_JOB.priority)
    @app.task(name=IN_TURN, queue=QUEUE, lock=IN_TURN, queueing_lock=IN_TURN, pass_context=True)
    def sweep_in_turn(context: JobContext, timestamp: int = 0, *, attempt: int = 0) -> None:  # noqa: ARG001
        runner.run(context, attempt, None, lambda _: queue_sweeps_in_turn(services))

    @app.task(name=SWEEP_REPOSITORY, queue=QUEUE, pass_context=True)
    def sweep_repository(context: JobContext, *, repository: str, installation_id: int, attempt: int = 0) -> None:
        def evaluate_what_changed(_guid: UUID | None) -> None:
            changed = reconciler.sweep_repository(services, repository, installation_id)
            priority = context.job.priority
            runner.defer_all(
                job_for(PullRequestSubject(repository, number), installation_id, priority=priority)
                for number in sorted(changed)
            )

        runner.run(context, attempt, None, evaluate_what_changed)

    @app.periodic(cron="* * * * *", priority=SWEEP_TAGS_JOB.priority)
    @app.task(
        name=names.SWEEP_TAGS,
        queue=QUEUE,
        lock=names.SWEEP_TAGS,
        queueing_lock=names.SWEEP_TAGS,
        pass_context=True,
    )
    def sweep_tags(context: JobContext, timestamp: int = 0, *, attempt: int = 0) -> None:  # noqa: ARG001
        runner.run(context, attempt, None, lambda _: queue_tag_sweeps(services))

    @app.task(name=SWEEP_TAGS_OF, queue=QUEUE, pass_context=True)
    def sweep_tags_of(context: JobContext, *, installation_id: int, attempt: int = 0) -> None:
        runner.run(context, attempt, None, lambda _: reconciler.sweep_tags(services, installation_id))

    @app.periodic(cron="*/5 * * * *", priority=RECOVERY_JOB.priority)
    @app.task(name=RECOVER, queue=QUEUE, lock=RECOVER, queueing_lock=RECOVER, pass_context=True)
    def recover_deliveries(context: JobContext, timestamp: int = 0, *, attempt: int = 0) -> None:  # noqa: ARG001
        runner.run(context, attempt, None, lambda _: reconciler.recover_deliveries(services))
