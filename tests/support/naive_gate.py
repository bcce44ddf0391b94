"""The merge gate said a second time, as naively as can be: is it open? It uses `bot.core.model` and plain data.

Written from the product rules (section 2), not from the core, to be held against it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.model import PullRequestFacts, Review


def is_open(facts: PullRequestFacts, policy: dict[str, Any], now: datetime) -> bool:
    """Whether the gate is open, by a policy as plain data whose tracks have prefixes only."""
    if facts.is_draft or facts.holds or facts.unreadable or facts.siblings:
        return False
    if policy["hold_label"].lower() in [label.lower() for label in facts.labels]:
        return False
    if facts.changed_files > 3000 or len(facts.files) != facts.changed_files:
        return False
    paths = [file.path for file in facts.files]
    paths += [file.previous_path for file in facts.files if file.previous_path is not None]
    touched = {track_of(path, policy) for path in paths}
    tracks = [name for name in policy["tracks"] if name in touched]
    for name in tracks:
        owners = policy["tracks"][name]["owners"]
        folder = policy["tracks"][name]["prefix"].rstrip("/")
        if not all(is_approved(person, folder, facts, policy) for person in approvers(owners, facts, policy, now)):
            return False
        if blocked_by(owners, facts, policy):
            return False
        has_check = bool(policy["tracks"][name]["commands"])
        if (
            has_check
            and not is_green(f"track / {name}", facts, policy)
            and not is_overridden(name, facts, policy, now)
        ):
            return False
        if any(not facts.documents.get(path) for path in policy["tracks"][name]["required_documents"]):
            return False
    for person in whole_reviewers(tracks, touched, facts, policy):
        (approver,) = approvers([person], facts, policy, now)
        if not is_approved(approver, "", facts, policy) or blocked_by([person], facts, policy):
            return False
    return True


def track_of(path: str, policy: dict[str, Any]) -> str | None:
    """The track with the longest prefix of the path."""
    fitting = [name for name, track in policy["tracks"].items() if path.startswith(track["prefix"])]
    return max(fitting, key=lambda name: len(policy["tracks"][name]["prefix"]), default=None)


def whole_reviewers(
    tracks: list[str], touched: set[str | None], facts: PullRequestFacts, policy: Any
) -> list[str]:
    """Cross-stream: more than one track, or anything outside. Architecture: one of the labels."""
    wanted = []
    if len(tracks) != 1 or None in touched:
        wanted.append(policy["cross_stream_reviewer"])
    labels = {label.lower() for label in policy["architecture_triggers"]["labels"]}
    if labels & {label.lower() for label in facts.labels}:
        wanted.append(policy["architecture_reviewer"])
    return wanted


def approvers(
    owners: list[str], facts: PullRequestFacts, policy: dict[str, Any], now: datetime
) -> list[str | None]:
    """Who fills each owner's slot; None where nobody may."""
    able = {name for name in policy["people"] if may_review(name, facts, policy, now)}
    taken = [owner for owner in owners if owner in able]
    found: list[str | None] = []
    for owner in owners:
        if owner in able:
            found.append(owner)
            continue
        chain = [
            policy["people"][owner]["backup"],
            policy["cross_stream_reviewer"],
            policy["architecture_reviewer"],
        ]
        left = [name for name in chain if name in able and name != owner]
        free = [name for name in left if name not in taken]
        chosen = (free or left or [None])[0]
        found.append(chosen)
        if chosen is not None:
            taken.append(chosen)
    return found


def may_review(name: str, facts: PullRequestFacts, policy: dict[str, Any], now: datetime) -> bool:
    """Neither the author nor away today."""
    person = policy["people"][name]
    today = now.astimezone(ZoneInfo(policy["timezone"])).date()
    away = person["away"]
    days: list[date] = []
    if away:
        days = [away["from"] + timedelta(days=n) for n in range((away["until"] - away["from"]).days + 1)]
    return person["login"].lower() != facts.author.lower() and today not in days


def opinions(login: str, facts: PullRequestFacts) -> list[Review]:
    """The person's reviews that are more than comments, the latest last."""
    mine = [r for r in facts.reviews if r.author.lower() == login.lower() and r.state.value != "COMMENTED"]
    return sorted(mine, key=lambda r: r.submitted_at)


def is_approved(person: str | None, folder: str, facts: PullRequestFacts, policy: dict[str, Any]) -> bool:
    """The latest opinion approves what is at the head now, and is not the head commit's author's."""
    if person is None:
        return False
    login = policy["people"][person]["login"]
    found = opinions(login, facts)
    if not found or found[-1].state.value != "APPROVED":
        return False
    if login.lower() in (facts.author.lower(), (facts.head_commit_author or "").lower()):
        return False
    if found[-1].commit_sha == facts.head_sha:
        return True
    if policy["stale_approvals"] == "head_sha" or found[-1].commit_sha is None:
        return False
    then = facts.trees.get(found[-1].commit_sha, {})
    now = facts.trees.get(facts.head_sha, {})
    return folder in then and folder in now and then[folder] == now[folder]


def blocked_by(owners: list[str], facts: PullRequestFacts, policy: dict[str, Any]) -> bool:
    """Whether somebody whom the policy names for this asks for changes."""
    logins = [policy["people"][owner]["login"] for owner in owners]
    latest = [found[-1].state.value for login in logins if (found := opinions(login, facts))]
    return "CHANGES_REQUESTED" in latest


def is_green(name: str, facts: PullRequestFacts, policy: dict[str, Any]) -> bool:
    """The newest run of that name from the expected App is completed, with a conclusion that counts."""
    rules = policy["required_checks"]
    runs = [run for run in facts.check_runs if run.name == name and run.app_id == rules["app_id"]]
    newest = sorted(runs, key=lambda run: run.run_id)[-1:]
    return any(run.status.lower() == "completed" and run.conclusion in rules["accept"] for run in newest)


def is_overridden(track: str, facts: PullRequestFacts, policy: dict[str, Any], now: datetime) -> bool:
    """Two people with the right, neither of whom wrote this, said so for this head, and it still lasts."""
    able = {*policy["release"]["leads"], *policy["tracks"][track]["owners"]}
    logins = {policy["people"][person]["login"].lower() for person in able}
    logins -= {facts.author.lower(), (facts.head_commit_author or "").lower()}
    for override in facts.overrides:
        people = {override.by.lower(), (override.confirmed_by or override.by).lower()}
        is_here = (override.track, override.commit_sha) == (track, facts.head_sha)
        if is_here and len(people) == 2 and people <= logins and now < override.expires_at:
            return True
    return False
