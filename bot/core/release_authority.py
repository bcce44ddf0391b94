"""Who may give a command of the release gate, and what it asks for. Rights come from the policy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.core import release_words as words
from bot.core.commands import ParsedCommand, Verb
from bot.core.inert import code, inert
from bot.core.overrides import who_may_override
from bot.core.people import same_login
from bot.core.policy_model import Policy
from bot.core.release_tags import is_release_tag
from bot.core.render import help_comment, unknown_command_comment


@dataclass(frozen=True, slots=True)
class Report:
    """Judge and say so; change nothing. `tag` None: the head of the branch, for no tag in particular."""

    tag: str | None
    at: str | None
    is_dry_run: bool


@dataclass(frozen=True, slots=True)
class Arm:
    """Tag as soon as the gate is open: the branch's head, or the commit `at` (as it was named)."""

    tag: str
    at: str | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Do not tag after all."""

    tag: str


@dataclass(frozen=True, slots=True)
class Approve:
    """Confirm these statements for the branch's head at the time of the comment."""

    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revoke:
    """Take back these confirmations."""

    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskForOverride:
    """Let a track's check pass for the branch's head, once two people ask for it (`core.override_request`)."""

    track: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """Say where the releases of the repository stand."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Read everything again: what an evaluation does anyway."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Not obeyed; `answer` (Markdown) says why and who may."""

    answer: str


@dataclass(frozen=True, slots=True)
class Help:
    """The list of commands (Markdown)."""

    answer: str


Request = Report | Arm | Cancel | Approve | Revoke | AskForOverride | ShowStatus | LookAgain | Help | Refusal


def rule_release(command: ParsedCommand, sender: str, policy: Policy | None) -> Request:
    """What a command asks for, or why `sender` may not. `policy` is None while the one in force is invalid."""
    if command.verb is None:
        return Refusal(unknown_command_comment(command))
    if command.verb is Verb.HELP:
        return Help(help_comment())
    if command.verb in (Verb.STATUS, Verb.RECHECK):
        return ShowStatus() if command.verb is Verb.STATUS else LookAgain()
    rule = _RULES.get(command.verb)
    if rule is None:
        return Refusal(f"{code('/gate ' + command.word)} is a command for pull requests; comment it there.")
    if policy is None:
        return Refusal(
            "The policy in force is missing or invalid, so nobody has this right until it is corrected."
        )
    return rule(command.argument, sender, policy)


def _release(argument: str, sender: str, policy: Policy) -> Request:
    asked = words.parse_release(argument)
    if isinstance(asked, words.Refusal):
        return Refusal(asked)
    if not is_lead(sender, policy):
        return Refusal(f"Only a release lead ({leads_text(policy)}) may release.")
    if asked.tag is not None and not is_release_tag(asked.tag, policy):
        patterns = ", ".join(code(pattern) for pattern in policy.release.tags)
        return Refusal(f"{code(asked.tag)} is no release tag: the policy names {patterns}.")
    if asked.tag is None or asked.dry_run:
        return Report(asked.tag, asked.at, asked.dry_run)
    return Arm(asked.tag, asked.at)


def _cancel(argument: str, sender: str, policy: Policy) -> Request:
    tag = words.parse_tag(argument)
    if isinstance(tag, words.Refusal):
        return Refusal(tag)
    if not is_lead(sender, policy):
        return Refusal(f"Only a release lead ({leads_text(policy)}) may cancel a release.")
    return Cancel(tag)


def _approve(argument: str, sender: str, policy: Policy) -> Request:
    found = _own_statements(argument, sender, policy)
    return found if isinstance(found, Refusal) else Approve(found)


def _revoke(argument: str, sender: str, policy: Policy) -> Request:
    found = _own_statements(argument, sender, policy)
    return found if isinstance(found, Refusal) else Revoke(found)


def _own_statements(argument: str, sender: str, policy: Policy) -> tuple[str, ...] | Refusal:
    """The statements that are named, if the sender is an approver of each; none named: all that are theirs."""
    named = words.parse_statements(argument, policy)
    if isinstance(named, words.Refusal):
        return Refusal(named)
    statements = policy.release.statements
    own = tuple(
        name for name in named if any(same_login(policy.login_of(one), sender) for one in statements[name])
    )
    if own == named or (own and not argument.strip()):
        return own
    missing = next(name for name in named if name not in own)
    who = ", ".join(inert(policy.login_of(one)) for one in statements[missing])
    return Refusal(f"Only {who} may confirm {code(missing)}, each for themselves.")


def _override(argument: str, sender: str, policy: Policy) -> Request:
    found = words.parse_override(argument, policy)
    if isinstance(found, words.Refusal):
        return Refusal(found)
    track, reason = found
    who = who_may_override(track, policy, ())
    if not any(same_login(sender, login) for login in who):
        return Refusal(f"Only these may override it, two of them together: {', '.join(map(inert, who))}.")
    return AskForOverride(track, reason)


def is_lead(login: str, policy: Policy) -> bool:
    """Whether this login is a release lead's."""
    return any(same_login(policy.login_of(lead), login) for lead in policy.release.leads)


def leads_text(policy: Policy) -> str:
    """The release leads' logins, safe to show."""
    return ", ".join(inert(policy.login_of(lead)) for lead in policy.release.leads)


_RULES: dict[Verb, Callable[[str, str, Policy], Request]] = {
    Verb.RELEASE: _release,
    Verb.CANCEL: _cancel,
    Verb.APPROVE: _approve,
    Verb.REVOKE: _revoke,
    Verb.OVERRIDE: _override,
}
