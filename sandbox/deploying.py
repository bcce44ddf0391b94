"""Environments and deployments, seeded: on GitHub the jobs of workflows make deployments, and none run here."""

from __future__ import annotations

from . import seeding
from .operations import deployments
from .seeds import Seeds
from .state import App, Deployment, Environment, Repository


class DeploymentSeeds(Seeds):
    """The part of `Sandbox` about deployments."""

    def protect_environment(self, repository: str | Repository, environment: str, *apps: App) -> Environment:
        """An environment, made if there is none, that these Apps protect (besides those that did already)."""
        with self.world.lock:
            found = deployments.environment_of(self.world, self.repository(repository), environment)
            for app in apps:
                if found.rule_of(app) is None:
                    deployments.enable_rule(self.world, found, app)
            return found

    def request_deployment(
        self,
        repository: str | Repository,
        environment: str,
        ref: str,
        sha: str | None = None,
        app: App | None = None,
        *,
        event: str = "push",
        callback_url: str | None = None,
    ) -> Deployment:
        """Let a job of a workflow want to deploy: every App that protects the environment is asked, or only `app`.

        `ref` goes into the payload as it is (GitHub's own words for the branch or tag of the run); `sha` is what
        it names unless given. `event` started the workflow. `callback_url` takes the place of the real address.
        The record tells what was decided: `state`, `comments`, and `gates` with every report.
        """
        with self.world.lock:
            found = self.protect_environment(repository, environment, *([] if app is None else [app]))
            commit = sha or found.repository.git.resolve_commit(ref)
            if commit is None:
                raise LookupError(f"there is no commit at {ref}")
            return deployments.request_deployment(
                self.world,
                found,
                seeding.actions_app(self.world).bot,
                ref=ref,
                sha=commit,
                event=event,
                apps=[rule.app for rule in found.rules] if app is None else [app],
                callback=callback_url,
            )

    def deployments(self, repository: str | Repository) -> list[Deployment]:
        """Every deployment that was asked for, oldest first."""
        with self.world.lock:
            return list(self.repository(repository).deployments)
