"""Which test apps a file names: used is used, whether or not the file is evidence."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.evidence_apps import MAXIMUM_LOOKED_AT, NamedApps, named_test_apps
from bot.core.evidence_text import MAXIMUM_EVIDENCE_BYTES
from tests.support.evidence_texts import COMMIT, STORY, story

APP = 'meta_test_app: {id: "1029384756", created_at: 2026-02-18}'
NAMED = {
    "the product's file": STORY,
    "an ID without quotes": story('"1029384756"', "1029384756"),
    "blanks around the ID": story('"1029384756"', '" 1029384756 "'),
    "over several lines": story(APP, 'meta_test_app:\n  created_at: x\n  id: "1029384756"'),
    "only the ID": story(APP, "meta_test_app: 1029384756"),
    "a file that is no evidence": f"---\n{APP}\n---\n",
    "front matter not closed": f"---\n{APP}\n",
    "front matter with a byte order mark": f"\ufeff---\n{APP}\n---\n",
    "lines of Windows": STORY.replace("\n", "\r\n"),
    "front matter that is no YAML": f"---\n{APP}\n: {{\n---\n",
    "a key twice": f"---\n{APP}\n{APP}\n---\n",
    "no YAML, over two lines": "---\nmeta_test_app:\n  'id': \"1029384756\"\n: {\n---\n",
    "no YAML, no quotes": "---\nmeta_test_app: {created_at: x, id: 1029384756}\n: {\n---\n",
    "zeros before it": story("1029384756", "001029384756"),
    "bytes that are no UTF-8": STORY.encode() + b"\xff\xfe \x00",
    "a file too large for evidence": STORY + "x" * MAXIMUM_EVIDENCE_BYTES,
    "two bytes for each character": STORY.encode("utf-16"),
}


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED)
def test_the_test_app_is_named(text: str | bytes) -> None:
    """The ID, as text."""
    assert named_test_apps(text if isinstance(text, bytes) else text.encode()).apps == {"1029384756"}


NOT_NAMED = {
    "nothing": "",
    "no front matter": f"{APP}\n",
    "text before the front matter": f"x\n---\n{APP}\n---\n",
    "below the front matter": f"---\nrelease: v1\n---\n{APP}\n",
    "a list": "---\n- meta_test_app\n---\n",
    "no test app": "---\nrelease: v1\n---\n",
    "a test app without an ID": "---\nmeta_test_app: {created_at: x}\n---\n",
    "a token in its place": story("1029384756", "EAAB" + "x1Y" * 20),
    "a token in its place, in no YAML": f"---\nmeta_test_app: {{id: ghp_{'a1B2' * 9}}}\n: {{\n---\n",
    "an ID that is a list": "---\nmeta_test_app: {id: [7]}\n---\n",
    "an ID too far away": "---\nmeta_test_app: " + "x" * 500 + " id: 7\n: {\n---\n",
}


@pytest.mark.parametrize("text", NOT_NAMED.values(), ids=NOT_NAMED)
def test_no_test_app_is_named(text: str) -> None:
    """Nothing is guessed."""
    assert named_test_apps(text.encode()).apps == frozenset()


def test_all_that_a_broken_file_names() -> None:
    """Front matter that is no YAML may name several; each of them counts as used."""
    text = "---\nmeta_test_app: {id: 7}\nmeta_test_app: {id: 8}\n: {\n---\n"
    assert named_test_apps(text.encode()).apps == {"7", "8"}


def test_what_is_too_far_below_is_not_looked_at() -> None:
    """Only the beginning of a file is read, however large it is."""
    text = f"---\n# {'x' * MAXIMUM_LOOKED_AT}\n{APP}\n---\n"
    assert named_test_apps(text.encode()) == NamedApps()


COMMIT_KEY = f"commit: {COMMIT}            # full SHA that was validated"
VALIDATIONS = {
    "the product's file": (STORY, "v3.1.0", COMMIT),
    "a commit in capitals": (story(COMMIT, COMMIT.upper()), "v3.1.0", COMMIT),
    "a commit of digits alone": (story(COMMIT, "1234567890" * 4), "v3.1.0", "1234567890" * 4),
    "an abbreviated commit": (story(COMMIT, COMMIT[:12]), "v3.1.0", None),
    "no commit": (STORY.replace(COMMIT_KEY + "\n", ""), "v3.1.0", None),
    "no release": (STORY.replace("release: v3.1.0\n", ""), None, COMMIT),
    "no tag": (story("v3.1.0", '"a b"'), None, COMMIT),
    "a list": (story("v3.1.0", "[v3.1.0]"), None, COMMIT),
    "no YAML": (story("result: pass", ": {"), "v3.1.0", COMMIT),
    "no YAML, in quotes": (story("v3.1.0", "'v3.1.0'", story("result: pass", ": {")), "v3.1.0", COMMIT),
    "a token in its place": (story("v3.1.0", "ghp_" + "a1B2" * 9), None, COMMIT),
    "no front matter": (STORY.replace("---", ""), None, None),
}


@pytest.mark.parametrize("name", VALIDATIONS)
def test_the_validation_that_is_named(name: str) -> None:
    """Release and commit, as far as they can be read, and never a secret."""
    text, release, commit = VALIDATIONS[name]
    named = named_test_apps(text.encode())
    assert (named.release, named.commit) == (release, commit)


@pytest.mark.parametrize(
    "word",
    [
        "meta_test_app ",
        "release: ",
        "\nrelease:",
        'commit:"x',
        "meta_test_app\n",
        "meta_test_app: id ",
        "---\n ",
        "id: ",
    ],
)
def test_a_hostile_file_takes_no_long_time(word: str) -> None:
    """The time grows with the size alone: a whole file of the worst words is read at once."""
    text = "---\n: {\n" + word * ((MAXIMUM_EVIDENCE_BYTES - 20) // len(word))
    started = time.process_time()
    named_test_apps(text.encode())
    assert time.process_time() - started < 5


@given(st.binary(max_size=200).map(lambda tail: b"---\nmeta_test_app" + tail))
def test_any_bytes_are_answered(content: bytes) -> None:
    """Never an error."""
    assert all(isinstance(one, str) for one in named_test_apps(content).apps)
