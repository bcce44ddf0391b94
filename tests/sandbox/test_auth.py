"""Tokens: App JWTs are verified, installation tokens narrowed and expired, unknown ones refused."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from tests.sandbox.conftest import ROOT, Stage


def app_jwt(stage: Stage, *, algorithm: str = "RS256", key: Any = None, **claims: Any) -> str:
    """A JWT as an App makes it, with some claims changed; None takes one out."""
    now = int(time.time())
    given = {"iat": now - 60, "exp": now + 540, "iss": str(stage.app.id), **claims}
    kept = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(kept, key or stage.app.private_key_pem, algorithm)


def test_a_good_jwt_is_the_app(stage: Stage) -> None:
    """The App ID and the client ID are both good issuers."""
    for issuer in (str(stage.app.id), stage.app.client_id):
        assert stage.client(app_jwt(stage, iss=issuer)).call("GET", "/app")["slug"] == "trackgate"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 1},
        {"exp": int(time.time()) + 3600},
        {"exp": None},
        {"iat": int(time.time()) + 600},
        {"iat": None},
        {"iss": "12"},
        {"iss": None},
    ],
    ids=["expired", "too long", "no exp", "from the future", "no iat", "unknown issuer", "no issuer"],
)
def test_a_bad_claim_is_refused(stage: Stage, claims: dict[str, Any]) -> None:
    """Each wrong claim gets a 401."""
    assert stage.client(app_jwt(stage, **claims)).send("GET", "/app")[0] == 401


def test_a_jwt_of_another_key_is_refused(stage: Stage) -> None:
    """The signature is checked against the App's own key, and only RS256 counts."""
    other = generate_private_key(public_exponent=65537, key_size=2048)
    assert stage.client(app_jwt(stage, key=other)).send("GET", "/app")[0] == 401
    shared = "a shared secret that is long enough for it"
    assert stage.client(app_jwt(stage, key=shared, algorithm="HS256")).send("GET", "/app")[0] == 401


def test_a_jwt_opens_no_repository_and_no_graphql(stage: Stage) -> None:
    """An App as itself only manages its installations."""
    client = stage.client(app_jwt(stage))
    assert client.send("POST", "/graphql", {"query": "{viewer{login}}"})[0] == 401
    assert client.send("POST", f"{ROOT}/check-runs", {"name": "x", "head_sha": "0" * 40})[0] in (401, 403)


def mint(stage: Stage, **fields: Any) -> tuple[int, Any]:
    """Ask for an installation token."""
    path = f"/app/installations/{stage.installation.id}/access_tokens"
    status, answer, _ = stage.client(app_jwt(stage)).send("POST", path, fields)
    return status, answer


def test_an_installation_token_works_for_an_hour(stage: Stage) -> None:
    """It reads the repository until it expires, then gets 401."""
    status, answer = mint(stage)
    client = stage.client(answer["token"])
    assert status == 201
    assert answer["token"].startswith(f"ghs_{stage.app.id}_")
    assert client.call("GET", ROOT)["full_name"] == "meta/integration"
    stage.github.clock.advance(3601)
    status, answer, _ = client.send("GET", ROOT)
    assert (status, answer["message"]) == (401, "Bad credentials")


def test_a_token_can_be_narrowed_but_not_widened(stage: Stage) -> None:
    """Fewer permissions and fewer repositories are granted, more are refused."""
    other = stage.github.import_repository("meta/other", files={"a": "b"}, private=True)
    stage.github.change_installation(stage.installation, other, add=True)
    status, answer = mint(stage, permissions={"contents": "read"}, repositories=["integration"])
    client = stage.client(answer["token"])
    assert (status, answer["permissions"]) == (201, {"metadata": "read", "contents": "read"})
    assert [one["name"] for one in client.call("GET", "/installation/repositories")["repositories"]] == [
        "integration"
    ]
    assert client.send("GET", "/repos/meta/other")[0] == 404
    assert client.send("POST", f"{ROOT}/git/blobs", {"content": "x"})[0] == 403
    assert mint(stage, permissions={"administration": "write"})[0] == 422
    assert mint(stage, repositories=["nowhere"])[0] == 422
    assert mint(stage, repository_ids=[other.id])[0] == 201


def test_revoked_suspended_and_uninstalled(stage: Stage) -> None:
    """A revoked token, a suspended installation and a removed one all stop at once."""
    first, second = stage.client(mint(stage)[1]["token"]), stage.client(mint(stage)[1]["token"])
    first.call("DELETE", "/installation/token")
    assert first.send("GET", ROOT)[0] == 401
    stage.installation.suspended_at = stage.github.clock.now()
    assert second.send("GET", ROOT)[0] == 403
    stage.installation.suspended_at = None
    stage.github.uninstall(stage.installation)
    assert second.send("GET", ROOT)[0] == 401
    assert mint(stage)[0] == 404


def test_an_unknown_token_is_refused_even_for_public_things(stage: Stage) -> None:
    """A wrong token is worse than none: 401, with GitHub's message."""
    status, answer, _ = stage.client("ghp_nobody").send("GET", ROOT)
    assert (status, answer["message"]) == (401, "Bad credentials")


def test_what_a_token_cannot_see_does_not_exist(stage: Stage) -> None:
    """A private repository is 404 for outsiders, for other installations, and NOT_FOUND in GraphQL."""
    stage.github.import_repository("meta/secret", files={"a": "b"}, collaborators={"maya": "read"}, private=True)
    query = '{repository(owner: "meta", name: "secret") {id}}'
    assert stage.person("outsider").send("GET", "/repos/meta/secret")[0] == 404
    assert stage.person("maya").send("GET", "/repos/meta/secret")[0] == 200
    assert stage.bot().send("GET", "/repos/meta/secret")[0] == 404
    _, answer, _ = stage.bot().send("POST", "/graphql", {"query": query})
    assert answer["data"] == {"repository": None}
    assert answer["errors"][0]["type"] == "NOT_FOUND"


def test_all_tokens_of_an_installation_can_be_revoked(stage: Stage) -> None:
    """Each gets 401 from then on; a new one works."""
    clients = [stage.client(mint(stage)[1]["token"]) for _ in range(2)]
    stage.github.revoke_tokens(stage.installation)
    assert [client.send("GET", ROOT)[0] for client in clients] == [401, 401]
    assert stage.client(mint(stage)[1]["token"]).send("GET", ROOT)[0] == 200


def test_a_suspension_is_told_and_ends(stage: Stage) -> None:
    """Nothing works and nothing else is told until it ends; then the old token works again."""
    client, server = stage.client(mint(stage)[1]["token"]), stage.listen()
    stage.github.suspend(stage.installation)
    assert client.send("GET", ROOT)[0] == 403
    status, answer = mint(stage)
    assert (status, answer["message"]) == (403, "This installation has been suspended")
    stage.open()
    stage.github.unsuspend(stage.installation)
    assert client.send("GET", ROOT)[0] == 200
    stage.github.wait_for_deliveries()
    told = [one.json for one in server.requests]
    assert [one["action"] for one in told] == ["suspend", "unsuspend"]
    assert told[0]["installation"]["suspended_by"]["login"] == "meta"
    assert [one["installation"]["suspended_at"] is None for one in told] == [False, True]
