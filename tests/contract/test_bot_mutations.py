"""Every mutation that the bot writes with is one that GitHub would run, input included."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema

from bot.core.finding import Annotation, AnnotationLevel
from bot.core.model import AddComment, AddReaction, Effect, PostCheckRun, RemoveLabel, RequestReview, State
from bot.github_api.mutations import mutation_document, mutation_for
from bot.github_api.readings import Handles
from tests.contract.graphql import check_document

pytestmark = pytest.mark.contract

HANDLES = Handles("R_1", "PR_1", {"sofia": "U_1"}, {"gate/hold": "L_1"})
NOTE = Annotation("docs/a.md", 3, AnnotationLevel.FAILURE, "title", "message")
EFFECTS: tuple[Effect, ...] = (
    *(PostCheckRun("gate", "a" * 40, state, "title", "summary", "digest") for state in State),
    *(PostCheckRun("gate", "a" * 40, state, "title", "summary", "digest", "CR_1") for state in State),
    PostCheckRun("gate", "a" * 40, State.FAILURE, "title", "summary", "digest", annotations=(NOTE,)),
    RequestReview("sofia"),
    *(AddReaction("IC_1", content) for content in ("EYES", "ROCKET", "CONFUSED")),
    AddComment("text"),
    RemoveLabel("gate/hold"),
)


def test_every_kind_of_effect_in_one_document(graphql_schema: GraphQLSchema) -> None:
    """All mutations together, with their variables' values checked against the input types."""
    mutations = [mutation_for(effect, HANDLES, "http://localhost:8000/") for effect in EFFECTS]
    document, variables = mutation_document(mutations)
    assert check_document(graphql_schema, document, variables) == []
