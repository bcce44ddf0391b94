"""Release records: what they say, and that nothing about them can be changed."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope

from bot.core.model import Override
from bot.core.release_model import SignOff
from bot.records.claim import ReleaseClaim, server_of
from bot.records.keys import SigningKey, trusted_keys
from bot.records.record import MAXIMUM_BYTES, RecordRefused, make_record, verify_record
from bot.records.statement import PAYLOAD_TYPE, StatementError, canonical, statement_of
from tests.support.records import COMMIT, REPOSITORY, TAG, THEN, release_claim

KEY = SigningKey.of(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
PUBLIC = KEY.public_pem.encode()
RECORD = make_record(release_claim(), KEY)


def payload(record: bytes = RECORD) -> dict[str, Any]:
    """The statement inside a record."""
    statement = json.loads(base64.b64decode(json.loads(record)["payload"]))
    assert isinstance(statement, dict)
    return statement


def signed(statement: object, key: SigningKey = KEY, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Any statement in a correctly signed envelope of the right form: what only the holder of the key can make."""
    data = statement if isinstance(statement, bytes) else canonical(statement)
    envelope = Envelope(data, payload_type, {})
    envelope.sign(key.signer())
    return canonical(envelope.to_dict()) + b"\n"


def refusal(data: bytes, key: bytes = PUBLIC, **wanted: Any) -> str:
    """The one line with which a record is refused."""
    with pytest.raises(RecordRefused) as caught:
        verify_record(data, key, **{"tag": TAG, **wanted})
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_record_gives_back_what_was_signed() -> None:
    """Repository, tag, commit, policy, evidence, sign-offs, overrides, log and times come out as they went in."""
    proof = verify_record(RECORD, PUBLIC, tag=TAG, repository="ACME/Integration", commit_sha=COMMIT.upper())
    assert (proof.claim, proof.key_id) == (release_claim(), KEY.key_id)
    assert verify_record(RECORD, PUBLIC, tag=TAG, repository="https://github.com/acme/integration") == proof


def test_the_same_claim_and_key_give_the_same_bytes() -> None:
    """A record that is made again after a crash is the one that was made before it; another key makes another."""
    assert make_record(release_claim(), KEY) == RECORD
    assert make_record(release_claim(), SigningKey.generate()) != RECORD


def test_a_record_is_a_standard_attestation() -> None:
    """in-toto statement, SLSA predicate and DSSE envelope have the fields that these standards require."""
    envelope = json.loads(RECORD)
    assert set(envelope) == {"payload", "payloadType", "signatures"}
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    statement = payload()
    uri = f"git+https://github.com/{REPOSITORY}@refs/tags/{TAG}"
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"] == [{"name": uri, "digest": {"gitCommit": COMMIT}}]
    assert statement["predicateType"] == "https://slsa.dev/verification_summary/v1"
    predicate = statement["predicate"]
    extension = predicate.pop("trackgate_release")
    assert predicate == {
        "verifier": {"id": "https://gate.example"},
        "timeVerified": "2026-02-19T20:30:00Z",
        "resourceUri": uri,
        "policy": {"uri": ".github/trackgate.yml", "digest": {"sha256": "a" * 64}},
        "inputAttestations": [
            {
                "name": "docs/project/evidence/meta-validation/20260219T193000Z.md",
                "uri": f"git+https://github.com/{REPOSITORY}@{COMMIT}"
                "#docs/project/evidence/meta-validation/20260219T193000Z.md",
                "digest": {"gitBlob": "c" * 40},
            }
        ],
        "verificationResult": "PASSED",
        "verifiedLevels": ["TRACKGATE_RELEASE"],
    }
    assert [(s["statement"], s["login"], s["commit"]) for s in extension["signOffs"]] == [
        ("contract-freeze", "raj", COMMIT),
        ("rollout-readiness", "mira", COMMIT),
    ]
    assert extension["overrides"][0]["confirmedBy"] == "mira"
    assert extension["decision"] == {"sha256": "b" * 64}
    assert extension["decisionLog"] == {"sha256": "d" * 64}


def test_another_implementation_accepts_the_signature(tmp_path: Path) -> None:
    """openssl verifies the record by DSSE's description alone, without any code of ours or of our library."""
    envelope = json.loads(RECORD)
    kind, body = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
    (tmp_path / "message").write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body))
    (tmp_path / "signature").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    (tmp_path / "key.pem").write_bytes(PUBLIC)
    command = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in message -sigfile signature"
    run = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", "key.pem", "-outform", "DER"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert hashlib.sha256(der.stdout).hexdigest() == KEY.key_id == envelope["signatures"][0]["keyid"]


def test_any_flipped_byte_is_noticed() -> None:
    """Each byte of the file in turn, replaced by several others, removed, doubled: never accepted."""
    for place, byte in enumerate(RECORD):
        for other in {byte ^ 1, byte ^ 0x20, byte ^ 0x80, 0x20, 0x0A} - {byte}:
            refusal(RECORD[:place] + bytes([other]) + RECORD[place + 1 :])
        refusal(RECORD[:place] + RECORD[place + 1 :])
        refusal(RECORD[:place] + b" " + RECORD[place:])


@given(st.binary(max_size=200))
def test_no_bytes_at_all_are_more_than_refused(data: bytes) -> None:
    """Whatever the file holds, the answer is one line."""
    refusal(data)


@given(st.recursive(st.none() | st.text(max_size=9) | st.integers(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["payload", "payloadType", "signatures", "keyid", "sig"]), x)))  # fmt: skip
def test_no_json_at_all_is_more_than_refused(value: object) -> None:
    """Whatever JSON of whatever shape, the answer is one line."""
    refusal(json.dumps(value).encode())


@pytest.mark.parametrize(
    "change", ["indented", "extra", "extra in signature", "no line end", "two lines", "order"]
)
def test_another_form_of_the_same_envelope_is_refused(change: str) -> None:
    """A signature says nothing about what is beside the payload, so nothing may be beside it."""
    envelope = json.loads(RECORD)
    data = {
        "indented": lambda: json.dumps(envelope, indent=1).encode() + b"\n",
        "extra": lambda: canonical({**envelope, "note": "reviewed by nobody"}) + b"\n",
        "extra in signature": lambda: (
            canonical({**envelope, "signatures": [{**envelope["signatures"][0], "by": "somebody"}]}) + b"\n"
        ),
        "no line end": lambda: RECORD.rstrip(b"\n"),
        "two lines": lambda: RECORD + b"\n",
        "order": lambda: json.dumps(dict(reversed(envelope.items())), separators=(",", ":")).encode() + b"\n",
    }[change]()
    refusal(data)


def test_wrong_tag_repository_or_commit() -> None:
    """A valid record of another release is named as such, with both values."""
    assert refusal(RECORD, tag="v3.1.1") == "wrong tag: the record is for v3.1.0, not for v3.1.1"
    assert refusal(RECORD, tag="V3.1.0").startswith("wrong tag")
    assert refusal(RECORD, repository="acme/other").startswith("wrong repository")
    assert refusal(RECORD, repository="https://evil.example/acme/integration").startswith("wrong repository")
    assert refusal(RECORD, commit_sha="f" * 40).startswith("wrong commit")
    assert refusal(RECORD, commit_sha=COMMIT[:12]).startswith("wrong commit")


def test_wrong_key() -> None:
    """Another key, a private key, an RSA key, no key: none of them is taken for the one that signed."""
    other = SigningKey.generate().public_pem.encode()
    assert refusal(RECORD, other) == "signed with another key than the given one"
    assert "private key" in refusal(RECORD, KEY.private_pem())
    assert "no public key" in refusal(RECORD, b"")
    rsa = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
    assert "not a public key" in refusal(RECORD, rsa)


def test_a_key_that_only_claims_the_id_is_refused() -> None:
    """A stranger who signs and puts our key's ID beside the signature does not pass."""
    stranger = SigningKey.generate()
    forged = signed(payload(), stranger).replace(stranger.key_id.encode(), KEY.key_id.encode())
    assert "the signature is wrong" in refusal(forged)


def test_earlier_keys_of_the_service_still_verify() -> None:
    """The file of public keys may hold several; the one that the record names decides."""
    other = SigningKey.generate()
    both = other.public_pem.encode() + b"# earlier\n" + PUBLIC
    assert verify_record(RECORD, both, tag=TAG).key_id == KEY.key_id
    assert set(trusted_keys(both)) == {KEY.key_id, other.key_id}


def test_several_signatures_are_refused() -> None:
    """Two good signatures are not a record either: which of the two would be meant?"""
    other = SigningKey.generate()
    envelope = Envelope(statement_of(release_claim()), PAYLOAD_TYPE, {})
    envelope.sign(KEY.signer())
    envelope.sign(other.signer())
    data = canonical(envelope.to_dict()) + b"\n"
    assert "exactly one signature" in refusal(data, PUBLIC + other.public_pem.encode())
    assert "exactly one signature" in refusal(canonical({**json.loads(RECORD), "signatures": []}) + b"\n")


def test_what_is_signed_must_be_a_passed_release() -> None:
    """Other statements of the same key prove nothing: another type or predicate, FAILED, at odds with itself."""
    statement, predicate = payload(), payload()["predicate"]
    cases = {
        "not an in-toto statement": {**statement, "_type": "https://in-toto.io/Statement/v0.1"},
        "not a SLSA verification summary": {**statement, "predicateType": "https://slsa.dev/provenance/v1"},
        "does not say PASSED": {**statement, "predicate": {**predicate, "verificationResult": "FAILED"}},
        "predicate.timeVerified": {**statement, "predicate": {**predicate, "timeVerified": "yesterday"}},
        "predicate.policy.digest": {**statement, "predicate": {**predicate, "policy": {"uri": "x"}}},
        "contradicts itself": {**statement, "predicate": {**predicate, "resourceUri": "git+https://x/y"}},
        "predicate.more": {**statement, "predicate": {**predicate, "more": 1}},
        "subject": {**statement, "subject": [*statement["subject"], *statement["subject"]]},
    }
    for reason, changed in cases.items():
        assert reason in refusal(signed(changed)), reason
    assert "not JSON" in refusal(signed(b"{"))
    odd = {**predicate, "trackgate_release": {**predicate["trackgate_release"], "tag": "\ud800"}}
    refusal(signed({**statement, "predicate": odd}))
    assert "payload is not an in-toto" in refusal(signed(statement, payload_type="text/plain"))


def test_a_payload_in_another_form_is_refused() -> None:
    """Even the holder of the key writes a statement in one form only."""
    assert "contradicts itself" in refusal(signed(json.dumps(payload(), indent=1).encode()))


def test_a_huge_file_is_not_parsed() -> None:
    """More than a megabyte is refused before anything reads it; deep nesting is no crash."""
    assert "larger than" in refusal(b"[" * (MAXIMUM_BYTES + 1))
    refusal(b"[" * 100_000)


def test_times_of_any_zone_give_the_same_record() -> None:
    """A database in Jamaica and one in UTC give one record; a record with another zone in it is not ours."""
    there = timezone(timedelta(hours=-5))
    claim = release_claim()
    moved = tuple(replace(one, given_at=one.given_at.astimezone(there)) for one in claim.sign_offs)
    assert (
        make_record(replace(claim, verified_at=claim.verified_at.astimezone(there), sign_offs=moved), KEY)
        == RECORD
    )
    predicate = {**payload()["predicate"], "timeVerified": "2026-02-19T15:30:00-05:00"}
    assert "contradicts itself" in refusal(signed({**payload(), "predicate": predicate}))


def test_what_did_not_count_is_not_signed() -> None:
    """A revoked sign-off, an override by one person, a short SHA or a local time never get into a record."""
    claim = release_claim()
    wrong: list[dict[str, Any]] = [
        {"sign_offs": (replace(claim.sign_offs[0], ended="revoked"),)},
        {"overrides": (replace(claim.overrides[0], confirmed_by=None),)},
        {"commit_sha": COMMIT[:12]},
        {"policy_digest": ""},
        {"tag": "v\ud800"},
        {"verified_at": THEN.replace(tzinfo=None)},
    ]
    for changes in wrong:
        with pytest.raises(StatementError):
            make_record(release_claim(**changes), KEY)


@pytest.mark.parametrize("tag", ["v1@x", "v1#x", "v/1 ", "vé", "v%31", "v?x"])
def test_odd_tags_stay_themselves(tag: str) -> None:
    """Characters that mean something in an address do not turn one tag into another."""
    assert verify_record(make_record(release_claim(tag=tag), KEY), PUBLIC, tag=tag).claim.tag == tag


@pytest.mark.parametrize(
    ("api", "server"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://git.example/api/v3", "https://git.example"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
    ],
)
def test_server_of_an_api(api: str, server: str) -> None:
    """The address in a record is the one that people see, for github.com and for a server of one's own."""
    assert server_of(api) == server


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SHAS = st.binary(min_size=20, max_size=20).map(bytes.hex)
TIMES = st.datetimes(timezones=st.just(UTC))


@given(
    st.builds(
        release_claim,
        repository=NAMES,
        tag=NAMES,
        commit_sha=SHAS,
        policy_source=NAMES,
        evidence_path=NAMES,
        verifier=NAMES,
        verified_at=TIMES,
        sign_offs=st.lists(st.builds(SignOff, NAMES, NAMES, SHAS, TIMES, st.none()), max_size=3).map(tuple),
        overrides=st.lists(
            st.builds(Override, NAMES, SHAS, NAMES, NAMES, st.text("ab", min_size=1), TIMES), max_size=2
        ).map(tuple),
    )
)
@example(release_claim(tag="\n"))
def test_every_claim_comes_back_as_it_was(claim: ReleaseClaim) -> None:
    """Whatever the names in it are made of, what is signed is what is read, and another tag is never proved."""
    record = make_record(claim, KEY)
    assert verify_record(record, PUBLIC, tag=claim.tag, commit_sha=claim.commit_sha).claim == claim
    assert refusal(record, tag=claim.tag + "x").startswith("wrong tag")
