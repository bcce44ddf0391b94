"""What the merge gate says of changed evidence files: requirements for those with secrets, and annotations."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.finding import SECRET, SECRET_NAME, Annotation, AnnotationLevel, Finding
from bot.core.model import NextAction, PullRequestFacts, Requirement, RequirementKind, State

MAXIMUM_ANNOTATIONS = 50
"""GitHub takes no more in one request (REST "Create a check run"); the last one then counts the rest."""
MAXIMUM_LINES_NAMED = 5


def judge_changed_evidence(facts: PullRequestFacts) -> tuple[Requirement, ...]:
    """One failed requirement for each evidence file that may not be merged; none when there is no such file."""
    by_path: dict[str, list[Finding]] = {}
    for finding in facts.evidence_secrets:
        by_path.setdefault(finding.path, []).append(finding)
    return tuple(_judge(path, findings, facts.author) for path, findings in by_path.items())


def evidence_annotations(facts: PullRequestFacts) -> tuple[Annotation, ...]:
    """What is wrong with changed evidence files, on its line: failures first, at most MAXIMUM_ANNOTATIONS.

    None for a file whose name looks like a secret: it would have to be named.
    """
    marked = [(finding, AnnotationLevel.FAILURE) for finding in facts.evidence_secrets]
    marked += [(finding, AnnotationLevel.WARNING) for finding in facts.evidence_findings]
    found = [_annotation(finding, level) for finding, level in marked if SECRET_NAME not in finding.path]
    if len(found) <= MAXIMUM_ANNOTATIONS:
        return tuple(found)
    kept, left_out = found[: MAXIMUM_ANNOTATIONS - 1], found[MAXIMUM_ANNOTATIONS - 1 :]
    first = left_out[0]
    message = f"{len(left_out)} more findings in evidence files start here."
    return (*kept, Annotation(first.path, first.line, first.level, "More findings", message))


def _judge(path: str, findings: Sequence[Finding], author: str) -> Requirement:
    lines = [f"line {one.line}: expected {one.expected}" for one in findings[:MAXIMUM_LINES_NAMED]]
    if len(findings) > MAXIMUM_LINES_NAMED:
        lines.append(f"and {len(findings) - MAXIMUM_LINES_NAMED} more lines")
    return Requirement(
        RequirementKind.EVIDENCE,
        f"{path}:{findings[0].line}",
        State.FAILURE,
        f"{path}: {'; '.join(lines)}",
        NextAction(author, _action(path, findings[0])),
    )


def _action(path: str, finding: Finding) -> str:
    if finding.key != SECRET:
        return f"make {path} a file that can be looked through: expected {finding.expected}"
    if SECRET_NAME in path:
        return (
            f"revoke the secret in the name {path}, since everybody who reads the repository has it, and rename it"
        )
    return (
        f"revoke the secret in line {finding.line} of {path}, since everybody who reads the repository has it, "
        "and take it out of the file"
    )


def _annotation(finding: Finding, level: AnnotationLevel) -> Annotation:
    if finding.key == SECRET:
        message = (
            f"Expected {finding.expected}. Revoke it: whoever reads the repository has it, even when the file no "
            "longer holds it."
        )
        return Annotation(finding.path, finding.line, level, "Secret in evidence", message)
    title = "Evidence" if level is AnnotationLevel.WARNING else "Evidence that cannot be looked through"
    return Annotation(finding.path, finding.line, level, title, f"{finding.key}: expected {finding.expected}.")
