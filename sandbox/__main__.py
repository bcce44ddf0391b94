"""`python -m sandbox`: a local GitHub to click and script against, until it is interrupted.

    python -m sandbox --port 3000 --directory var/sandbox --user alice:write --user raj:admin \\
        --repository meta/integration=../integration --webhook http://127.0.0.1:8000/webhooks/github

Tokens and the App's key are written to `sandbox.json` in the directory, readable only by its owner.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
from pathlib import Path

from .sandbox import Sandbox
from .state import App

PERMISSIONS = {
    "actions": "read",
    "administration": "read",
    "checks": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "members": "read",
    "merge_queues": "read",
    "pull_requests": "write",
    "statuses": "write",
}
EVENTS = (
    "create",
    "delete",
    "deployment_protection_rule",
    "issue_comment",
    "member",
    "merge_group",
    "pull_request",
    "pull_request_review",
    "push",
    "release",
    "repository",
    "repository_ruleset",
    "status",
)


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local GitHub over HTTP.")
    parser.add_argument("--port", type=int, default=0, help="where to listen (0: any free port)")
    parser.add_argument("--directory", type=Path, help="where the git repositories go (default: a new one)")
    parser.add_argument(
        "--user", action="append", default=[], metavar="LOGIN[:ROLE]", help="a person, and their role"
    )
    parser.add_argument(
        "--repository", action="append", default=[], metavar="OWNER/NAME=PATH", help="a git repository to copy"
    )
    parser.add_argument("--app", default="trackgate", help="the slug of the App to register")
    parser.add_argument("--webhook", help="where the App's webhooks go")
    return parser


def seed(sandbox: Sandbox, options: argparse.Namespace) -> App:
    """Make what the options ask for."""
    roles = {}
    for given in options.user:
        login, _, role = given.partition(":")
        sandbox.add_user(login)
        roles[login] = role or "write"
    app = sandbox.register_app(options.app, permissions=PERMISSIONS, events=EVENTS, webhook_url=options.webhook)
    for given in options.repository:
        name, _, source = given.partition("=")
        sandbox.import_repository(name, source=Path(source), collaborators=roles)
        sandbox.install(app, name)
    return app


def write_secrets(path: Path, sandbox: Sandbox, app: App, logins: list[str]) -> None:
    """Write what a client needs, readable by nobody else."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    known = {
        "url": sandbox.url,
        "tokens": {login: sandbox.token_of(login) for login in logins},
        "app_id": app.id,
        "app_client_id": app.client_id,
        "app_private_key": app.private_key_pem,
        "webhook_secret": app.webhook_secret,
    }
    path.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Serve until interrupted."""
    options = arguments().parse_args()
    directory = options.directory or Path(tempfile.mkdtemp(prefix="sandbox-"))
    directory.mkdir(parents=True, exist_ok=True)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with Sandbox.start(directory, port=options.port) as sandbox:
        app = seed(sandbox, options)
        logins = [given.partition(":")[0] for given in options.user]
        write_secrets(directory / "sandbox.json", sandbox, app, logins)
        sys.stdout.write(f"{sandbox.url}\ntokens and keys: {directory / 'sandbox.json'}\n")
        sys.stdout.flush()
        done.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
