"""`python -m sandbox.control`: an empty GitHub and its control port, until standard input ends.

One line of JSON on standard output says where both are: `{"url": …, "control_url": …}`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..sandbox import Sandbox
from .server import control_server


def main() -> int:
    """Serve until whoever started us closes our input, or is gone."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.control", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where the git repositories go")
    parser.add_argument("--port", type=int, default=0, help="where GitHub listens (0: any free port)")
    parser.add_argument("--control-port", type=int, default=0, help="where the commands are taken")
    options = parser.parse_args()
    with Sandbox.start(options.directory, port=options.port) as github:
        control = control_server(github, options.control_port)
        control.start()
        try:
            sys.stdout.write(json.dumps({"url": github.url, "control_url": control.url}) + "\n")
            sys.stdout.flush()
            sys.stdin.read()
        finally:
            control.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
