"""The processes of `trackgate serve`, with small programs in their place."""

import os
import signal
import sys
import threading
from pathlib import Path

from bot.children import Child, run_children
from tests.support.service import wait_until

STUBBORN = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path(sys.argv[1]).touch()
time.sleep(600)
"""


def test_part_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    """What ignores SIGTERM is killed after its patience, and does not keep the others from being stopped."""
    ready = tmp_path / "ready"
    stubborn = Child("stubborn", (sys.executable, "-c", STUBBORN, str(ready)), patience=0.2)
    quiet = Child("quiet", (sys.executable, "-c", "import time; time.sleep(600)"))

    def interrupt() -> None:
        wait_until(ready.exists, what="the start")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=interrupt, daemon=True).start()
    ended = run_children([stubborn, quiet], os.environ)
    assert (ended.name, ended.by_signal) == ("SIGTERM", True)


def test_part_that_ends_well_ends_the_whole() -> None:
    """Exit code 0 of a part is told too: the whole needs all of them."""
    waits = Child("waits", (sys.executable, "-c", "import time; time.sleep(600)"))
    ended = run_children([waits, Child("ends", (sys.executable, "-c", "pass"))], os.environ)
    assert (ended.name, ended.code, ended.by_signal) == ("ends", 0, False)
