"""Check runs as GitHub would have them after our effects: enough to ask whether a second look writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.core.model import CheckRun, Effect, PostCheckRun, State

OUR_APP = 4242


def after(existing: Sequence[CheckRun], effects: Iterable[Effect]) -> tuple[CheckRun, ...]:
    """Our check runs once the effects are written. Updating a run that is not there, or completed, is an error."""
    runs = {run.node_id: run for run in existing}
    next_id = max((run.run_id for run in existing), default=0) + 1
    for effect in effects:
        if not isinstance(effect, PostCheckRun):
            continue
        if effect.check_run_node_id is None:
            run_id, node_id = next_id, f"run {next_id}"
            next_id += 1
        else:
            old = runs[effect.check_run_node_id]
            assert old.status.lower() != "completed", "a completed run must not be reopened"
            assert old.name == effect.name
            run_id, node_id = old.run_id, old.node_id
        runs[node_id] = _run(effect, run_id, node_id)
    return tuple(runs.values())


def shown(runs: Iterable[CheckRun]) -> dict[str, str]:
    """What GitHub shows: the newest run of each name, as its conclusion or, while it is open, its status."""
    newest: dict[str, CheckRun] = {}
    for run in sorted(runs, key=lambda run: run.run_id):
        newest[run.name] = run
    return {name: (run.conclusion or run.status).lower() for name, run in newest.items()}


def _run(effect: PostCheckRun, run_id: int, node_id: str) -> CheckRun:
    is_open = effect.state is State.IN_PROGRESS
    return CheckRun(
        effect.name,
        OUR_APP,
        "IN_PROGRESS" if is_open else "COMPLETED",
        None if is_open else effect.state.value.upper(),
        run_id,
        node_id=node_id,
        external_id=effect.external_id,
    )
