"""The page of a repository's releases: where `details_url` of `gate/release` leads. Asks GitHub nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, render_template

from bot.core.release_render import age_words
from bot.foundation import Foundation
from bot.store.deployments import DeploymentState
from bot.store.release_board import read_board
from bot.web.access import keep_to_this_machine
from bot.web.links import github_page
from bot.web.pull_requests import STATE_WORDS

_PATH = "/repositories/<owner>/<name>/releases"

DEPLOYMENT_COLOURS = {
    DeploymentState.APPROVED: "success",
    DeploymentState.REJECTED: "failure",
    DeploymentState.WAITING: "in_progress",
}


def blueprint(services: Foundation) -> Blueprint:
    """The route, working with `services`."""
    routes = Blueprint("releases", __name__)
    keep_to_this_machine(routes, services.settings.public_url)

    @routes.get(_PATH)
    def releases(owner: str, name: str) -> str:
        repository = f"{owner}/{name}"
        with services.database.transaction() as connection:
            board = read_board(connection, repository)
        if not board.is_known:
            abort(404, "Trackgate knows no such repository.")
        now, api_url = services.clock(), services.settings.github_api_url

        def on_github(*steps: str | int) -> str | None:
            return github_page(api_url, repository, *steps)

        def age(since: datetime | None) -> str:
            return age_words(since, now)

        return render_template(
            "releases.html",
            board=board,
            words=STATE_WORDS,
            colours=DEPLOYMENT_COLOURS,
            on_github=on_github,
            age=age,
        )

    @routes.app_template_filter("moment")
    def moment(when: datetime) -> str:
        """A time as pages show it."""
        return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

    return routes
