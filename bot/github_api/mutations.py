"""Effects → GraphQL mutations: one alias each, all text in variables. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from bot.core.finding import Annotation
from bot.core.model import AddComment, AddReaction, Effect, PostCheckRun, RemoveLabel, RequestReview, State
from bot.github_api.readings import Handles

# GitHub's limits (docs: REST, check runs and comments). Its documents say characters, and not whether a character
# of several bytes counts as one: kept in bytes of UTF-8, they hold either way.
LONGEST_TITLE = 255
LONGEST_SUMMARY = 65_535
LONGEST_COMMENT = 65_536
LONGEST_MESSAGE = 64_000
# A cut may leave a code block open; the sentence stands on a line of its own, after the last whole line.
CUT = "\n\n(Cut here: the rest is longer than GitHub allows.)"


# What GitHub tells people of (docs: REST, rate limits, "About secondary rate limits": content that notifies).
NOTIFYING = frozenset({"addComment", "requestReviews"})


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mutation field. `node` is the way through its payload to the ID of what it made, if it names it."""

    name: str
    input_type: str
    selection: str
    input: Mapping[str, Any]
    node: tuple[str, ...] = ()

    @property
    def notifies(self) -> bool:
        """Whether GitHub tells people of it, and so counts the request as one that creates content."""
        return self.name in NOTIFYING


class CannotBeSent(Exception):  # noqa: N818 - a reason, for the outcome
    """The effect needs a node that GitHub does not have. The text is the reason."""


class NothingToDo(Exception):  # noqa: N818 - not an error
    """The effect's aim is there already."""


def mutation_for(effect: Effect, handles: Handles, details_url: str) -> Mutation:
    """The mutation that does `effect`. Raises CannotBeSent or NothingToDo."""
    match effect:
        case PostCheckRun():
            return _check_run(effect, handles, details_url)
        case RequestReview(login):
            user = handles.user_node_ids.get(login.lower())
            if user is None:
                raise CannotBeSent("GitHub knows nobody of this name")
            request = {"pullRequestId": _pull_request(handles), "userIds": [user], "union": True}
            return Mutation("requestReviews", "RequestReviewsInput", "clientMutationId", request)
        case AddReaction(comment, content):
            reaction = {"subjectId": comment, "content": content}
            return Mutation("addReaction", "AddReactionInput", "reaction { id }", reaction, ("reaction", "id"))
        case AddComment(body):
            comment_input = {"subjectId": _pull_request(handles), "body": shortened(body, LONGEST_COMMENT)}
            selection, way = "commentEdge { node { id } }", ("commentEdge", "node", "id")
            return Mutation("addComment", "AddCommentInput", selection, comment_input, way)
        case RemoveLabel(label):
            if label not in handles.label_node_ids:
                raise NothingToDo
            removal = {"labelableId": _pull_request(handles), "labelIds": [handles.label_node_ids[label]]}
            name, kind = "removeLabelsFromLabelable", "RemoveLabelsFromLabelableInput"
            return Mutation(name, kind, "clientMutationId", removal)
        case _:
            assert_never(effect)


def _check_run(effect: PostCheckRun, handles: Handles, details_url: str) -> Mutation:
    output: dict[str, Any] = {
        "title": shortened(effect.title, LONGEST_TITLE, "…"),
        "summary": shortened(effect.summary, LONGEST_SUMMARY),
    }
    if effect.annotations:
        output["annotations"] = [_annotation(annotation) for annotation in effect.annotations]
    given: dict[str, Any] = {
        "repositoryId": handles.repository_node_id,
        "name": effect.name,
        "externalId": effect.external_id,
        "detailsUrl": details_url,
        "output": output,
    }
    if effect.state is State.IN_PROGRESS:
        given["status"] = "IN_PROGRESS"
    else:
        given |= {"status": "COMPLETED", "conclusion": effect.state.value.upper()}
    selection, way = "checkRun { id }", ("checkRun", "id")
    if effect.check_run_node_id is None:
        given["headSha"] = effect.head_sha
        return Mutation("createCheckRun", "CreateCheckRunInput", selection, given, way)
    given["checkRunId"] = effect.check_run_node_id
    return Mutation("updateCheckRun", "UpdateCheckRunInput", selection, given, way)


def _annotation(annotation: Annotation) -> dict[str, Any]:
    """Input `CheckAnnotationData`. The core gives no more of them than GitHub takes in one request."""
    return {
        "path": annotation.path,
        "location": {"startLine": annotation.line, "endLine": annotation.line},
        "annotationLevel": annotation.level.value,
        "title": shortened(annotation.title, LONGEST_TITLE, "…"),
        "message": shortened(annotation.message, LONGEST_MESSAGE, "…"),
    }


def _pull_request(handles: Handles) -> str:
    if handles.pull_request_node_id is None:
        raise CannotBeSent("there is no pull request to do this on")
    return handles.pull_request_node_id


def shortened(text: str, longest: int, mark: str = CUT) -> str:
    """`text` in at most `longest` bytes of UTF-8. What is too long ends after a whole line if it has lines."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= longest:
        return encoded.decode()
    kept = encoded[: longest - len(mark.encode())].decode("utf-8", "ignore")
    line_end = kept.rfind("\n")
    return (kept[:line_end] if line_end > 0 else kept) + mark


def mutation_document(mutations: Sequence[Mutation]) -> tuple[str, dict[str, Any]]:
    """One document with an alias (`e0`, `e1` …) for each mutation, and its variables."""
    declarations = ", ".join(f"$e{index}: {one.input_type}!" for index, one in enumerate(mutations))
    fields = "".join(
        f"\n  e{index}: {one.name}(input: $e{index}) {{ {one.selection} }}" for index, one in enumerate(mutations)
    )
    return (
        f"mutation Write({declarations}) {{{fields}\n}}\n",
        {f"e{index}": dict(one.input) for index, one in enumerate(mutations)},
    )
