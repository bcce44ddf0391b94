"""A local GitHub over HTTP: REST, GraphQL, webhooks and real git, good enough to try a policy end to end.

    from sandbox import Sandbox

    with Sandbox.start(directory=path) as github:
        github.add_user("alice")
        github.import_repository("meta/integration", files={"README.md": "Hello"},
                                 collaborators={"alice": "write"})
        app = github.register_app("trackgate", permissions={"checks": "write"}, events=["check_run"],
                                  webhook_url="http://127.0.0.1:8000/webhooks/github", webhook_secret="…")
        github.install(app, "meta/integration")
        alice = github.as_user("alice")
        pull = alice.open_pull_request("meta/integration", base="main", branch="feature",
                                       files={"backend/a.py": "x = 1\\n"}, title="A change")
        alice.comment(pull, "Please look.")
        github.complete_check("meta/integration", pull.head_sha, "track / backend")
        github.wait_for_deliveries(timeout=10)

Seeding (accounts, repositories, Apps, installations) is Python; everything else that people and Apps do goes
through GitHub's own endpoints, so any GitHub client works against `github.url`. What GitHub's documents leave
open is a switch on `Behaviour`; broken networks and servers are made with `github.faults`.
"""

from .behaviour import Behaviour
from .client import Client, RequestRefusedError
from .clock import Clock
from .faults import Fault, Faults
from .handles import Pull, Thread
from .people import Person
from .releasing import PushRefusedError
from .request_log import Exchange, GraphQLExchange, RequestLog, RequestRecord, WebhookSent
from .sandbox import Sandbox, SandboxCrashedError
from .state import App, CheckRun, Deployment, Installation, PullRequest, Repository
from .webhooks.delivery import Delivery

__all__ = [
    "App",
    "Behaviour",
    "CheckRun",
    "Client",
    "Clock",
    "Delivery",
    "Deployment",
    "Exchange",
    "Fault",
    "Faults",
    "GraphQLExchange",
    "Installation",
    "Person",
    "Pull",
    "PullRequest",
    "PushRefusedError",
    "Repository",
    "RequestLog",
    "RequestRecord",
    "RequestRefusedError",
    "Sandbox",
    "SandboxCrashedError",
    "Thread",
    "WebhookSent",
]
