"""What lies in the evidence folder beside the evidence: screenshots, folders, place holders."""

from __future__ import annotations

import pytest

from bot.core.words import State
from tests.support.evidence_cases import evidence, judge, missing
from tests.support.evidence_texts import FOLDER, SYMLINK, TREE, read

BESIDE = {
    "a place holder": read("", path=f"{FOLDER}/.gitkeep"),
    "a screenshot": read(b"\x89PNG", path=f"{FOLDER}/20260219T193000Z.png"),
    "a folder": read("", path=f"{FOLDER}/screenshots", mode=TREE, content=None),
    "a screenshot in a folder": read("", path=f"{FOLDER}/screenshots/1.png", content=None),
    "a link to a screenshot": read("1.png", path=f"{FOLDER}/newest.png", mode=SYMLINK),
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_no_markdown_is_no_evidence(name: str) -> None:
    """It is neither broken nor told: an operator is waited for, and beside a file that counts it is nothing."""
    judged = judge(BESIDE[name])
    assert missing(judged.evidence)[0] is missing(judged.staging)[0] is State.IN_PROGRESS
    assert judged.evidence.items == ()
    assert [item.subject for item in judge(BESIDE[name], evidence()).evidence.items] == [evidence().path]


@pytest.mark.parametrize("path", ["20260219T193000Z.MD", "old/20260219T193000Z.md", "README.md"])
def test_markdown_that_is_misplaced_or_misnamed(path: str) -> None:
    """What looks as if it was meant as evidence is broken, and told."""
    judged = judge(read(path=f"{FOLDER}/{path}"))
    assert missing(judged.evidence)[0] is State.FAILURE
    assert [item.subject for item in judged.evidence.items] == [f"{FOLDER}/{path}"]
