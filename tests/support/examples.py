"""How many examples a property test tries: few in `make test`, FUZZ_FACTOR times as many in `make fuzz`."""

from __future__ import annotations

import os


def examples(number: int) -> int:
    """`number` in an ordinary run."""
    return number * int(os.environ.get("FUZZ_FACTOR", "1"))
