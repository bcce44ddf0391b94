"""Pages: what they show, that everything is escaped, that no link is dead, and who may see them."""

import re
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from bot.core.merge_gate import decide
from bot.core.model import PullRequestFacts
from bot.foundation import WebServices
from bot.store.decisions import record_decision
from bot.store.pull_requests import KnownPullRequest, remember_pull_request
from bot.web.access import host_of, is_loopback
from tests.support.builders import NOW, SEEN, policy, pull_request_facts

HOSTILE = "<script>alert(1)</script> & \"quoted\" 'single' {{ 7 * 7 }} `code<b>` @meta/team\x00\ud800"
PAGE = "/repositories/meta/integration/pull-requests/12"


class Page(HTMLParser):
    """The tags, links and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and where it leads."""
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src") and value]

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def keep(services: WebServices, facts: PullRequestFacts) -> None:
    """Remember a pull request and log its decision, as an evaluation does."""
    known = KnownPullRequest(
        facts.repository,
        facts.number,
        7,
        facts.head_sha,
        facts.base_branch,
        facts.is_open,
        facts.is_draft,
        facts.title,
        facts.author,
        SEEN,
    )
    with services.database.transaction() as connection:
        remember_pull_request(connection, known)
        record_decision(connection, decide(facts, policy(), NOW), facts, digest="d", decided_at=NOW)


def test_page_shows_the_whole_decision(client: FlaskClient, services: WebServices) -> None:
    """State, next action and its owner, each requirement with its reason, and why each path went where."""
    facts = pull_request_facts("backend/api.py", "README.md")
    keep(services, facts)
    text = Page(client.get(PAGE).text).text
    decision = decide(facts, policy(), NOW)
    assert decision.next_action is not None
    everything = [decision.title, decision.next_action.owner, facts.title, facts.head_sha, "Track backend"]
    reasons = [item.reason for item in decision.requirements] + [path.reason for path in decision.paths]
    squeezed = " ".join(text.split())
    for expected in (*everything, *reasons):
        assert " ".join(expected.replace("`", "").split()) in squeezed


def test_purpose_of_a_track_may_hold_code(client: FlaskClient, services: WebServices) -> None:
    """Backticks in a track's purpose become code on the page, and are not shown themselves."""
    facts = pull_request_facts("backend/api.py")
    rules = policy({"tracks": {"backend": {"purpose": "runs `make <all>`"}}})
    with services.database.transaction() as connection:
        record_decision(connection, decide(facts, rules, NOW), facts, digest="d", decided_at=NOW)
    html = client.get(PAGE).text
    assert "<p>runs <code>make &lt;all&gt;</code></p>" in html


def test_hostile_text_is_only_text(client: FlaskClient, services: WebServices) -> None:
    """A title, path, author and branch full of markup appear as text and add no tag."""
    plain = pull_request_facts("backend/a.py", title="x")
    keep(services, plain)
    before = [Page(client.get(path).text).tags for path in ("/", PAGE)]
    keep(services, pull_request_facts("backend/a.py", number=13, title=HOSTILE))
    path = "backend/" + HOSTILE.removesuffix("\ud800")
    keep(services, pull_request_facts(path, number=14, title=HOSTILE, author=HOSTILE))
    for path in ("/", PAGE.replace("12", "13"), PAGE.replace("12", "14")):
        answer = client.get(path)
        assert answer.status_code == 200
        page = Page(answer.text)
        assert "script" not in page.tags
        assert "b" not in page.tags
        assert "49" not in page.text
        assert "<script>alert(1)</script>" in page.text
    assert Page(client.get(PAGE.replace("12", "13")).text).tags == before[1]


def test_no_link_is_dead(client: FlaskClient, services: WebServices) -> None:
    """Every link within the site, from the index on, leads to a page; others lead to GitHub's page."""
    keep(services, pull_request_facts("docs/a.md"))
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        with client.get(path) as answer:
            assert answer.status_code == 200, path
            is_page, html = answer.mimetype == "text/html", answer.text
        if is_page:
            links = Page(html).links
            waiting += [link for link in links if link.startswith("/")]
            outside = {link for link in links if not link.startswith("/")}
            assert outside <= {"https://github.com/meta/integration/pull/12"}
    assert PAGE in seen
    assert "/static/style.css" in seen


def test_known_but_not_judged(client: FlaskClient, services: WebServices) -> None:
    """A pull request without a decision has its page already, and says so."""
    known = KnownPullRequest("meta/integration", 12, 7, "a" * 40, "main", True, False, "T", "sofia", SEEN)
    with services.database.transaction() as connection:
        remember_pull_request(connection, known)
    assert "not judged yet" in Page(client.get(PAGE).text).text
    assert "not judged yet" in Page(client.get("/").text).text


@pytest.mark.parametrize(
    "path",
    [
        PAGE,
        "/nothing/here",
        "/repositories/a%00b/c/pull-requests/1",
        "/repositories/a/b/pull-requests/99999999999999",
    ],
)
def test_unknown_is_404_with_a_way_home(client: FlaskClient, path: str) -> None:
    """An address that leads nowhere is a page of its own, with a link to the index."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert "/" in Page(answer.text).links


@pytest.mark.parametrize(
    ("headers", "peer"),
    [
        ({"Host": "evil.example"}, "127.0.0.1"),
        ({"Host": "localhost.evil.example"}, "127.0.0.1"),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"),
        ({"X-Forwarded-Host": "localhost"}, "127.0.0.1"),
        ({"Forwarded": "for=127.0.0.1"}, "127.0.0.1"),
        ({}, "192.0.2.1"),
        ({}, "::ffff:192.0.2.1"),
        ({}, ""),
    ],
)
@pytest.mark.parametrize("path", ["/", PAGE])
def test_others_see_no_page(client: FlaskClient, headers: dict[str, str], peer: str, path: str) -> None:
    """A foreign peer or Host, or anything that a proxy passed on, gets 403 instead of a page."""
    answer = client.get(path, headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert answer.status_code == 403


def test_loopback_hosts_see_pages(client: FlaskClient) -> None:
    """Every spelling of this machine with any port is this machine."""
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.8.9.1", "[::1]:8000"):
        assert client.get("/", headers={"Host": host}).status_code == 200, host


@pytest.mark.parametrize(
    ("address", "host", "loopback"),
    [
        ("http://localhost:8000", "localhost", True),
        ("https://gate.example", "gate.example", False),
        ("[::1", "", False),
        ("", "", False),
        ("127.0.0.1.example", "127.0.0.1.example", False),
    ],
)
def test_hosts(address: str, host: str, loopback: bool) -> None:
    """The host of an address, and whether it can only be this machine."""
    assert (host_of(address), is_loopback(host)) == (host, loopback)


def test_nothing_can_be_loaded_or_run(client: FlaskClient) -> None:
    """Every answer has the security headers, errors included, and pages have no script or inline style."""
    for path in ("/", "/nothing", "/healthz", "/static/style.css"):
        with client.get(path) as answer:
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert not re.search(r"<script|\sstyle=|\son\w+=", answer.text)
