"""Faults on demand reach the addresses of tags, rulesets, releases, their files and git; and races can be made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Person, RequestRefusedError
from tests.sandbox.conftest import ROOT, Stage

RULESET = {"name": "tags", "target": "tag", "enforcement": "active"}
Act = Callable[[Stage, Person, dict[str, Any], dict[str, Any]], object]
WRITES: list[tuple[str, Act]] = [
    (r"/git/refs$", lambda stage, who, *_: who.create_tag(stage.repository, "v9", main_sha(stage))),
    (r"/git/refs/tags/v1$", lambda stage, who, *_: who.delete_tag(stage.repository, "v1")),
    (r"/git-receive-pack$", lambda stage, who, *_: who.push_tags(stage.repository, {"v9": main_sha(stage)})),
    (r"/rulesets$", lambda stage, who, *_: who.create_ruleset(stage.repository, RULESET)),
    (r"/rulesets/\d+$", lambda stage, who, ruleset, _: who.delete_ruleset(stage.repository, ruleset["id"])),
    (r"/releases$", lambda stage, who, *_: who.create_release(stage.repository, "v9")),
    (r"/releases/\d+$", lambda _, who, __, release: who.edit_release(release, draft=True)),
    (r"/assets$", lambda _, who, __, release: who.upload_asset(release, "record.json", b"{}")),
]


def main_sha(stage: Stage) -> str:
    """The head of main."""
    return stage.repository.git.references["refs/heads/main"]


def everything(stage: Stage) -> object:
    """All that the writes below can change."""
    sofia = stage.person("sofia")
    references = dict(stage.repository.git.references)
    return references, sofia.call("GET", f"{ROOT}/rulesets"), sofia.call("GET", f"{ROOT}/releases")


@pytest.mark.parametrize(("path", "act"), WRITES, ids=[path for path, _ in WRITES])
@pytest.mark.parametrize("lost", [False, True], ids=["refused", "lost"])
def test_a_write_fails_before_or_after_its_work(stage: Stage, path: str, act: Act, lost: bool) -> None:
    """Refused with 503 nothing has happened; with a lost answer everything has."""
    sofia = stage.person("sofia")
    release = sofia.create_release(stage.repository, "v1")
    ruleset = sofia.create_ruleset(stage.repository, {**RULESET, "name": "first"})
    before = everything(stage)
    if lost:
        stage.github.faults.drop_answer(path=path)
    else:
        stage.github.faults.fail(503, path=path)
    with pytest.raises(RequestRefusedError) as failed:
        act(stage, sofia, ruleset, release)
    assert failed.value.status == (502 if lost else 503)
    assert (everything(stage) != before) is lost


def test_somebody_is_quicker(stage: Stage) -> None:
    """Between a client's decision and its request, another person makes the tag on another commit."""
    alice, maya = stage.person("alice"), stage.person("maya")
    other = alice.push(stage.repository, "side", {"x": "1"})
    stage.github.faults.interpose(
        lambda: maya.create_tag(stage.repository, "v1", other), method="POST", path="/git/refs$"
    )
    with pytest.raises(RequestRefusedError, match="Reference already exists"):
        alice.create_tag(stage.repository, "v1", main_sha(stage))
    assert stage.repository.git.references["refs/tags/v1"] == other
