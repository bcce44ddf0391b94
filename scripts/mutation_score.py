"""What `make mutation` found: per module how many mutants the tests noticed, and which of them survived.

`python scripts/mutation_score.py [--survivors]` reads what mutmut left in `mutants/`, and ends with 1 when fewer
than 90 % of the mutants were killed, or any was not tried.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

WANTED = 0.9
SURVIVED, NO_TESTS, NOT_TRIED = 0, 33, None
"""Exit codes of the tests of a mutant, as mutmut keeps them; every other one means that they noticed it."""


def outcome(exit_code: int | None) -> str:
    """What became of one mutant."""
    if exit_code is NOT_TRIED:
        return "not tried"
    return "survived" if exit_code in (SURVIVED, NO_TESTS) else "killed"


def read_outcomes(folder: Path) -> dict[str, dict[str, str]]:
    """Module → mutant → what became of it."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(folder.rglob("*.py.meta")):
        codes = json.loads(file.read_text("utf-8"))["exit_code_by_key"]
        if codes:
            found[file.name.removesuffix(".py.meta")] = {name: outcome(code) for name, code in codes.items()}
    return found


def table(outcomes: Mapping[str, Mapping[str, str]]) -> Iterable[str]:
    """One line for each module and one for all, in Markdown."""
    yield "| module | mutants | killed | survived |"
    yield "|---|---|---|---|"
    for module, mutants in [
        *outcomes.items(),
        ("all", {k: v for one in outcomes.values() for k, v in one.items()}),
    ]:
        count = Counter(mutants.values())
        tried = count["killed"] + count["survived"]
        share = f"{100 * count['killed'] / tried:.1f} %" if tried else "-"
        untried = f" ({count['not tried']} not tried)" if count["not tried"] else ""
        yield f"| {module} | {len(mutants)}{untried} | {count['killed']} ({share}) | {count['survived']} |"


def main(arguments: list[str]) -> int:
    """Print the table, with `--survivors` their names too; the exit code."""
    outcomes = read_outcomes(Path(__file__).resolve().parents[1] / "mutants")
    sys.stdout.writelines(f"{line}\n" for line in table(outcomes))
    if "--survivors" in arguments:
        names = (name for one in outcomes.values() for name, what in one.items() if what == "survived")
        sys.stdout.writelines(f"{name}\n" for name in names)
    count = Counter(what for one in outcomes.values() for what in one.values())
    is_enough = count["killed"] >= WANTED * count.total() > 0 and not count["not tried"]
    return 0 if is_enough else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
