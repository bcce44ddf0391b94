"""What must not be in the tree: addresses of package registries, paths of one machine, secrets.

`python scripts/check_tree.py` looks at every file that git tracks, prints file:line: what, and ends with 1 when it
found something. The patterns have a bracket in each word, so that they do not find themselves.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PATTERNS = {
    "the address of a package registry": re.compile(
        r"\b(?:py[p]i\.(?:org|python)|files\.python[h]osted|registry\.np[m]js|registry\.y[a]rnpkg|proxy\.gol[a]ng)"
    ),
    "an option that names a package index": re.compile(r"^\s*--(?:extra-)?(?:ind[e]x-url|find-l[i]nks)[ =]"),
    "a path of one machine": re.compile(r"(?<![\w./-])/(?:ho[m]e|Us[e]rs|ro[o]t|wo[r]k|o[p]t)/[\w.-]+"),
    "a private key": re.compile(r"^-----BEG[I]N (?:[A-Z]+ )?PRIVATE KEY-----$"),
    "a GitHub token": re.compile(r"\bg(?:h[pousr]_[A-Za-z0-9]{36}|ithub_p[a]t_\w{60})"),
}


def findings(root: Path, names: list[str]) -> Iterator[str]:
    """`file:line: what` for each line of the named files that holds something it must not; never its text."""
    for name in names:
        path = root / name
        if not path.is_file() or path.is_symlink():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            for what, pattern in PATTERNS.items():
                if pattern.search(line):
                    yield f"{name}:{number}: {what}"


def tracked(root: Path) -> list[str]:
    """All files that git tracks, and new ones that it does not ignore."""
    # In CI the checkout may belong to another user, whose settings git would not trust; none are used here.
    trusting = ("-c", "safe.directory=*")
    command = ["git", *trusting, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(command, cwd=root, capture_output=True, check=True)
    return [name.decode("utf-8", "surrogateescape") for name in run.stdout.split(b"\0") if name]


def main() -> int:
    """Check the tree this script lies in; the exit code."""
    root = Path(__file__).resolve().parents[1]
    found = list(findings(root, tracked(root)))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
