"""An evidence file is read into a document, or into findings with line and key, whatever its bytes are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.evidence_fields import KEYS, MAXIMUM_FINDINGS
from bot.core.evidence_text import MAXIMUM_EVIDENCE_BYTES, EvidenceEntry, read_evidence
from bot.core.release_model import TestApp
from tests.support.evidence_texts import (
    COMMIT,
    FOLDER,
    NAME,
    REGULAR,
    STORY,
    SUB_MODULE,
    SYMLINK,
    TREE,
    document,
    fault,
    read,
    shipped,
    story,
)

TOKEN = "EAAB" + "x1Y" * 20


def test_the_story_of_the_product() -> None:
    """The file that the product describes is well formed, and every key of it arrives."""
    found = read()
    assert found.findings == ()
    assert (found.path, found.oid) == (f"{FOLDER}/{NAME}", "b10b" * 10)
    assert found.named_at == datetime(2026, 2, 19, 19, 30, tzinfo=UTC)
    told = document()
    assert (told.release, told.commit, told.environment, told.operator) == ("v3.1.0", COMMIT, "staging", "priya")
    assert told.performed_at == datetime(2026, 2, 19, 19, 30, tzinfo=UTC)
    assert told.test_app == TestApp("1029384756", datetime(2026, 2, 18, 5, tzinfo=UTC))
    assert told.scenarios == dict.fromkeys(shipped().release.staging.scenarios, "pass")
    assert told.result == "pass"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"1029384756"', "1029384756"),
        ('"1029384756"', '"102938475600000000000000"'),
        (COMMIT, COMMIT.upper()),
        (COMMIT, "1" * 40),
        (COMMIT, f'"{COMMIT}"'),
        ("created_at: 2026-02-18", "created_at: 2026-02-18T10:00:00Z"),
        ("rate-limit-429: pass", "rate-limit-429: fail"),
        ("rate-limit-429: pass", "rate-limit-429: skipped"),
        ("  rate-limit-429: pass\n", ""),
        ("result: pass", "result: fail"),
        ("operator: priya", "operator: Priya-1"),
        ("environment: staging", "environment: production"),
        ("---\n", "---  \n"),
        ("---\n", "\ufeff---\n"),
        ("Free text, screenshots, links.\n", ""),
        ("Free text", "\x00\x1b[31m --- \n---\n Free text"),
    ],
)
def test_files_that_are_well_formed(old: str, new: str) -> None:
    """An App ID without quotes, a commit in capitals or of digits only, outcomes that are judged later."""
    told = document(story(old, new))
    assert told.commit == told.commit.lower()
    assert told.test_app.id.isdigit()


def test_windows_line_ends() -> None:
    """CR LF ends lines as well."""
    assert document(STORY.replace("\n", "\r\n")) == document()


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "expected"),
    [
        (COMMIT, COMMIT[:12], 3, "commit", "the full SHA"),
        (COMMIT, "1234567", 3, "commit", "the full SHA"),
        (COMMIT, "g" * 40, 3, "commit", "the full SHA"),
        ("v3.1.0", "3.1.0", 2, "release", "a release tag of the policy (v*)"),
        ("v3.1.0", '"v3.1.0\\n@raj"', 2, "release", "a release tag"),
        ("v3.1.0", "3", 2, "release", "a release tag"),
        ("staging", '" "', 4, "environment", "the name of an environment"),
        ("staging", '"a\\nb"', 4, "environment", "the name of an environment"),
        ("staging", "x" * 101, 4, "environment", "the name of an environment"),
        ("staging", "[staging]", 4, "environment", "the name of an environment"),
        ("priya", '"@priya"', 5, "operator", "without `@`"),
        ("priya", "", 5, "operator", "a person's name"),
        ("2026-02-19T14:30:00-05:00", "2026-02-19", 6, "performed_at", "a date and time"),
        ("2026-02-19T14:30:00-05:00", "2026-02-31T14:30:00Z", 6, "performed_at", "a date and time"),
        ("2026-02-19T14:30:00-05:00", "20260219", 6, "performed_at", "a date and time"),
        ('"1029384756"', "x1029384756", 7, "meta_test_app.id", "Meta's App ID"),
        ('"1029384756"', '"01029384756"', 7, "meta_test_app.id", "Meta's App ID"),
        ('"1029384756"', "true", 7, "meta_test_app.id", "Meta's App ID"),
        ("created_at: 2026-02-18", "created_at: 2026-02-30", 7, "meta_test_app.created_at", "a day such as"),
        (
            "created_at: 2026-02-18",
            "created_at: 2026-02-20",
            7,
            "meta_test_app.created_at",
            "not after performed_at",
        ),
        (", created_at: 2026-02-18", "", 7, "meta_test_app.created_at", "this key, which is required"),
        ("{id", "{name: x, id", 7, "meta_test_app.name", "a known key: `id`, `created_at`"),
        (
            "  rate-limit-429: pass",
            "  rate-limit-429: ok",
            11,
            "scenarios.rate-limit-429",
            "pass, fail or skipped",
        ),
        ("  rate-limit-429: pass", "  rate-limit-429: true", 11, "scenarios.rate-limit-429", "pass, fail or"),
        ("rate-limit-429", "rate-limit-430", 11, "scenarios.rate-limit-430", "; did you mean `rate-limit-429`?"),
        ("result: pass", "result: passed", 13, "result", "pass or fail"),
        ("result: pass\n", "", 2, "result", "this key, which is required"),
        ("operator", "operators", 5, "operators", "a known key; did you mean `operator`?"),
        ("operator: priya", "operator: priya\noperator: lina", 6, "operator", "it stands on line 5 already"),
        ("priya", "!person priya", 5, "operator", "a value without a tag; found one"),
        ("priya", "*p", 5, "operator", "an anchor that is complete above; it is not"),
        ("priya", "&p {a: *p}", 5, "operator.a", "an anchor that is complete above; it is not"),
    ],
)
def test_one_thing_is_wrong(old: str, new: str, line: int, key: str, expected: str) -> None:
    """Each fault has its line in the file, its key, and what was expected there."""
    text = story(old, new)
    found = read(text)
    assert found.document is None
    assert [(one.line, one.key) for one in found.findings if expected in one.expected] == [(line, key)]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_required(key: str) -> None:
    """A file without one of the keys names that key."""
    lines = STORY.splitlines(keepends=True)
    start = next(index for index, line in enumerate(lines) if line.startswith(f"{key}:"))
    end = next(index for index in range(start + 1, len(lines)) if not lines[index].startswith(" "))
    assert fault("".join(lines[:start] + lines[end:])) == (2, key, "this key, which is required")


@pytest.mark.parametrize(("key", "value"), [("scenarios", "pass"), ("meta_test_app", "[1]")])
def test_mappings_are_mappings(key: str, value: str) -> None:
    """Scenarios and the test app are mappings."""
    lines = [line for line in STORY.splitlines(keepends=True) if not line.startswith((" ", f"{key}:"))]
    found = read("".join([*lines[:-2], f"{key}: {value}\n", *lines[-2:]]))
    assert key in [one.key for one in found.findings if "a mapping" in one.expected]


def test_front_matter_missing() -> None:
    """A file that does not begin with `---` has no front matter."""
    assert fault(STORY[4:]) == (1, "front matter", "`---` on the first line, and YAML below it")


def test_front_matter_not_closed() -> None:
    """A front matter without an end is none."""
    text = story("result: pass\n---\n", "result: pass\n")
    assert fault(text)[:2] == (len(text.split("\n")), "front matter")


@pytest.mark.parametrize("yaml", ["- release\n- commit\n", "release\n", "", "# nothing\n"])
def test_front_matter_not_a_mapping(yaml: str) -> None:
    """A list, a word, nothing, a remark."""
    line, key, expected = fault(f"---\n{yaml}---\n")
    assert (line, key) == (2, "front matter")
    assert expected.startswith("a mapping with the evidence's keys; found ")


def test_front_matter_alias_bomb() -> None:
    """Aliases that stand for a billion values are refused while they are read."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    line, _key, expected = fault(f"---\n{bomb}---\n")
    assert 2 < line < 12
    assert expected == "at most 20000 values, aliases counted in full"


def test_front_matter_duplicate_key() -> None:
    """A key that stands twice is a finding on its second line, which names the first."""
    text = story("result: pass", "result: fail\nresult: pass")
    assert fault(text) == (14, "result", "each key once; it stands on line 13 already")


def test_front_matter_that_is_no_yaml() -> None:
    """A syntax error has the line of the file, and never one outside the front matter."""
    assert fault("---\nrelease: [\n---\ntext\n")[:2] == (2, "front matter")
    assert fault("---\nrelease: v1\n\tcommit: x\n---\n")[0] == 3


@pytest.mark.parametrize(
    ("mode", "what"),
    [(SYMLINK, "symbolic link"), (TREE, "folder"), (SUB_MODULE, "sub-module"), (0, "special one")],
)
def test_evidence_is_no_regular_file(mode: int, what: str) -> None:
    """A symbolic link, a folder, a sub-module: even with the right name and contents."""
    assert fault(mode=mode) == (1, "file", f"a regular file, not a {what}")
    assert fault("", mode=mode, content=None, size=0) == (1, "file", f"a regular file, not a {what}")


def test_evidence_is_empty() -> None:
    """An empty file is said to be empty."""
    assert fault("") == (1, "file", "front matter and text; the file is empty")


@pytest.mark.parametrize("content", [None, b"---\n", STORY.encode() + b"x" * 2_000_000])
def test_evidence_of_two_megabytes(content: bytes | None) -> None:
    """Two megabytes are too much, whether they were read, only begun, or left unread."""
    expected = "a file of at most 256 KB; screenshots are files of their own"
    assert fault(size=2 * 1024 * 1024, content=content) == (1, "file", expected)


@pytest.mark.parametrize(
    ("size", "is_fine"), [(MAXIMUM_EVIDENCE_BYTES, True), (MAXIMUM_EVIDENCE_BYTES + 1, False)]
)
def test_the_largest_file(size: int, is_fine: bool) -> None:
    """256 KB exactly may be."""
    found = read(STORY.encode() + b"." * (size - len(STORY.encode())))
    assert (found.document is not None) is is_fine


def test_evidence_in_a_sub_folder() -> None:
    """A file below the folder's own sub-folders does not count, nor one beside the folder."""
    for path in (f"{FOLDER}/old/{NAME}", f"docs/project/evidence/{NAME}"):
        assert fault(path=path) == (1, "path", f"a file in {FOLDER} itself, not in a sub-folder")


def test_evidence_whose_name_is_no_timestamp() -> None:
    """A file that is named otherwise does not count, and its name says why."""
    assert fault(path=f"{FOLDER}/README.md")[1:] == (
        "name",
        "a timestamp as its name, such as 20260219T193000Z.md",
    )
    assert read(path=f"{FOLDER}/README.md").named_at is None


def test_evidence_that_is_no_utf_8() -> None:
    """Bytes that are no UTF-8 have their line."""
    assert fault(STORY.encode() + b"\xff") == (16, "file", f"UTF-8 text; byte {len(STORY)} is not")


@pytest.mark.parametrize("content", [None, STORY.encode()[:-1]])
def test_evidence_that_was_not_read_whole(content: bytes | None) -> None:
    """What GitHub did not show, or showed in another encoding, is not judged."""
    assert fault(content=content) == (1, "file", "UTF-8 text that can be read whole")


def test_a_byte_order_mark_that_github_left_out() -> None:
    """A text may lack the mark that its size counts."""
    assert read(size=len(STORY) + 3).document is not None


def test_several_findings_come_in_the_order_of_lines() -> None:
    """Everything that is wrong is told at once."""
    text = story("commit: ", "commit: x", story("result: pass", "result: maybe\nresult: perhaps"))
    assert [one.line for one in read(text).findings] == [3, 14, 14]


def test_findings_are_bounded() -> None:
    """A file with thousands of wrong keys is told of the first ones."""
    keys = "".join(f"key{number}: x\n" for number in range(5000))
    assert len(read(story("result: pass\n", f"result: pass\n{keys}")).findings) == MAXIMUM_FINDINGS
    doubled = "result: pass\n" * 5000
    assert len(read(story("result: pass\n", doubled)).findings) == MAXIMUM_FINDINGS


def test_a_file_with_a_secret_tells_of_nothing_else() -> None:
    """Only the places of its secrets are findings, without its text, even where all else is wrong."""
    for text in (f"{STORY}token: {TOKEN}\n", f"---\noperator: {TOKEN}\n{TOKEN}: [\n", f"{TOKEN}\n"):
        found = read(text, path=f"{FOLDER}/x.md", size=5)
        assert found.document is None
        assert {finding.key for finding in found.findings} == {"secret"}
        assert TOKEN[:8] not in repr(found)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_answered(content: bytes) -> None:
    """Whatever is in a file, there is a document or a finding; and behind a fence too."""
    for text in (content, b"---\n" + content + b"\n---\n"):
        found = read(text)
        assert (found.document is None) == bool(found.findings)


@given(st.data())
def test_the_story_with_any_change_is_answered(data: st.DataObject) -> None:
    """One place of the file replaced by anything: no exception, and lines that are there."""
    start = data.draw(st.integers(0, len(STORY)))
    end = data.draw(st.integers(start, min(len(STORY), start + 40)))
    text = STORY[:start] + data.draw(st.text(max_size=20)) + STORY[end:]
    found = read(text.encode("utf-8", "replace"))
    assert (found.document is None) == bool(found.findings)
    assert all(1 <= finding.line <= text.count("\n") + text.count("\r") + 3 for finding in found.findings)


@given(
    path=st.text(max_size=60),
    mode=st.sampled_from([REGULAR, SYMLINK, TREE, SUB_MODULE, 0o100755, 7]),
    size=st.integers(0, 3_000_000),
    content=st.none() | st.binary(max_size=50),
)
def test_any_entry_is_answered(path: str, mode: int, size: int, content: bytes | None) -> None:
    """Whatever Git has in the folder."""
    found = read_evidence(EvidenceEntry(path, "oid", mode, size, content), shipped())
    assert found.path == path
    assert found.document is None
    assert found.findings
