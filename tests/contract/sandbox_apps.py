"""The story's chapters about Apps: checks, statuses, tokens, webhooks; and all that is refused."""

from __future__ import annotations

from sandbox import Client, Pull, RequestRefusedError
from tests.contract.sandbox_stage import NAME, ROOT, Stage, refused


def tell(stage: Stage, pull: Pull) -> None:
    """All chapters of this file, around a pull request that is open."""
    checks(stage, pull)
    statuses(stage, pull)
    tokens(stage)
    webhooks(stage)
    refusals(stage, pull)
    refused_credentials(stage)
    graphql_refusals(stage, pull)


def checks(stage: Stage, pull: Pull) -> None:
    """Check runs and suites of three Apps, queued, running and ended in every way."""
    bot, root = stage.bot, f"{ROOT}/check-runs"
    note = {"path": "a.py", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "Hm"}
    more = {**note, "start_column": 1, "end_column": 2, "title": "T", "raw_details": "R"}
    output = {"title": "Waiting", "summary": "For you", "text": "Long", "annotations": [note, more]}
    run = bot.call(
        "POST",
        root,
        {
            "name": "gate",
            "head_sha": pull.head_sha,
            "status": "in_progress",
            "details_url": "https://example.com/1",
            "external_id": "digest",
            "started_at": "2026-02-19T12:00:00Z",
            "output": output,
            "actions": [{"label": "Fix", "description": "Fixes it", "identifier": "fix"}],
        },
    )
    bot.call("GET", f"{root}/{run['id']}")
    bot.call("GET", f"{root}/{run['id']}/annotations")
    done = {"status": "completed", "conclusion": "success", "completed_at": "2026-02-19T12:05:00Z"}
    bot.call("PATCH", f"{root}/{run['id']}", {**done, "output": {"title": "Open", "summary": "Go"}})
    bot.call("POST", root, {"name": "queued", "head_sha": pull.head_sha})
    endings = ("failure", "neutral", "cancelled", "skipped", "timed_out", "action_required")
    for conclusion in endings:
        app = stage.other if conclusion == "failure" else None
        stage.github.complete_check(NAME, pull.head_sha, f"ends in {conclusion}", conclusion=conclusion, app=app)
    stage.github.start_check(NAME, pull.head_sha, "track / backend")
    lina = stage.person("lina")
    for query in ({}, {"filter": "all", "per_page": "2"}, {"check_name": "gate", "app_id": str(stage.app.id)}):
        lina.call("GET", f"{ROOT}/commits/{pull.head_sha}/check-runs", query=query)
    lina.call("GET", f"{ROOT}/commits/{pull.branch}/check-runs", query={"status": "completed"})
    suites = lina.call("GET", f"{ROOT}/commits/{pull.head_sha}/check-suites")["check_suites"]
    lina.call("GET", f"{ROOT}/commits/main/check-suites", query={"app_id": str(stage.app.id)})
    for suite in suites:
        lina.call("GET", f"{ROOT}/check-suites/{suite['id']}")
        lina.call("GET", f"{ROOT}/check-suites/{suite['id']}/check-runs")
    made = [bot.send("POST", f"{ROOT}/check-suites", {"head_sha": sha})[0] for sha in _two_commits(stage, pull)]
    assert made == [200, 201]


def _two_commits(stage: Stage, pull: Pull) -> tuple[str, str]:
    """One commit with a check suite of the App, and one that nobody ever pushed."""
    tree = stage.bot.call("GET", f"{ROOT}/git/commits/{pull.head_sha}")["tree"]["sha"]
    commit = {"message": "Unseen", "tree": tree, "parents": []}
    return pull.head_sha, stage.bot.call("POST", f"{ROOT}/git/commits", commit)["sha"]


def statuses(stage: Stage, pull: Pull) -> None:
    """Commit statuses in each state, by a person and by Apps."""
    raj, path = stage.person("raj"), f"{ROOT}/statuses/{pull.head_sha}"
    raj.call("GET", f"{ROOT}/commits/{pull.head_sha}/status")
    for state in ("pending", "error", "failure", "success"):
        given = {"state": state, "context": "ci/odd", "description": "So so", "target_url": "https://example.com/"}
        raj.call("POST", path, given)
    raj.call("POST", path, {"state": "success"})
    stage.github.status(NAME, pull.head_sha, "track / backend")
    for name in ("status", "statuses"):
        raj.call("GET", f"{ROOT}/commits/{pull.head_sha}/{name}")
        raj.call("GET", f"{ROOT}/commits/{pull.branch}/{name}", query={"per_page": "1"})


def tokens(stage: Stage) -> None:
    """What the App may do as itself, and installation tokens, whole and narrowed."""
    app, path = stage.as_itself(), f"/app/installations/{stage.installation.id}"
    for address in ("/app", "/app/installations", path, f"{ROOT}/installation"):
        app.call("GET", address)
    narrow = {"repositories": ["integration"], "permissions": {"contents": "read", "metadata": "read"}}
    whole = stage.client(app.call("POST", f"{path}/access_tokens")["token"])
    narrowed = stage.client(app.call("POST", f"{path}/access_tokens", narrow)["token"])
    by_id = {"repository_ids": [stage.repository.id]}
    app.call("POST", f"{path}/access_tokens", by_id)
    for client in (whole, narrowed, stage.github.as_app(stage.other, NAME)):
        client.call("GET", "/installation/repositories")
    whole.call("GET", "/installation/repositories", query={"per_page": "1", "page": "1"})
    for client in (whole, app, stage.person("lina")):
        client.call("GET", "/rate_limit")
    refused(403, narrowed, "POST", f"{ROOT}/git/blobs", {"content": "x"})
    refused(422, app, "POST", f"{path}/access_tokens", {"permissions": {"administration": "write"}})
    whole.call("DELETE", "/installation/token")
    refused(401, whole, "GET", ROOT)


def webhooks(stage: Stage) -> None:
    """The webhook's settings, and its deliveries: listed, read and sent again."""
    app, root = stage.as_itself(), "/app/hook/deliveries"
    app.call("GET", "/app/hook/config")
    url = stage.app.webhook_url
    app.call(
        "PATCH", "/app/hook/config", {"url": url, "content_type": "form", "secret": "new", "insecure_ssl": "0"}
    )
    app.call("PATCH", "/app/hook/config", {"content_type": "json"})
    stage.person("raj").push(NAME, "to-deliver", {"x": "x"})
    stage.github.wait_for_deliveries()
    first = app.call("GET", root, query={"per_page": "2", "status": "success"})[-1]
    app.call("GET", root, query={"per_page": "2", "cursor": str(first["id"])})
    app.call("GET", f"{root}/{first['id']}")
    app.call("POST", f"{root}/{first['id']}/attempts")
    stage.github.wait_for_deliveries()
    assert app.call("GET", root)[0]["redelivery"] is True


def installations(stage: Stage) -> None:
    """A suspension, one more repository, one fewer, and no installation at all: the end of the story."""
    suspended = f"/app/installations/{stage.installation.id}/suspended"
    stage.as_itself().call("PUT", suspended)
    refused(403, stage.as_itself(), "POST", f"/app/installations/{stage.installation.id}/access_tokens", {})
    stage.as_itself().call("GET", "/app/installations")
    stage.as_itself().call("DELETE", suspended)
    for change in (stage.github.suspend, stage.github.unsuspend):
        change(stage.installation)
    extra = stage.github.import_repository("meta/extra", files={"a": "b"})
    for add in (True, False):
        stage.github.change_installation(stage.installation, extra, add=add)
    stage.as_itself().call("GET", "/app/installations")
    stage.github.uninstall(stage.installation)


def refusals(stage: Stage, pull: Pull) -> None:
    """What people and Apps are refused, by status."""
    raj, lina, outsider = stage.person("raj"), stage.person("lina"), stage.person("outsider")
    bot, none = stage.bot, f"{ROOT}/pulls/9999"
    runs, merge, sha = f"{ROOT}/check-runs", f"{pull.path}/merge", pull.head_sha
    requests, reviews = f"{pull.path}/requested_reviewers", f"{pull.path}/reviews"
    draft = stage.open("raj", "cannot-merge", draft=True)
    for status, client, method, path, body in (
        (403, lina, "POST", f"{ROOT}/git/blobs", {"content": "x"}),
        (403, raj, "POST", runs, {"name": "gate", "head_sha": sha}),
        (403, bot, "GET", "/user", None),
        (403, raj, "DELETE", ROOT, None),
        (404, raj, "GET", none, None),
        (404, raj, "GET", f"{none}/files", None),
        (404, raj, "GET", f"{ROOT}/git/ref/heads/none", None),
        (404, raj, "GET", f"{ROOT}/contents/none", None),
        (404, raj, "GET", merge, None),
        (404, outsider, "GET", "/repos/meta/none", None),
        (404, raj, "GET", "/users/nobody", None),
        (405, raj, "PUT", f"{draft.path}/merge", {}),
        (409, raj, "PUT", merge, {"sha": "0" * 40}),
        (409, raj, "PUT", f"{ROOT}/contents/d.txt", {"message": "m", "content": "", "sha": "0" * 40}),
        (422, raj, "POST", f"{ROOT}/pulls", {"title": "t", "head": pull.branch, "base": "main"}),
        (422, raj, "POST", f"{ROOT}/pulls", {"title": "t", "head": "none", "base": "main"}),
        (422, raj, "POST", requests, {"reviewers": ["maya"]}),
        (422, raj, "POST", requests, {"reviewers": ["outsider"]}),
        (422, stage.person("maya"), "POST", reviews, {"event": "APPROVE"}),
        (422, bot, "POST", runs, {"name": "gate", "head_sha": "0" * 40}),
        (
            422,
            bot,
            "POST",
            runs,
            {"name": "g", "head_sha": sha, "output": {"title": "t", "summary": "x" * 65_536}},
        ),
        (422, raj, "POST", f"{pull.issue_path}/comments", {"body": "x" * 65_537}),
        (422, raj, "POST", f"{ROOT}/git/refs", {"ref": "refs/heads/main", "sha": sha}),
        (422, raj, "PATCH", f"{ROOT}/git/refs/heads/main", {"sha": sha}),
        (422, raj, "POST", f"{ROOT}/statuses/{sha}", {"state": "success", "description": "x" * 141}),
        (422, raj, "GET", f"{ROOT}/commits/none", None),
    ):
        refused(status, client, method, path, body)


def refused_credentials(stage: Stage) -> None:
    """Bad tokens, bad media types, bad JSON, and what a suspended installation gets."""
    raj, nobody = stage.person("raj"), Client(stage.github.url, "ghp_unknown")
    refused(401, nobody, "GET", ROOT)
    refused(401, nobody, "GET", "/user")
    nobody.disconnect()
    refused(401, raj, "GET", "/app")
    refused(401, stage.as_itself(), "GET", ROOT)
    refused(415, raj, "GET", ROOT, headers={"Accept": "text/html"})
    refused(400, raj, "POST", f"{ROOT}/issues", ["not", "an", "object"])
    again = raj.send("GET", ROOT)[2]["ETag"]
    assert raj.send("GET", ROOT, headers={"If-None-Match": again})[0] == 304
    bot = stage.client(stage.github.token_for(stage.app, NAME))
    stage.installation.suspended_at = stage.github.clock.now()
    refused(403, bot, "GET", ROOT)
    stage.installation.suspended_at = None


def graphql_refusals(stage: Stage, pull: Pull) -> None:
    """Documents that GitHub does not run, and fields that fail."""
    narrowed = stage.client(stage.github.token_for(stage.app, NAME, {"metadata": "read"}))
    rollup = (
        f'{{ repository(owner: "meta", name: "integration") {{ pullRequest(number: {pull.number}) '
        "{ title commits(last: 1) { nodes { commit { statusCheckRollup { state } } } } } } }"
    )
    too_many = '{ repository(owner: "meta", name: "integration") { labels(first: 101) { totalCount } } }'
    for client, document in (
        (stage.bot, "{ nothing { at all } }"),
        (stage.bot, "{ not even GraphQL"),
        (stage.bot, too_many),
        (stage.bot, too_many.replace("(first: 101)", "")),
        (stage.bot, '{ repository(owner: "meta", name: "none") { id } }'),
        (stage.bot, '{ node(id: "R_unknown") { id } }'),
        (narrowed, rollup),
    ):
        try:
            client.graphql(document)
        except RequestRefusedError:
            continue
        raise AssertionError(f"was not refused: {document}")
