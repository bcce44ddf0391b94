"""The queue's tasks for releases, tags and deployments: a part of `bot.jobs`."""

from __future__ import annotations

from procrastinate import App, JobContext

from bot.job_runner import Runner
from bot.reconciler import AnyServices, Reconciler
from bot.store import queue as names
from bot.store.queue import QUEUE


def add_release_tasks(
    app: App, runner: Runner, services: AnyServices, reconciler: Reconciler[AnyServices]
) -> None:
    """Register the tasks on `app`."""

    @app.task(name=names.RELEASES, queue=QUEUE, pass_context=True)
    def evaluate_releases(
        context: JobContext,
        *,
        repository: str,
        installation_id: int,
        delivery: str | None = None,
        attempt: int = 0,
    ) -> None:
        runner.run(
            context,
            attempt,
            delivery,
            lambda guid: reconciler.releases(services, repository, installation_id, delivery=guid),
        )

    @app.task(name=names.TAGS, queue=QUEUE, pass_context=True)
    def guard_tags(
        context: JobContext,
        *,
        repository: str,
        installation_id: int,
        rulesets: bool = False,
        delivery: str | None = None,
        attempt: int = 0,
    ) -> None:
        runner.run(
            context,
            attempt,
            delivery,
            lambda guid: reconciler.tags(services, repository, installation_id, rulesets=rulesets, delivery=guid),
        )

    @app.task(name=names.DEPLOYMENT, queue=QUEUE, pass_context=True)
    def answer_deployment(
        context: JobContext,
        *,
        repository: str,
        run_id: int,
        environment: str,
        installation_id: int,
        delivery: str | None = None,
        attempt: int = 0,
    ) -> None:
        runner.run(
            context,
            attempt,
            delivery,
            lambda guid: reconciler.deployment(
                services, repository, run_id, environment, installation_id, delivery=guid
            ),
        )
