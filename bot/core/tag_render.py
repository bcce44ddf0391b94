"""Incidents about release tags → the issue that tells of each.

All text that came from GitHub or a policy passes through `inert` or `code`.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from bot.core.inert import code, inert
from bot.core.render import table_code
from bot.core.rulesets import RulesetProblem
from bot.core.tags import IncidentKind, Remedy, TagIncident
from bot.core.titles import shortened

_WHAT = {
    IncidentKind.APPEARED: "appeared without an open release gate",
    IncidentKind.MOVED: "was moved",
    IncidentKind.DELETED: "was deleted",
}
_DONE = {
    Remedy.DELETE: "The tag was deleted again; a GitHub release of it, if there was one, is a draft now.",
    Remedy.RESTORE: "The tag was put back where the gate had made it.",
    Remedy.REPORT: "Nothing was changed.",
}


def incident_marker(incident_id: int) -> str:
    """The hidden line by which the App finds its own issue about an incident again."""
    return f"<!-- trackgate tag incident {incident_id} -->"


def incident_issue(
    incident: TagIncident, incident_id: int, actor: str | None, failure: str | None
) -> tuple[str, str]:
    """Title (plain text) and body (Markdown). `actor` is a login, if known; `failure` why it was not undone."""
    title = shortened(f"Release tag {incident.name} {_WHAT[incident.kind]}")
    facts = [
        "| | |",
        "|---|---|",
        f"| tag | {table_code(incident.name)} |",
        f"| who | {inert(actor) if actor else 'not known: GitHub sent no event for it'} |",
        f"| it pointed to | {table_code(incident.seen_sha) if incident.seen_sha else 'nothing: it was gone'} |",
        f"| the gate's own tag object | {table_code(incident.right_sha) if incident.right_sha else 'none'} |",
    ]
    done = f"It could not be undone: {inert(failure, 500)}" if failure else _DONE[incident.remedy]
    if incident.is_baseline:
        done = "This tag is older than the gate, which therefore never touches it."
    parts = [
        incident_marker(incident_id),
        f"The tag {code(incident.name)} {_WHAT[incident.kind]}.",
        "\n".join(facts),
        done,
        _next(incident, failure),
    ]
    return title, "\n\n".join(parts)


def ruleset_marker(problems: Iterable[RulesetProblem], occasion: str) -> str:
    """The hidden line of the issue about rulesets; `occasion` is what it was found on (a delivery's GUID)."""
    text = "\0".join((occasion, *(one.reason for one in problems)))
    return f"<!-- trackgate rulesets {sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]} -->"


def ruleset_issue(problems: Iterable[RulesetProblem], occasion: str, actor: str | None) -> tuple[str, str]:
    """Title and body of the issue that says what is wrong with the rulesets on release tags."""
    problems = tuple(problems)
    who = f" Last changed by {inert(actor)}." if actor else ""
    lines = [f"- {inert(one.reason, 500)}. **Next:** {_action(one)}" for one in problems]
    parts = [
        ruleset_marker(problems, occasion),
        f"The rulesets do not keep release tags for the release gate.{who}",
        "\n".join(lines),
        "`trackgate ruleset` prints the ruleset as it should be; `trackgate doctor` checks it again.",
    ]
    return "Release tags are not protected as they should be", "\n\n".join(parts)


def _action(problem: RulesetProblem) -> str:
    return f"{inert(problem.next_action.owner)}: {inert(problem.next_action.action, 500)}"


def _next(incident: TagIncident, failure: str | None) -> str:
    if failure:
        return f"**Next:** a repository administrator: put {code(incident.name)} right by hand."
    if incident.kind is IncidentKind.APPEARED:
        return (
            "**Next:** a release lead: comment "
            f"{code(f'/gate release {incident.name}')}; the gate makes the tag once everything is there."
        )
    if incident.remedy is Remedy.RESTORE:
        return (
            "**Next:** the release leads: see who may change release tags, and close this issue. A release that "
            "was made stays; to release another commit, comment `/gate release <another tag>`."
        )
    return f"**Next:** a repository administrator: see whether {code(incident.name)} is as it should be."
