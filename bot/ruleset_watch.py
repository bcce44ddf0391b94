"""Rulesets that protect release tags: whenever somebody changes one, whatever is wrong with them is told."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

from bot.core.rulesets import RulesetProblemKind, judge_rulesets
from bot.core.tag_render import ruleset_issue, ruleset_marker
from bot.core.words import State
from bot.github_api.client import Installation
from bot.github_api.errors import Forbidden, NotFound, Refused
from bot.payload import login_at
from bot.policy_reading import read_valid_policy
from bot.services import Services
from bot.store import log
from bot.store.deliveries import find_delivery
from bot.store.log import Entry, Kind

LOOK_BACK = timedelta(days=1)
"""How far back an issue about the same occasion is looked for."""


def watch_rulesets(services: Services, installation: Installation, repository: str, delivery: UUID | None) -> None:
    """Open one issue for the occasion if the rulesets do not keep release tags for the App, and log it."""
    loaded = read_valid_policy(services, installation, repository)
    if loaded is None:
        return
    app_id = services.github.identity().app_id
    found = judge_rulesets(installation.read_rulesets(repository), loaded.policy, app_id)
    # An App with the least permissions never sees who may bypass: that is for the doctor to say, not each time.
    problems = tuple(one for one in found if one.kind is not RulesetProblemKind.BYPASS_NOT_VISIBLE)
    if not problems:
        return
    occasion, actor = str(delivery), None
    if delivery is not None:
        with services.database.transaction() as connection:
            stored = find_delivery(connection, delivery)
        actor = None if stored is None else login_at(json.loads(stored.body), "sender", "login")
    now = services.clock()
    if installation.find_own_issue(repository, ruleset_marker(problems, occasion), now - LOOK_BACK) is None:
        title, body = ruleset_issue(problems, occasion, actor)
        try:
            installation.create_issue(repository, title, body)
        except (NotFound, Refused, Forbidden):
            title = f"{title} (no issue could be opened)"
        with services.database.transaction() as connection:
            reasons = [problem.reason for problem in problems]
            log.append(
                connection,
                Entry(
                    Kind.TAG_GUARD,
                    repository,
                    "rulesets",
                    State.FAILURE,
                    title,
                    now,
                    delivery_guid=delivery,
                    content={"problems": reasons, "actor": actor},
                ),
            )
