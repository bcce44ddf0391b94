"""Rulesets of tags: what they match and refuse, who passes them by, who sees what, and what is told."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import PushRefusedError
from sandbox.rules.patterns import matches
from sandbox.state import Ruleset
from tests.sandbox.conftest import ROOT, Stage

RULES = [{"type": name} for name in ("creation", "update", "deletion", "non_fast_forward")]
CREATION = "Cannot create ref due to creations being restricted."
UPDATE, FORCE, DELETION = (
    "Cannot update this protected ref.",
    "Cannot force-push to this tag",
    "Cannot delete this tag",
)
MESSAGE = "Repository rule violations found\n\n"


def protect(stage: Stage, *actors: dict[str, Any], **changes: Any) -> int:
    """A ruleset of tags v* with these bypass actors; returns its ID."""
    names = {"ref_name": {"include": ["refs/tags/v*"], "exclude": []}}
    ruleset = {"name": "tags", "target": "tag", "enforcement": "active", "conditions": names, "rules": RULES}
    made = stage.person("sofia").create_ruleset(
        stage.repository, {**ruleset, "bypass_actors": list(actors), **changes}
    )
    return int(made["id"])


def actor(kind: str, number: int | None, mode: str = "always") -> dict[str, Any]:
    """A bypass actor."""
    return {"actor_type": kind, "actor_id": number, "bypass_mode": mode}


def main_sha(stage: Stage) -> str:
    """The head of main."""
    return stage.repository.git.references["refs/heads/main"]


def tag_by(client: Any, stage: Stage, tag: str = "v1") -> int:
    """Try to make a tag by REST; returns the status."""
    body = {"ref": f"refs/tags/{tag}", "sha": main_sha(stage)}
    return int(client.send("POST", f"{ROOT}/git/refs", body)[0])


def test_each_change_of_a_tag_is_refused_in_its_own_words(stage: Stage) -> None:
    """By REST a 422 with the sentences, by a push the reference alone; nothing changes, nothing is sent."""
    alice, start = stage.person("alice"), main_sha(stage)
    later = alice.push(stage.repository, "main", {"x": "1"})
    alice.create_tag(stage.repository, "v1", later)
    protect(stage)
    told: list[str] = []
    stage.github.observe_webhooks(lambda sent: told.append(sent.event))
    path = f"{ROOT}/git/refs/tags/v1"
    for method, address, body, reasons in (
        ("POST", f"{ROOT}/git/refs", {"ref": "refs/tags/v2", "sha": later}, [CREATION]),
        ("PATCH", path, {"sha": start, "force": True}, [UPDATE, FORCE]),
        ("DELETE", path, None, [DELETION]),
    ):
        status, answer, _ = alice.send(method, address, body)
        assert (status, answer["message"]) == (422, MESSAGE + "\n".join(reasons))
    with pytest.raises(PushRefusedError) as failed:
        alice.push_tags(stage.repository, {"v1": None, "v2": start, "free": start})
    assert set(failed.value.refused) == {"refs/tags/v1", "refs/tags/v2"}
    tags = {name: oid for name, oid in stage.repository.git.references.items() if "/tags/" in name}
    assert tags == {"refs/tags/v1": later, "refs/tags/free": start}
    assert told == ["create", "push"]


def test_the_body_of_the_refusal_is_a_switch(stage: Stage) -> None:
    """What GitHub really answers is not settled: tests can choose."""
    protect(stage)
    stage.github.behaviour.rule_violation_message = "Reference update failed"
    stage.github.behaviour.rule_violation_kind = "CONFLICT"
    body = {"ref": "refs/tags/v1", "sha": main_sha(stage)}
    status, answer, _ = stage.person("alice").send("POST", f"{ROOT}/git/refs", body)
    assert (status, answer["message"]) == (409, "Reference update failed")


@pytest.mark.parametrize("enforcement", ["disabled", "evaluate"])
def test_only_active_rulesets_refuse(stage: Stage, enforcement: str) -> None:
    """One in evaluate mode lets everything through and writes down what it would have said."""
    protect(stage, enforcement=enforcement)
    assert tag_by(stage.person("alice"), stage) == 201
    suites = stage.bot().call("GET", f"{ROOT}/rulesets/rule-suites")
    said = [(suite["result"], suite["evaluation_result"]) for suite in suites]
    assert said == ([("pass", "fail")] if enforcement == "evaluate" else [])


def test_which_tags_a_pattern_matches(stage: Stage) -> None:
    """Stars stop at slashes, `**/` does not, exclusions win, and another target matches no tag."""
    cases: list[tuple[str, list[str], list[str], str, bool]] = [
        ("tag", ["refs/tags/v*"], [], "refs/tags/v1.0.0", True),
        ("tag", ["refs/tags/v*"], [], "refs/tags/v", True),
        ("tag", ["refs/tags/v*"], [], "refs/tags/v1/x", False),
        ("tag", ["refs/tags/v*"], [], "refs/tags/x/v1", False),
        ("tag", ["refs/tags/v*"], [], "refs/tags/V1", False),
        ("tag", ["refs/tags/v*"], [], "refs/heads/v1", False),
        ("tag", ["refs/tags/**/v*"], [], "refs/tags/a/b/v1", True),
        ("tag", ["refs/tags/**/v*"], [], "refs/tags/v1", True),
        ("tag", ["refs/tags/**"], [], "refs/tags/a/b", False),
        ("tag", ["refs/tags/v?"], [], "refs/tags/v12", False),
        ("tag", ["refs/tags/v[0-9].*"], [], "refs/tags/v1.2", True),
        ("tag", ["refs/tags/v[!0-9]*"], [], "refs/tags/v1.2", False),
        ("tag", ["refs/tags/v\\*"], [], "refs/tags/v*", True),
        ("tag", ["refs/tags/v\\*"], [], "refs/tags/v1", False),
        ("tag", ["refs/tags/v[z-a]"], [], "refs/tags/vb", False),
        ("tag", ["v*"], [], "refs/tags/v1", False),
        ("tag", ["~ALL"], [], "refs/tags/anything/at/all", True),
        ("tag", ["~ALL"], ["refs/tags/v0*"], "refs/tags/v0.1", False),
        ("tag", [], [], "refs/tags/v1", False),
        ("branch", ["~ALL"], [], "refs/tags/v1", False),
        ("branch", ["~DEFAULT_BRANCH"], [], "refs/heads/main", True),
        ("branch", ["~DEFAULT_BRANCH"], [], "refs/heads/other", False),
        ("push", ["~ALL"], [], "refs/tags/v1", False),
    ]

    now = stage.github.clock.now()
    for target, include, exclude, reference, expected in cases:
        ruleset = Ruleset(
            id=1,
            repository=stage.repository,
            name="x",
            target=target,
            enforcement="active",
            bypass_actors=[],
            conditions={"ref_name": {"include": include, "exclude": exclude}},
            rules=[],
            created_at=now,
            updated_at=now,
        )
        assert matches(ruleset, stage.repository, reference) is expected, (target, include, exclude, reference)


def test_who_passes_by(stage: Stage) -> None:
    """An App by its ID, people by role, team, name or as owners; everybody else is refused."""
    github = stage.github
    github.add_user("olga")
    github.make_owner("meta", "olga")
    team = github.add_team("meta", "leads", ["maya"], {"meta/integration": "write"})
    alice, lina = (github.world.account(login).id for login in ("alice", "lina"))
    cases: list[tuple[dict[str, Any] | None, set[str]]] = [
        (None, set()),
        (actor("Integration", stage.app.id), {"bot"}),
        (actor("RepositoryRole", 5), {"sofia", "olga"}),
        (actor("RepositoryRole", 4), {"alice", "maya", "sofia", "olga"}),
        (actor("RepositoryRole", 99), set()),
        (actor("OrganizationAdmin", 1), {"olga"}),
        (actor("Team", team.id), {"maya"}),
        (actor("User", alice), {"alice"}),
        (actor("User", lina), set()),
        (actor("DeployKey", None), set()),
    ]
    number = protect(stage)
    clients: dict[str, Any] = {name: stage.person(name) for name in ("alice", "maya", "sofia", "olga", "lina")}
    for given, expected in cases:
        actors = [] if given is None else [given]
        stage.person("sofia").edit_ruleset(stage.repository, number, bypass_actors=actors)
        passed = set()
        for name, client in {**clients, "bot": stage.bot()}.items():
            if tag_by(client, stage) == 201:
                passed.add(name)
                with stage.github.world.lock:
                    stage.repository.git.delete_reference("refs/tags/v1")
        assert passed == expected, given


def test_an_exempt_app_leaves_no_trace(stage: Stage) -> None:
    """`always` is logged as a bypass, `exempt` is not; whether the latter works for Apps is a switch."""
    number = protect(stage, actor("Integration", stage.app.id))
    assert tag_by(stage.bot(), stage) == 201
    sofia, log = stage.person("sofia"), f"{ROOT}/rulesets/rule-suites"
    assert [suite["result"] for suite in stage.bot().call("GET", log)] == ["bypass"]
    sofia.edit_ruleset(stage.repository, number, bypass_actors=[actor("Integration", stage.app.id, "exempt")])
    assert tag_by(stage.bot(), stage, "v2") == 201
    assert len(stage.bot().call("GET", log)) == 1
    stage.github.behaviour.exempt_bypass_works_for_apps = False
    assert tag_by(stage.bot(), stage, "v3") == 422


def test_who_may_bypass_is_shown_to_administrators_only(stage: Stage) -> None:
    """Readers see the rules without `bypass_actors`; the list shows neither."""
    number = protect(stage, actor("Integration", stage.app.id))
    path = f"{ROOT}/rulesets/{number}"
    assert stage.person("sofia").call("GET", path)["bypass_actors"] == [actor("Integration", stage.app.id)]
    administrating = stage.client(stage.github.token_for(stage.app, stage.repository, {"administration": "write"}))
    assert "bypass_actors" in administrating.call("GET", path)
    for client in (stage.person("lina"), stage.bot()):
        seen = client.call("GET", path)
        assert "bypass_actors" not in seen
        assert seen["rules"] == RULES
    assert stage.bot().call("GET", path)["current_user_can_bypass"] == "always"
    assert stage.person("alice").call("GET", path)["current_user_can_bypass"] == "never"
    (listed,) = stage.person("sofia").call("GET", f"{ROOT}/rulesets")
    assert {"rules", "conditions", "bypass_actors"}.isdisjoint(listed)
    assert stage.bot().call("GET", f"{ROOT}/rulesets", query={"targets": "branch"}) == []


def test_writing_takes_administration(stage: Stage) -> None:
    """People need the admin role, Apps the permission; the header names it."""
    number = protect(stage)
    path = f"{ROOT}/rulesets"
    for method, address in (("POST", path), ("PUT", f"{path}/{number}"), ("DELETE", f"{path}/{number}")):
        assert stage.person("maya").send(method, address, {})[0] == 403
        status, _, headers = stage.bot().send(method, address, {})
        assert (status, headers["X-Accepted-GitHub-Permissions"]) == (403, "administration=write")


@pytest.mark.parametrize(
    "changes",
    [
        {"bypass_actors": [actor("Integration", 15368)]},
        {"bypass_actors": [actor("Integration", 424242)]},
        {"bypass_actors": [actor("Robot", 1)]},
        {"bypass_actors": [actor("RepositoryRole", 5, "pull_request")]},
        {"bypass_actors": "nobody"},
        {"enforcement": "sometimes"},
        {"target": "moon"},
        {"rules": [{"type": "none"}]},
        {"conditions": {"ref_name": {"include": "refs/tags/v*"}}},
        {"conditions": []},
        {"name": "taken"},
    ],
)
def test_values_that_github_does_not_take(stage: Stage, changes: dict[str, Any]) -> None:
    """422, when a ruleset is made as when it is changed, and the old one stays as it was."""
    stage.github.actions_app()
    protect(stage, name="taken")
    number = protect(stage)
    sofia, path = stage.person("sofia"), f"{ROOT}/rulesets"
    before = sofia.call("GET", f"{path}/{number}")
    made = {"name": "new", "target": "tag", "enforcement": "active", **changes}
    assert sofia.send("POST", path, made)[0] == 422
    assert sofia.send("PUT", f"{path}/{number}", changes)[0] == 422
    assert sofia.call("GET", f"{path}/{number}") == before


def test_changes_are_told(stage: Stage) -> None:
    """Created, edited with what was before, deleted; to Apps that may read the administration."""
    told: list[Any] = []
    stage.github.observe_webhooks(
        lambda sent: told.append(sent.payload) if sent.event == "repository_ruleset" else None
    )
    number, sofia = protect(stage), stage.person("sofia")
    sofia.edit_ruleset(stage.repository, number, enforcement="disabled", rules=RULES[:1])
    narrower = {"ref_name": {"include": ["refs/tags/x*"], "exclude": []}}
    sofia.edit_ruleset(stage.repository, number, conditions=narrower, name="other")
    sofia.delete_ruleset(stage.repository, number)
    assert [payload["action"] for payload in told] == ["created", "edited", "edited", "deleted"]
    assert {payload["sender"]["login"] for payload in told} == {"sofia"}
    first, second = told[1]["changes"], told[2]["changes"]
    assert first["enforcement"] == {"from": "active"}
    assert first["rules"]["deleted"] == RULES[1:]
    assert second["name"] == {"from": "tags"}
    (condition,) = second["conditions"]["updated"]
    assert condition["changes"]["include"] == {"from": ["refs/tags/v*"]}
    assert stage.bot().call("GET", f"{ROOT}/rulesets") == []


def test_the_log_of_evaluations_can_be_searched(stage: Stage) -> None:
    """By reference (short or full), result, person and age."""
    protect(stage, actor("RepositoryRole", 5))
    tag_by(stage.person("alice"), stage)
    tag_by(stage.person("sofia"), stage, "v2")
    log = f"{ROOT}/rulesets/rule-suites"

    def found(**query: str) -> list[str]:
        return [suite["ref"] for suite in stage.bot().call("GET", log, query=query)]

    assert found() == ["refs/tags/v2", "refs/tags/v1"]
    assert found(ref="v1") == found(ref="refs/tags/v1") == found(rule_suite_result="fail") == ["refs/tags/v1"]
    assert found(actor_name="sofia") == found(rule_suite_result="bypass") == ["refs/tags/v2"]
    stage.github.clock.advance(2 * 3600)
    assert found(time_period="hour") == []
    assert len(found(time_period="day")) == 2
