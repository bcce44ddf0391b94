"""Repositories and installations: renamed, forked, installed; and the merge queue."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import urllib3

import sandbox
from sandbox import Client
from tests.sandbox.conftest import ROOT, Stage

QUEUE = """{repository(owner: "meta", name: "integration") {mergeQueue(branch: "main") {entries(first: 10) {
    nodes {position headCommit {oid} pullRequest {number}}}}}}"""


def fired(stage: Stage) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Every webhook from now on."""
    seen: list[tuple[str, str | None, dict[str, Any]]] = []
    stage.github.observe_webhooks(lambda sent: seen.append((sent.event, sent.action, dict(sent.payload))))
    return seen


def test_a_renamed_repository_redirects(stage: Stage) -> None:
    """Reads get 301, writes 307, GraphQL follows; the event says the old name."""
    seen = fired(stage)
    stage.person("sofia").call("PATCH", ROOT, {"name": "renamed"})
    ((event, action, payload),) = seen
    assert (event, action) == ("repository", "renamed")
    assert payload["changes"] == {"repository": {"name": {"from": "integration"}}}
    token = {"Authorization": f"Bearer {stage.github.token_of('sofia')}"}
    with urllib3.PoolManager() as pool:
        read = pool.request("GET", f"{stage.github.url}{ROOT}/pulls", headers=token, redirect=False)
        write = pool.request("POST", f"{stage.github.url}{ROOT}/issues", headers=token, redirect=False)
    assert (read.status, write.status) == (301, 307)
    assert read.headers["Location"] == f"{stage.github.url}/repos/meta/renamed/pulls"
    found = stage.bot().graphql('{repository(owner: "meta", name: "integration") {nameWithOwner}}')
    assert found["repository"]["nameWithOwner"] == "meta/renamed"
    assert stage.person("outsider").send("GET", ROOT)[0] in (200, 301)


def test_installations_are_announced(stage: Stage) -> None:
    """Repositories added and removed, and the end of the installation."""
    other = stage.github.import_repository("meta/other", files={"a": "b"})
    seen = fired(stage)
    stage.github.change_installation(stage.installation, other, add=True)
    stage.github.change_installation(stage.installation, other, add=True)
    stage.github.change_installation(stage.installation, stage.repository, add=False)
    stage.github.uninstall(stage.installation)
    assert [(event, action) for event, action, _ in seen] == [
        ("installation_repositories", "added"),
        ("installation_repositories", "removed"),
        ("installation", "deleted"),
    ]
    assert [one["full_name"] for one in seen[0][2]["repositories_added"]] == ["meta/other"]


def test_events_stop_with_the_installation(stage: Stage) -> None:
    """A repository that the App no longer has fires nothing for it."""
    stage.github.change_installation(stage.installation, stage.repository, add=False)
    server = stage.listen()
    stage.open()
    stage.github.wait_for_deliveries()
    assert server.requests == []


@pytest.mark.parametrize("told", [False, True])
def test_a_transfer_moves_everything(stage: Stage, told: bool) -> None:
    """An App keeps it where the new owner has that App, too; the old address redirects, also in GraphQL."""
    stage.github.behaviour.transfer_told_to_old_owner = told
    pull, sofia = stage.open(), stage.person("sofia")
    stage.github.install(stage.app, account="other")
    seen = fired(stage)
    assert sofia.transfer_repository(stage.repository, "other") == "other/integration"
    assert sofia.send("GET", ROOT)[0] == 301
    assert sofia.send("POST", f"{ROOT}/issues", {"title": "x"})[0] == 307
    query = '{repository(owner: "meta", name: "integration") {nameWithOwner}}'
    bot = stage.github.as_app(stage.app, "other/integration")
    assert bot.graphql(query)["repository"]["nameWithOwner"] == "other/integration"
    assert bot.call("GET", f"/repos/other/integration/pulls/{pull.number}")["head"]["user"]["login"] == "other"
    expected = [("installation_repositories", "removed"), ("repository", "transferred")]
    assert [(event, action) for event, action, _ in seen] == ([expected[1]] if told else []) + expected
    assert list(seen[-1][2]["changes"]["owner"]["from"]) == ["organization"]


def test_a_merge_group(stage: Stage) -> None:
    """It merges the queue's pull requests in order onto the base, and asks for checks of its head."""
    first = stage.open("one", files={"a.txt": "1"})
    second = stage.open("two", files={"b.txt": "2"})
    for pull in (first, second):
        stage.github.enqueue(pull, by="sofia")
    seen = fired(stage)
    head = stage.github.create_merge_group(stage.repository, by="sofia")
    (group,) = [payload["merge_group"] for event, _, payload in seen if event == "merge_group"]
    base = stage.repository.git.references["refs/heads/main"]
    assert (group["head_sha"], group["base_sha"], group["base_ref"]) == (head, base, "refs/heads/main")
    assert group["head_ref"] == f"refs/heads/gh-readonly-queue/main/pr-{second.number}-{base}"
    entries = stage.bot().graphql(QUEUE)["repository"]["mergeQueue"]["entries"]["nodes"]
    assert [(one["position"], one["pullRequest"]["number"]) for one in entries] == [(1, 1), (2, 2)]
    assert entries[1]["headCommit"]["oid"] == head
    files = {file.path for file in stage.repository.git.changes(base, head)}
    assert files == {"a.txt", "b.txt"}
    stage.github.destroy_merge_group(stage.repository, by="sofia", reason="dequeued")
    assert ("merge_group", "destroyed") in [(event, action) for event, action, _ in seen]
    assert stage.bot().graphql(QUEUE)["repository"]["mergeQueue"]["entries"]["nodes"] == []


def test_a_branch_without_a_queue_has_none(stage: Stage) -> None:
    """`mergeQueue` is null."""
    assert stage.bot().graphql(QUEUE)["repository"]["mergeQueue"] is None


def test_a_fork_is_a_repository_of_its_own(stage: Stage) -> None:
    """It names its parent; pushing to it changes nothing in the parent."""
    lina = stage.person("lina")
    name = lina.fork(stage.repository)
    shown = lina.call("GET", f"/repos/{name}")
    assert (shown["fork"], shown["parent"]["full_name"]) == (True, "meta/integration")
    assert lina.fork(stage.repository) == name
    lina.push(name, "main", {"x": "1"})
    assert (
        stage.repository.git.references["refs/heads/main"]
        != lina.call("GET", f"/repos/{name}/branches/main")["commit"]["sha"]
    )


def test_the_sandbox_knows_nothing_of_the_bot() -> None:
    """No module of the sandbox imports the bot's package."""
    for path in Path(sandbox.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.append(node.module)
            assert not [name for name in names if name.split(".")[0] in ("bot", "app")], path


def test_the_command_serves_until_it_is_stopped(tmp_path: Path) -> None:
    """`python -m sandbox` prints its address, keeps secrets in a file of its owner's, and ends on SIGTERM."""
    command = [sys.executable, "-m", "sandbox", "--directory", str(tmp_path), "--user", "raj:admin"]
    root = Path(sandbox.__file__).parent.parent
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        printed = process.stdout.readline()
        secrets = tmp_path / "sandbox.json"
        known = json.loads(secrets.read_text(encoding="utf-8"))
        client = Client(url, known["tokens"]["raj"])
        assert client.call("GET", "/user")["login"] == "raj"
        client.disconnect()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert secrets.stat().st_mode & 0o077 == 0
    assert known["tokens"]["raj"] not in printed
