"""The ruling on one command of a comment, and its words, for tests of who may do what."""

from __future__ import annotations

from typing import Any

from bot.core.authority import Ruling, Situation, rule
from bot.core.commands import parse_commands
from bot.core.inert import ZERO_WIDTH
from bot.core.merge_gate import decide, decide_without_policy
from bot.core.model import Hold
from bot.core.policy import InvalidPolicy, LoadedPolicy, Problem
from tests.support.builders import NOW, policy, pull_request_facts

BROKEN = InvalidPolicy((Problem(".github/trackgate.yml", 3, "people", "a mapping"),))
MAYAS_HOLD = Hold("maya", "vendor")
RAJS_HOLD = Hold("raj", "audit")


def ruling(
    comment: str,
    sender: str,
    *files: str,
    permission: str = "read",
    loaded: LoadedPolicy | None = None,
    is_broken: bool = False,
    held_later: str = "",
    unheld_later: str = "",
    reassigned_later: str = "",
    **changes: Any,
) -> Ruling:
    """The ruling on the one command of a comment, on a pull request of these files (one of dbt/).

    `held_later`, `unheld_later`: who held and lifted in comments that were written later, but told of before;
    `reassigned_later`: whose reviews such comments gave away.
    """
    loaded = loaded or policy()
    facts = pull_request_facts(*(files or ("dbt/a.sql",)), loaded=loaded, **changes)
    decision = decide_without_policy(facts, BROKEN) if is_broken else decide(facts, loaded, NOW)
    (command,) = parse_commands(comment)
    later = {
        "held_later": frozenset(held_later.split()),
        "unheld_later": frozenset(unheld_later.split()),
        "reassigned_later": frozenset(reassigned_later.split()),
    }
    judged_by = None if is_broken else loaded.policy
    return rule(command, Situation(sender, permission, facts, decision, judged_by, NOW, **later))


def words(given: Ruling) -> str:
    """The answer as it reads: without the escapes and invisible characters of inert text."""
    assert given.answer is not None
    return (given.answer).replace("\\", "").replace(ZERO_WIDTH, "")
