"""The story's chapters about what is released: tags, rulesets, releases with their files, and activity."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import PushRefusedError
from tests.contract.sandbox_stage import NAME, ROOT, Stage, refused

TAG_RULES: dict[str, Any] = {
    "name": "release-tags",
    "target": "tag",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["refs/tags/v*"], "exclude": ["refs/tags/v0*"]}},
    "rules": [{"type": name} for name in ("creation", "update", "deletion", "non_fast_forward")],
}


def tell(stage: Stage) -> None:
    """All chapters of this file."""
    tags(stage)
    releases(stage)
    assets(stage)
    rulesets(stage)
    protected_tags(stage)
    activity(stage)


def tags(stage: Stage) -> None:
    """Tags made, moved and deleted, one by one and many in one push."""
    raj = stage.person("raj")
    first, second = (raj.push(NAME, "to-tag", {"tagged.txt": text}) for text in ("1", "2"))
    raj.create_tag(NAME, "v2.0.0", first, message="Two")
    raj.move_tag(NAME, "v2.0.0", second)
    raj.delete_tag(NAME, "v2.0.0")
    raj.push_tags(NAME, {"one": first, "two": second}, message="Both")
    raj.push_tags(NAME, {f"many-{number}": first for number in range(5)})
    refused(422, raj, "POST", f"{ROOT}/git/refs", {"ref": "refs/tags/one", "sha": first})
    refused(422, raj, "PATCH", f"{ROOT}/git/refs/tags/none", {"sha": first})
    refused(422, raj, "DELETE", f"{ROOT}/git/refs/tags/none")


def releases(stage: Stage) -> None:
    """Releases in every state, made by people and by the App, and what those without push access see."""
    raj, lina, bot, root = stage.person("raj"), stage.person("lina"), stage.bot, f"{ROOT}/releases"
    full = {"name": "One", "body": "First", "target_commitish": "main", "make_latest": "true"}
    made = raj.create_release(NAME, "r1", **full)
    bot.call("POST", root, {"tag_name": "one", "prerelease": True})
    for path in ("", "/latest", "/tags/r1", f"/{made['id']}"):
        lina.call("GET", root + path)
    draft = raj.create_release(NAME, "r2", draft=True)
    raj.call("GET", f"{root}/{draft['id']}")
    refused(404, lina, "GET", f"{root}/{draft['id']}")
    refused(404, raj, "GET", f"{root}/tags/r2")
    raj.call("GET", root, query={"per_page": "1", "page": "2"})
    raj.edit_release(draft, name="Two", body="Second", prerelease=True)
    raj.edit_release(draft, draft=False)
    for prerelease in (False, True):
        raj.edit_release(draft, prerelease=prerelease)
    raj.edit_release(made, draft=True)
    raj.edit_release(made, draft=False)
    refused(422, raj, "POST", root, {"tag_name": "r1"})
    refused(422, raj, "POST", root, {"tag_name": "r3", "target_commitish": "none"})
    refused(403, lina, "POST", root, {"tag_name": "r3"})
    raj.delete_release(draft)
    raj.create_release(NAME, "r2", draft=False)
    stage.github.behaviour.deleted_tag_sends_unpublished = True
    raj.delete_tag(NAME, "r2")
    stage.github.behaviour.deleted_tag_sends_unpublished = False


def assets(stage: Stage) -> None:
    """Files attached, listed, read, renamed and taken away."""
    raj, lina = stage.person("raj"), stage.person("lina")
    release = raj.call("GET", f"{ROOT}/releases/tags/r1")
    asset = raj.upload_asset(release, "record file.json", b'{"a": 1}', "application/json")
    raj.upload_asset(release, "blob", bytes(range(256)))
    lina.call("GET", f"{ROOT}/releases/{release['id']}/assets", query={"per_page": "1"})
    lina.call("GET", f"{ROOT}/releases/assets/{asset['id']}")
    assert lina.download_asset(asset) == b'{"a": 1}'
    raj.call("PATCH", f"{ROOT}/releases/assets/{asset['id']}", {"name": "record.json", "label": "The record"})
    refused(422, raj, "PATCH", f"{ROOT}/releases/assets/{asset['id']}", {"name": "blob"})
    refused(404, lina, "GET", f"{ROOT}/releases/assets/9999")
    lina.call("GET", f"{ROOT}/releases/tags/r1")
    raj.call("DELETE", f"{ROOT}/releases/assets/{asset['id']}")


def rulesets(stage: Stage) -> None:
    """Rulesets made, listed, read by who may see all of them and who may not, changed and deleted."""
    sofia, raj, bot, root = stage.person("sofia"), stage.person("raj"), stage.bot, f"{ROOT}/rulesets"
    role = {"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}
    made = sofia.create_ruleset(NAME, {**TAG_RULES, "bypass_actors": [role]})
    other = sofia.create_ruleset(NAME, {"name": "none", "enforcement": "disabled"})
    for client in (sofia, raj, bot):
        client.call("GET", root)
        client.call("GET", f"{root}/{made['id']}")
    raj.call("GET", root, query={"targets": "tag", "includes_parents": "false", "per_page": "1"})
    app = {"actor_id": stage.app.id, "actor_type": "Integration"}
    sofia.edit_ruleset(NAME, made["id"], name="tags", enforcement="evaluate", bypass_actors=[app])
    names = {"ref_name": {"include": ["refs/tags/v*", "refs/tags/r*"], "exclude": []}}
    sofia.edit_ruleset(NAME, made["id"], conditions=names, rules=TAG_RULES["rules"][:3], enforcement="active")
    refused(422, sofia, "POST", root, {**TAG_RULES, "name": "none"})
    strange = {"actor_id": stage.github.actions_app().id, "actor_type": "Integration"}
    refused(422, sofia, "POST", root, {**TAG_RULES, "bypass_actors": [strange]})
    refused(403, raj, "POST", root, TAG_RULES)
    refused(403, bot, "POST", root, TAG_RULES)
    refused(404, raj, "GET", f"{root}/9999")
    refused(422, bot, "GET", f"{root}/rule-suites", None, query={"time_period": "aeon"})
    sofia.delete_ruleset(NAME, other["id"])


def protected_tags(stage: Stage) -> None:
    """The ruleset stops a person, in each way to make or unmake a tag, and lets the App by."""
    raj, bot = stage.person("raj"), stage.bot
    sha = raj.call("GET", f"{ROOT}/git/ref/heads/main")["object"]["sha"]
    tag = {"ref": "refs/tags/v3.0.0", "sha": sha}
    refused(422, raj, "POST", f"{ROOT}/git/refs", tag)
    refused(422, raj, "POST", f"{ROOT}/releases", {"tag_name": "v3.0.0"})
    bot.call("POST", f"{ROOT}/git/refs", tag)
    refused(422, raj, "DELETE", f"{ROOT}/git/refs/tags/v3.0.0")
    with pytest.raises(PushRefusedError) as failed:
        raj.push_tags(NAME, {"v3.0.0": None, "allowed": sha})
    assert list(failed.value.refused) == ["refs/tags/v3.0.0"]
    for query in ({}, {"ref": "refs/tags/v3.0.0", "rule_suite_result": "bypass", "time_period": "week"}):
        assert bot.call("GET", f"{ROOT}/rulesets/rule-suites", query=query)
    for ruleset in raj.call("GET", f"{ROOT}/rulesets"):
        stage.person("sofia").delete_ruleset(NAME, ruleset["id"])


def activity(stage: Stage) -> None:
    """What the branches went through, page by page."""
    raj, path = stage.person("raj"), f"{ROOT}/activity"
    raj.push(NAME, "rewritten", {"a": "1"})
    raj.push(NAME, "rewritten", {"a": "2"}, start="main", force=True)
    raj.delete_branch(NAME, "rewritten")
    for query in (
        {},
        {"ref": "refs/heads/rewritten", "per_page": "1", "direction": "asc"},
        {"actor": "raj", "activity_type": "force_push", "time_period": "day"},
    ):
        assert stage.bot.call("GET", path, query=query)
    refused(422, raj, "GET", path, None, query={"time_period": "aeon"})
