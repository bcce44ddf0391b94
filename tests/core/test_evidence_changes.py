"""Evidence that a pull request changes: secrets close its gate, faults of form are remarked, screenshots pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.effects import effects_of
from bot.core.evidence_changes import (
    MAXIMUM_FAULTS,
    MAXIMUM_SCANNED_FILES,
    ChangedBlob,
    ScannedEvidence,
    changed_evidence,
    scan_changes,
)
from bot.core.evidence_requirements import MAXIMUM_ANNOTATIONS, MAXIMUM_LINES_NAMED
from bot.core.finding import SECRET, SECRET_NAME, Annotation, AnnotationLevel, Finding
from bot.core.inert import inert
from bot.core.merge_gate import decide
from bot.core.model import ChangeType, CheckRun, Decision, PostCheckRun, RequirementKind, State
from bot.core.render import gate_summary, table_code
from tests.support.builders import HEAD, NOW, changed, policy, pull_request_facts
from tests.support.evidence_texts import FOLDER, NAME, STORY, SUB_MODULE, entry, shipped, story

TOKEN = "EAAB" + "x1Y" * 20
PATH = f"{FOLDER}/{NAME}"
SHOWN = f"{FOLDER}/{SECRET_NAME}.md"


def blob(
    text: str | None = STORY, path: str = PATH, *, is_binary: bool = False, is_cut: bool = False, **how: Any
) -> ChangedBlob:
    """A changed file at the head."""
    found = entry("" if text is None else text, path, **({"content": None} if text is None else {}), **how)
    return ChangedBlob(path, found, is_binary, is_cut)


def scan(*blobs: ChangedBlob) -> ScannedEvidence:
    """What is found in these files."""
    return scan_changes([one.path for one in blobs], blobs, shipped())


def finding(line: int = 16, path: str = PATH, key: str = SECRET) -> Finding:
    """Something wrong on a line."""
    return Finding(path, line, key, "no secret; here is what looks like a Meta access token")


def judge(secrets: tuple[Finding, ...] = (), faults: tuple[Finding, ...] = ()) -> Decision:
    """The gate of a pull request that changes evidence with these findings."""
    facts = pull_request_facts(changed(PATH), evidence_secrets=secrets, evidence_findings=faults)
    return decide(facts, policy(), NOW)


def gate_post(decision: Decision, *existing: CheckRun) -> PostCheckRun | None:
    """The post of the check run `gate`, if there is one."""
    posts = [one for one in effects_of(decision, existing) if isinstance(one, PostCheckRun) and one.name == "gate"]
    return posts[0] if posts else None


def as_run(post: PostCheckRun, node_id: str = "CR_1") -> CheckRun:
    """The post as GitHub shows it."""
    is_open = post.state is State.IN_PROGRESS
    status, conclusion = ("in_progress", None) if is_open else ("completed", post.state.value)
    return CheckRun("gate", 1, status, conclusion, 7, node_id=node_id, external_id=post.external_id)


def test_which_files_are_changed_evidence() -> None:
    """Everything below the folder that is there at the head, at its new path; nothing beside it."""
    files = [
        changed(f"{FOLDER}/b.md"),
        changed(f"{FOLDER}/old/shot.png", ChangeType.ADDED),
        changed(f"{FOLDER}/gone.md", ChangeType.DELETED),
        changed(f"{FOLDER}/a.md", ChangeType.RENAMED, "notes.md"),
        changed("notes.md", ChangeType.RENAMED, f"{FOLDER}/c.md"),
        changed(f"{FOLDER}-2/d.md"),
        changed(FOLDER),
    ]
    assert changed_evidence(files, shipped()) == (f"{FOLDER}/a.md", f"{FOLDER}/b.md", f"{FOLDER}/old/shot.png")


def test_well_formed_evidence_has_no_findings() -> None:
    """The product's own file is fine."""
    assert scan(blob()) == ScannedEvidence()


def test_a_secret_is_found_on_its_line() -> None:
    """In the text below the front matter as in any other file of the folder; nothing of it is repeated."""
    for path in (PATH, f"{FOLDER}/notes/curl.txt"):
        found = scan(blob(f"{STORY}{TOKEN}\n", path))
        assert found == ScannedEvidence((finding(16, path),))
        assert TOKEN[:8] not in repr(found)


def test_faults_of_form_do_not_close_the_gate() -> None:
    """A wrong value, a sub-folder, a sub-module: remarks."""
    assert [one.key for one in scan(blob(story("result: pass", "result: ok"))).faults] == ["result"]
    assert [one.key for one in scan(blob(path=f"{FOLDER}/old/{NAME}")).faults] == ["path"]
    assert scan(blob(story("result: pass", "result: ok"))).secrets == ()


@pytest.mark.parametrize("mode", [0o100644, SUB_MODULE])
def test_screenshots_are_left_alone(mode: int) -> None:
    """What GitHub takes for binary and is not named as evidence is not looked into."""
    assert scan(blob(None, f"{FOLDER}/shot.png", is_binary=True, mode=mode)) == ScannedEvidence()


@pytest.mark.parametrize(
    "unread",
    [
        ChangedBlob(PATH, None),
        blob(None),
        blob(None, is_binary=True),
        blob(None, f"{FOLDER}/notes.txt"),
    ],
)
def test_what_cannot_be_looked_through_is_not_let_through(unread: ChangedBlob) -> None:
    """A file that GitHub shows nothing of, a Markdown file that it takes for binary."""
    found = scan(unread)
    assert [(one.key, one.expected) for one in found.secrets] == [
        ("file", "a text that can be looked through for secrets; GitHub shows none")
    ]


def test_a_text_that_is_too_long_to_be_looked_through() -> None:
    """Of a text over 512 KB GitHub shows the beginning: what is there is searched, and the file fails."""
    found = scan(blob("a\n" + TOKEN + "\nb", f"{FOLDER}/log.txt", is_cut=True, size=600_000))
    assert [(one.line, one.key) for one in found.secrets] == [(2, SECRET), (3, "file")]
    assert "short enough to be looked through" in found.secrets[1].expected


def test_more_files_than_are_read() -> None:
    """Files beyond the limit are not looked through, so the first of them fails."""
    paths = [f"{FOLDER}/{number:04}.txt" for number in range(MAXIMUM_SCANNED_FILES + 1)]
    found = scan_changes(paths, [blob("fine", path) for path in paths[:-1]], shipped())
    assert [one.path for one in found.secrets] == [paths[-1]]
    assert scan_changes(paths[:-1], [], shipped()) == ScannedEvidence()


def test_faults_are_bounded() -> None:
    """Of very many faults of form the first ones are kept; of secrets every line that was told."""
    keys = "".join(f"key{number}: x\n" for number in range(100))
    found = scan(*(blob(story("result: pass\n", f"result: pass\n{keys}")) for _ in range(10)))
    assert len(found.faults) == MAXIMUM_FAULTS


def test_a_secret_closes_the_gate() -> None:
    """The gate fails with path and line, and the author's next action is to revoke the secret."""
    decision = judge((finding(16), finding(20)))
    (requirement,) = [one for one in decision.requirements if one.kind is RequirementKind.EVIDENCE]
    assert (decision.state, requirement.state) == (State.FAILURE, State.FAILURE)
    assert requirement.subject == f"{PATH}:16"
    assert (
        "line 16: expected no secret; here is what looks like a Meta access token; line 20: " in requirement.reason
    )
    assert decision.next_action == requirement.next_action
    assert requirement.next_action is not None
    assert requirement.next_action.owner == "nina"
    assert requirement.next_action.action.startswith(f"revoke the secret in line 16 of {PATH}")
    assert decision.title.startswith(f"Blocked: {PATH}: line 16")


def test_a_file_that_was_not_looked_through_closes_the_gate() -> None:
    """Its reason is told, and what the author can do."""
    decision = judge((Finding(PATH, 1, "file", "a shorter text"),))
    assert decision.state is State.FAILURE
    assert decision.next_action is not None
    assert decision.next_action.action == f"make {PATH} a file that can be looked through: expected a shorter text"
    assert decision.annotations[0].title == "Evidence that cannot be looked through"


def test_each_file_is_one_requirement() -> None:
    """Many lines of one file are counted; another file stands for itself."""
    lines = tuple(finding(number) for number in range(1, 10))
    decision = judge((*lines, finding(3, f"{FOLDER}/other.txt")))
    found = [one for one in decision.requirements if one.kind is RequirementKind.EVIDENCE]
    assert [one.subject for one in found] == [f"{PATH}:1", f"{FOLDER}/other.txt:3"]
    assert found[0].reason.endswith(f"and {9 - MAXIMUM_LINES_NAMED} more lines")


def test_faults_of_form_are_warnings_beside_the_diff() -> None:
    """The gate is not closed by them, and its check run remarks on the line."""
    decision = judge(faults=(Finding(PATH, 13, "result", "pass or fail"),))
    assert [one.kind for one in decision.requirements if one.state is State.FAILURE] == []
    note = Annotation(PATH, 13, AnnotationLevel.WARNING, "Evidence", "result: expected pass or fail.")
    assert decision.annotations == (note,)
    post = gate_post(decision)
    assert post is not None
    assert post.annotations == (note,)


def test_a_secret_is_annotated_on_its_line() -> None:
    """As a failure, before any warning, and without the secret."""
    decision = judge((finding(16),), (Finding(PATH, 13, "result", "pass or fail"),))
    assert [(one.line, one.level) for one in decision.annotations] == [
        (16, AnnotationLevel.FAILURE),
        (13, AnnotationLevel.WARNING),
    ]
    assert decision.annotations[0].title == "Secret in evidence"
    assert "Revoke it" in decision.annotations[0].message


@pytest.mark.parametrize("count", [MAXIMUM_ANNOTATIONS, MAXIMUM_ANNOTATIONS + 1, 300])
def test_more_annotations_than_a_request_takes(count: int) -> None:
    """GitHub takes fifty at once: the last one then says how many more there are."""
    notes = judge(tuple(finding(number) for number in range(1, count + 1))).annotations
    assert len(notes) == MAXIMUM_ANNOTATIONS
    if count == MAXIMUM_ANNOTATIONS:
        assert notes[-1].title == "Secret in evidence"
    else:
        assert (
            notes[-1].message == f"{count - MAXIMUM_ANNOTATIONS + 1} more findings in evidence files start here."
        )


def test_annotations_are_posted_once() -> None:
    """Nothing new: nothing to write. An update of an open run brings none again, since GitHub would add them."""
    warned = judge(faults=(Finding(PATH, 13, "result", "pass or fail"),))
    first = gate_post(warned)
    assert first is not None
    assert gate_post(warned, as_run(first)) is None
    later = gate_post(replace(warned, title="Waiting for nobody"), as_run(first))
    assert later is not None
    assert (later.check_run_node_id, later.annotations) == ("CR_1", ())
    assert gate_post(replace(warned, title="Waiting for nobody"), as_run(later)) is None


@pytest.mark.parametrize("before", [(), (Finding(PATH, 2, "release", "a tag"),)])
def test_other_annotations_need_a_new_run(before: tuple[Finding, ...]) -> None:
    """GitHub takes no annotation away, so an open run with others is followed by a new one."""
    one, other = judge(faults=before), judge(faults=(Finding(PATH, 13, "result", "pass or fail"),))
    for old, new in ((one, other), (other, one)):
        first = gate_post(old)
        assert first is not None
        second = gate_post(new, as_run(first))
        assert second is not None
        assert (second.check_run_node_id, second.annotations) == (None, new.annotations)


def test_pull_requests_with_one_head_share_their_annotations() -> None:
    """One check run for both: each remark once."""
    one = judge((finding(16),), (Finding(PATH, 13, "result", "pass or fail"),))
    other = replace(judge((finding(16), finding(20))), number=13)
    post = next(
        effect
        for effect in effects_of(one, (), (other,))
        if isinstance(effect, PostCheckRun) and effect.name == "gate"
    )
    assert post.head_sha == HEAD
    assert [note.line for note in post.annotations] == [16, 13, 20]


def test_findings_are_shown_inert() -> None:
    """A path that is Markdown, or would mention somebody, is code or inert text in the summary."""
    path = f"{FOLDER}/@raj-`x`|<b>.txt"
    decision = judge((finding(1, path),))
    (requirement,) = [one for one in decision.requirements if one.kind is RequirementKind.EVIDENCE]
    row = f"| ❌ | evidence {table_code(f'{path}:1')} | {inert(requirement.reason)} |"
    assert row in gate_summary(decision)


def test_a_finding_in_one_line() -> None:
    """As compilers write it: file, line, key, and what was expected."""
    assert str(Finding("a.md", 3, "result", "pass or fail")) == "a.md:3: result: expected pass or fail"


def test_a_secret_as_a_name_is_not_repeated() -> None:
    """Nor where it was renamed from: the requirement says what to do, and no annotation names the file."""
    path = f"{FOLDER}/ghp_{'a1B2' * 9}.md"
    scanned = scan(blob(path=path))
    assert [(one.path, one.line, one.key) for one in scanned.secrets] == [(SHOWN, 1, SECRET)]
    assert scanned.faults == ()
    renamed = changed(path, ChangeType.RENAMED, "docs/old.md")
    facts = pull_request_facts(renamed, evidence_secrets=scanned.secrets)
    decision = decide(facts, policy(), NOW)
    assert path not in repr(decision)
    (told,) = [one for one in decision.requirements if one.kind is RequirementKind.EVIDENCE]
    assert told.next_action is not None
    assert told.next_action.action.startswith(f"revoke the secret in the name {SHOWN}")
    assert decision.annotations == ()
