"""The score of a mutation run: what counts as killed, and when it is enough."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "mutation_score.py"


def load(root: Path) -> ModuleType:
    """The script as if it lay below `root`."""
    spec = importlib.util.spec_from_file_location("mutation_score", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__file__ = str(root / "scripts" / "mutation_score.py")
    return module


def keep(root: Path, module: str, *codes: int | None) -> None:
    """What mutmut leaves of a module whose mutants ended with these exit codes."""
    folder = root / "mutants" / "bot" / "core"
    folder.mkdir(parents=True, exist_ok=True)
    content = {"exit_code_by_key": {f"{module}.x__mutmut_{n}": code for n, code in enumerate(codes)}}
    (folder / f"{module}.py.meta").write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize(
    ("codes", "exit_code"),
    [
        ([1] * 9 + [0], 0),
        ([1] * 8 + [0, 0], 1),
        ([1] * 9 + [33], 0),
        ([1] * 8 + [0, 33], 1),
        ([1] * 99 + [None], 1),
        ([36, -9, 3], 0),
        ([], 1),
    ],
)
def test_when_it_is_enough(tmp_path: Path, codes: list[int | None], exit_code: int) -> None:
    """Nine of ten, with none left out; one that no test reaches has survived, one that hangs has not."""
    keep(tmp_path, "tags", *codes)
    assert load(tmp_path).main([]) == exit_code


def test_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each module, all of them together, and the survivors by name."""
    keep(tmp_path, "tags", 1, 1, 1, 0)
    keep(tmp_path, "holds", 1, None)
    load(tmp_path).main(["--survivors"])
    assert capsys.readouterr().out.splitlines() == [
        "| module | mutants | killed | survived |",
        "|---|---|---|---|",
        "| holds | 2 (1 not tried) | 1 (100.0 %) | 0 |",
        "| tags | 4 | 3 (75.0 %) | 1 |",
        "| all | 6 (1 not tried) | 4 (80.0 %) | 1 |",
        "tags.x__mutmut_3",
    ]


def test_nothing_was_run(tmp_path: Path) -> None:
    """Without a run there is no score."""
    assert load(tmp_path).main([]) == 1
