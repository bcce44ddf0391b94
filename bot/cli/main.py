"""The `trackgate` command, put together from one file per group of sub-commands.

Exit codes: 0 fine, 1 the answer is no, 2 wrong use or input.
"""

from __future__ import annotations

import typer

from bot.cli import (
    audit,
    doctor,
    evidence,
    key,
    plan,
    policy,
    processes,
    queue,
    release,
    ruleset,
    run_checks,
    verify,
)

app = typer.Typer(
    name="trackgate",
    help="The gate for pull requests and releases of repositories whose work is split into folder tracks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(processes.app)
app.add_typer(plan.app)
app.add_typer(policy.app)
app.add_typer(evidence.app)
app.add_typer(key.app)
app.add_typer(run_checks.app)
app.add_typer(ruleset.app)
app.add_typer(verify.app)
app.add_typer(audit.app)
app.add_typer(release.app)
app.add_typer(doctor.app)
app.add_typer(queue.app)


def main() -> None:
    """Run the command line."""
    app()
