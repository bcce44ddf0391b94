"""What a release is read from: histories of paths, trees, tags, pull requests of a milestone, annotations."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import RequestRefusedError
from tests.sandbox.conftest import ROOT, Stage

BY_OID = """query($oid: GitObjectID!) {
  repository(owner: "meta", name: "integration") { object(oid: $oid) { oid } } }"""
TREE = "entries { name mode type oid path object { __typename oid ... on Blob { text byteSize isBinary } } }"


def repository(stage: Stage, selection: str, **variables: Any) -> Any:
    """What the App reads of meta/integration; `variables` are texts, `$name` in the selection."""
    given = "(" + ", ".join(f"${name}: String!" for name in variables) + ")" if variables else ""
    document = f'query Read{given} {{ repository(owner: "meta", name: "integration") {{ {selection} }} }}'
    return stage.bot().graphql(document, variables)["repository"]


def history(stage: Stage, arguments: str, revision: str = "main") -> list[str]:
    """The headlines of the commits that a history lists."""
    found = repository(
        stage,
        f"object(expression: $at) {{ ... on Commit {{ history({arguments}) {{ nodes {{messageHeadline}} }} }} }}",
        at=revision,
    )
    return [node["messageHeadline"] for node in found["object"]["history"]["nodes"]]


def test_the_history_of_a_path_is_simplified_as_gits(stage: Stage) -> None:
    """A merge that brings a path unchanged from one side is left out, and so is the side that it did not take."""
    pull = stage.open("work", files={"backend/new.py": "1\n"}, message="Backend work")
    stage.person("maya").push(stage.repository, "main", {"docs/new.md": "2\n"}, message="Docs work")
    stage.person("maya").merge(pull)
    assert history(stage, 'first: 5, path: "backend"') == ["Backend work", "First commit"]
    assert history(stage, 'first: 1, path: "docs"') == ["Docs work"]
    assert history(stage, 'first: 1, path: "backend/old.py"') == ["First commit"]
    assert history(stage, 'first: 5, path: "none"') == []
    assert history(stage, 'first: 5, path: "*"') == []
    assert history(stage, "first: 1") == [f"Merge pull request #{pull.number} from meta/work"]


def test_the_history_between_two_times(stage: Stage) -> None:
    """`since` and `until` look at the committer's time."""
    start = stage.github.clock.now()
    for name in ("one", "two"):
        stage.github.clock.advance(3600)
        stage.person("maya").push(stage.repository, "main", {f"{name}.txt": name}, message=name)
    middle = stage.repository.git.commit(stage.repository.git.resolve_commit("main~1") or "").committer.date
    assert start < middle
    text = middle.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert history(stage, f'first: 5, since: "{text}"') == ["two", "one"]
    assert history(stage, f'first: 5, until: "{text}"') == ["one", "First commit"]
    assert history(stage, f'first: 5, since: "{text}", until: "{text}", path: "one.txt"') == ["one"]
    with pytest.raises(RequestRefusedError, match="ISO 8601"):
        history(stage, 'first: 5, since: "yesterday"')


def test_objects_by_expression(stage: Stage) -> None:
    """A commit, a tree or a file, from a branch, a tag, HEAD or an abbreviated SHA; else null."""
    maya = stage.person("maya")
    head = maya.push(stage.repository, "main", {"docs/x.md": "x\n"})
    maya.tag(stage.repository, "v1", head, message="One")
    first = stage.repository.git.commit(head).parents[0]
    for expression in ("HEAD", "main", "refs/heads/main", head[:8], "v1^{commit}", "refs/tags/v1^{}"):
        assert repository(stage, "object(expression: $e) { oid }", e=expression)["object"]["oid"] == head
    for expression in ("HEAD~1", "main^", f"{head}^1"):
        assert repository(stage, "object(expression: $e) { oid }", e=expression)["object"]["oid"] == first
    for expression in ("HEAD:docs/x.md", f"{head[:8]}:docs/x.md", "v1:docs/x.md"):
        found = repository(stage, "object(expression: $e) { ... on Blob { text } }", e=expression)
        assert found["object"] == {"text": "x\n"}
    for expression in (
        "none",
        "HEAD:none",
        "none:docs",
        "HEAD:README.md/deeper",
        "main~99",
        "0" * 40,
        "main^{blob}",
    ):
        assert repository(stage, "object(expression: $e) { oid }", e=expression)["object"] is None
    for oid in (head[:8], "main", "0" * 40, "main\n"):
        document = BY_OID
        assert stage.bot().graphql(document, {"oid": oid})["repository"]["object"] is None


def test_the_entries_of_a_folder(stage: Stage) -> None:
    """Files, links, folders and sub-modules with mode, type and path; binary content has no text."""
    maya = stage.person("maya")
    files = {"evidence/a.md": "a\n", "evidence/b.png": b"\0\1", "evidence/deep/c.md": "c\n", "evidence/l": "a.md"}
    head = maya.push(stage.repository, "main", files, modes={"evidence/l": "120000"})
    item = {"path": "evidence/m", "mode": "160000", "type": "commit", "sha": "1" * 40}
    tree = maya.call("POST", f"{ROOT}/git/trees", {"base_tree": head, "tree": [item]})["sha"]
    commit = maya.call("POST", f"{ROOT}/git/commits", {"message": "m", "tree": tree, "parents": [head]})["sha"]
    found = repository(stage, f"object(expression: $e) {{ ... on Tree {{ {TREE} }} }}", e=f"{commit}:evidence")
    entries = {entry["name"]: entry for entry in found["object"]["entries"]}
    kinds = {name: (oct(entry["mode"]), entry["type"]) for name, entry in entries.items()}
    assert kinds == {
        "a.md": ("0o100644", "blob"),
        "b.png": ("0o100644", "blob"),
        "deep": ("0o40000", "tree"),
        "l": ("0o120000", "blob"),
        "m": ("0o160000", "commit"),
    }
    assert {entry["path"] for entry in entries.values()} == {f"evidence/{name}" for name in entries}
    assert entries["a.md"]["object"]["text"] == "a\n"
    assert (entries["b.png"]["object"]["isBinary"], entries["b.png"]["object"]["text"]) == (True, None)
    assert entries["m"]["object"] is None
    of_tree = repository(stage, f"object(expression: $e) {{ ... on Tree {{ {TREE} }} }}", e=f"{tree}:evidence")
    assert of_tree == found
    by_path = (
        'object(expression: $e) { ... on Commit { file(path: "evidence") {'
        f" object {{ ... on Tree {{ {TREE} }} }} }} }} }}"
    )
    folder = repository(stage, by_path, e=commit)["object"]["file"]["object"]
    assert folder["entries"] == found["object"]["entries"]


def test_tags_light_and_annotated(stage: Stage) -> None:
    """An annotated tag's target is the tag object, with the commit, the tagger and the message behind it."""
    maya = stage.person("maya")
    head = maya.push(stage.repository, "main", {"x": "x"})
    maya.tag(stage.repository, "v2.0.0", head, message="Two")
    maya.tag(stage.repository, "v1.0.0", head)
    target = (
        "target { __typename oid ... on Tag { name message tagger { name email } target { __typename oid } } }"
    )
    found = repository(
        stage,
        f'refs(refPrefix: "refs/tags/", first: 5) {{ totalCount nodes {{ name prefix {target} }} }}'
        f' one: ref(qualifiedName: "refs/tags/v2.0.0") {{ {target} }}'
        ' none: ref(qualifiedName: "refs/tags/v3") { id }',
    )
    light, annotated = found["refs"]["nodes"]
    assert (found["refs"]["totalCount"], found["none"]) == (2, None)
    assert (light["name"], light["prefix"], light["target"]) == (
        "v1.0.0",
        "refs/tags/",
        {"__typename": "Commit", "oid": head},
    )
    assert annotated["target"] == found["one"]["target"]
    assert annotated["target"]["target"] == {"__typename": "Commit", "oid": head}
    assert annotated["target"]["oid"] != head
    assert (annotated["target"]["message"], annotated["target"]["tagger"]["name"]) == ("Two", "maya")


def test_open_pull_requests_with_milestone_and_label(stage: Stage) -> None:
    """In pages, with the rollup of the head; the merged one with its commit and who merged it."""
    alice = stage.person("alice")
    first, second = stage.open("first"), stage.open("second", files={"s.txt": "s\n"})
    alice.set_milestone(first, "v1.0.0")
    alice.label(second, "release:v1.0.0")
    stage.github.complete_check(stage.repository, first.head_sha, "track / backend")
    node = (
        "number state merged headRefOid baseRefName milestone { title } labels(first: 5) { nodes { name } }"
        " files(first: 5) { nodes { path } } mergedAt mergeCommit { oid } mergedBy { login }"
        " commits(last: 1) { nodes { commit { oid statusCheckRollup { state } } } }"
    )
    page = (
        'pullRequests(states: OPEN, baseRefName: "main", first: 1{after}) {{ totalCount'
        " pageInfo {{ endCursor hasNextPage }} nodes {{ {node} }} }}"
    )
    one = repository(stage, page.format(after="", node=node))["pullRequests"]
    after = f', after: "{one["pageInfo"]["endCursor"]}"'
    two = repository(stage, page.format(after=after, node=node))["pullRequests"]
    assert (one["totalCount"], one["pageInfo"]["hasNextPage"], two["pageInfo"]["hasNextPage"]) == (2, True, False)
    assert one["nodes"][0]["milestone"] == {"title": "v1.0.0"}
    assert one["nodes"][0]["commits"]["nodes"][0]["commit"]["statusCheckRollup"] == {"state": "SUCCESS"}
    assert two["nodes"][0]["labels"]["nodes"] == [{"name": "release:v1.0.0"}]
    sha = stage.person("maya").merge(first, "squash")
    merged = repository(stage, f"pullRequest(number: {first.number}) {{ {node} }}")["pullRequest"]
    assert (merged["state"], merged["merged"], merged["mergeCommit"]["oid"]) == ("MERGED", True, sha)
    assert (merged["mergedBy"]["login"], merged["milestone"]["title"]) == ("maya", "v1.0.0")


def test_annotations_are_kept_and_shown(stage: Stage) -> None:
    """Those of every request of a check run, in order, by REST and GraphQL."""
    pull, bot = stage.open(), stage.bot()
    document = """mutation($repository: ID!, $sha: GitObjectID!, $notes: [CheckAnnotationData!]) { createCheckRun(
      input: {repositoryId: $repository, headSha: $sha, name: "gate", status: IN_PROGRESS,
        output: {title: "t", summary: "s", annotations: $notes}}) { checkRun { id databaseId } } }"""
    place = {"startLine": 3, "endLine": 3, "startColumn": 1, "endColumn": 4}
    note = {
        "path": "evidence/a.md",
        "location": place,
        "annotationLevel": "FAILURE",
        "message": "A secret",
        "title": "T",
    }
    given = {"repository": stage.repository.node_id, "sha": pull.head_sha, "notes": [note] * 50}
    run = bot.graphql(document, given)["createCheckRun"]["checkRun"]
    more = {"path": "b.md", "start_line": 1, "end_line": 2, "annotation_level": "warning", "message": "Late"}
    path = f"{ROOT}/check-runs/{run['databaseId']}"
    bot.call("PATCH", path, {"output": {"title": "t", "summary": "s", "annotations": [more]}})
    kept = bot.everything(f"{path}/annotations")
    assert len(kept) == 51
    assert (kept[0]["path"], kept[0]["start_line"], kept[0]["start_column"]) == ("evidence/a.md", 3, 1)
    assert (kept[-1]["message"], kept[-1]["title"]) == ("Late", None)
    asked = """query($id: ID!) { node(id: $id) { ... on CheckRun { annotations(last: 1) { totalCount nodes {
      annotationLevel path message location { start { line column } end { line } } } } } } }"""
    found = bot.graphql(asked, {"id": run["id"]})["node"]["annotations"]
    place = {"start": {"line": 1, "column": None}, "end": {"line": 2}}
    expected = {"annotationLevel": "WARNING", "path": "b.md", "message": "Late", "location": place}
    assert (found["totalCount"], found["nodes"]) == (51, [expected])
    with pytest.raises(RequestRefusedError, match="No more than 50"):
        bot.graphql(document, {**given, "notes": [note] * 51})


@pytest.mark.parametrize(
    "changes",
    [
        {"message": "x" * 65_537},
        {"message": "é" * 40_000},
        {"title": "x" * 256},
        {"annotation_level": "error"},
        {"path": None},
        {"end_line": 2},
        {"start_line": "1"},
    ],
)
def test_what_an_annotation_cannot_be(stage: Stage, changes: dict[str, Any]) -> None:
    """Too long, of an unknown level, without a place, or with columns over several lines."""
    note = {
        "path": "a",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "notice",
        "message": "m",
        "start_column": 1,
    }
    head = stage.repository.git.references["refs/heads/main"]
    fields = {"name": "gate", "head_sha": head, "output": {"title": "t", "summary": "s"}}
    for notes, expected in (([note], 201), ([{**note, **changes}], 422)):
        body = {**fields, "output": {"title": "t", "summary": "s", "annotations": notes}}
        assert stage.bot().send("POST", f"{ROOT}/check-runs", body)[0] == expected
