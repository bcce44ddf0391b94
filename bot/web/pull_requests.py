"""Pages for people: the open pull requests, and the whole decision of each. Where `details_url` leads."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from markupsafe import Markup

from bot.core.model import State
from bot.foundation import Foundation
from bot.store.decisions import gate_summaries, latest_decision
from bot.store.pull_requests import find_pull_request
from bot.store.release_board import read_release_counts
from bot.web.access import keep_to_this_machine
from bot.web.links import github_page

STATE_WORDS = {State.SUCCESS: "open", State.IN_PROGRESS: "waiting", State.FAILURE: "closed"}
MOST_LISTED = 500
_PATH = "/repositories/<owner>/<name>/pull-requests/<int(min=1, max=2147483647):number>"


def blueprint(services: Foundation) -> Blueprint:
    """The routes, working with `services`."""
    routes = Blueprint("pages", __name__, static_folder="static", static_url_path="/static")

    keep_to_this_machine(routes, services.settings.public_url)

    @routes.get("/")
    def index() -> str:
        with services.database.transaction() as connection:
            found = gate_summaries(connection, MOST_LISTED)
            releases = read_release_counts(connection)
        return render_template(
            "index.html", pull_requests=found, releases=releases, words=STATE_WORDS, most=MOST_LISTED
        )

    @routes.get(_PATH)
    def pull_request(owner: str, name: str, number: int) -> str:
        repository = f"{owner}/{name}"
        with services.database.transaction() as connection:
            known = find_pull_request(connection, repository, number)
            logged = latest_decision(connection, repository, number)
        if known is None and logged is None:
            abort(404, "Trackgate knows no such pull request.")
        return render_template(
            "pull_request.html",
            repository=repository if logged is None else logged.decision.repository,
            number=number,
            known=known,
            logged=logged,
            words=STATE_WORDS,
            github_url=github_page(services.settings.github_api_url, repository, "pull", number),
        )

    @routes.app_template_filter("ticked")
    def ticked(text: str) -> Markup:
        """Text whose `parts in backticks` are shown as code; everything is escaped."""
        parts = text.split("`")
        if len(parts) % 2 == 0:
            return Markup("{}").format(text)
        shapes = (Markup("{}"), Markup("<code>{}</code>"))
        return Markup("").join(shapes[index % 2].format(part) for index, part in enumerate(parts))

    return routes
