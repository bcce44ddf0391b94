"""`trackgate verify` and `trackgate ruleset`, as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.records.keys import SigningKey
from bot.records.record import make_record
from tests.cli.conftest import SHIPPED, Trackgate
from tests.support.local_repository import LocalRepository
from tests.support.records import COMMIT, REPOSITORY, TAG, release_claim


@pytest.fixture
def key() -> SigningKey:
    """The service's key."""
    return SigningKey.generate()


@pytest.fixture
def files(tmp_path: Path, key: SigningKey) -> list[object]:
    """The options that name a valid record and the public key."""
    record, public = tmp_path / "record.json", tmp_path / "key.pem"
    record.write_bytes(make_record(release_claim(), key))
    public.write_text(key.public_pem)
    return ["--record", record, "--public-key", public]


def test_a_valid_record_says_what_it_proves(trackgate: Trackgate, files: list[object], key: SigningKey) -> None:
    """Exit code 0, with commit, people, evidence, key, and what it does not prove."""
    answer = trackgate("verify", TAG, *files, "--repository", REPOSITORY, "--commit", COMMIT)
    assert answer.exit_code == 0, answer.stderr
    for part in (
        COMMIT,
        key.key_id,
        "contract-freeze by raj",
        "rollout-readiness by mira",
        "c" * 40,
        "does not prove",
    ):
        assert part in answer.stdout
    assert "override    dbt by raj and mira" in answer.stdout
    assert "not checked where the tag points to" in answer.stdout


@pytest.mark.parametrize(
    ("tag", "options", "reason"),
    [
        ("v3.1.1", (), "wrong tag"),
        (TAG, ("--repository", "acme/other"), "wrong repository"),
        (TAG, ("--commit", "f" * 40), "wrong commit"),
    ],
)
def test_another_release_is_not_verified(
    trackgate: Trackgate, files: list[object], tag: str, options: tuple[str, ...], reason: str
) -> None:
    """A valid record of something else: exit code 1 and the one reason."""
    answer = trackgate("verify", tag, *files, *options)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"{tag} is not verified: {reason}")


def test_a_changed_record_is_not_verified(trackgate: Trackgate, files: list[object], tmp_path: Path) -> None:
    """One byte more and it is no record of ours; another key's record is none either."""
    record = tmp_path / "record.json"
    record.write_bytes(record.read_bytes() + b" ")
    answer = trackgate("verify", TAG, *files)
    assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)
    assert "changed" in answer.stderr
    record.write_bytes(make_record(release_claim(), SigningKey.generate()))
    assert trackgate("verify", TAG, *files).exit_code == 1


def test_the_local_tag_must_point_to_the_recorded_commit(
    trackgate: Trackgate, files: list[object], key: SigningKey, tmp_path: Path
) -> None:
    """In a clone, a tag (annotated or not) that was moved since is noticed; one on the commit is told as such."""
    clone = LocalRepository(tmp_path / "clone")
    commit = clone.commit({"a": "1"})
    (tmp_path / "record.json").write_bytes(make_record(release_claim(commit_sha=commit), key))
    clone.git("tag", "--annotate", "--message=release", TAG)
    good = trackgate("verify", TAG, *files, "--git", clone.folder)
    assert good.exit_code == 0
    assert "the tag points to that commit" in good.stdout
    moved = clone.commit({"a": "2"})
    clone.git("tag", "--force", TAG)
    answer = trackgate("verify", TAG, *files, "--git", clone.folder)
    assert answer.exit_code == 1
    assert f"here it is {moved}" in answer.stderr
    # A branch of that name is not the tag.
    clone.git("tag", "--delete", TAG)
    clone.git("branch", TAG, commit)
    assert trackgate("verify", TAG, *files, "--git", clone.folder).exit_code == 2


def test_the_folder_it_is_called_in_is_looked_at(
    trackgate: Trackgate, files: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside a clone no option is needed for the local tag to be compared."""
    clone = LocalRepository(tmp_path / "clone")
    clone.commit({"a": "1"})
    monkeypatch.chdir(clone.folder)
    assert "not checked" in trackgate("verify", TAG, *files).stdout
    clone.git("tag", TAG)
    assert trackgate("verify", TAG, *files).exit_code == 1


def test_missing_files_and_folders_are_wrong_use(
    trackgate: Trackgate, files: list[object], tmp_path: Path
) -> None:
    """A file that is not there, a folder that is no repository: exit code 2 and one line."""
    for wrong in ([*files[:2], "--public-key", tmp_path / "no.pem"], [*files, "--git", tmp_path]):
        answer = trackgate("verify", TAG, *wrong)
        assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("commit", ["", COMMIT[:12], "HEAD", f"{COMMIT}0", "x" * 40, f"{COMMIT}\n"])
def test_half_a_commit_is_wrong_use(trackgate: Trackgate, files: list[object], commit: str) -> None:
    """An abbreviated SHA or a name proves nothing: exit code 2, in one line."""
    answer = trackgate("verify", TAG, *files, "--commit", commit)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == "trackgate verify: --commit: give the full SHA: 40 digits of 0-9 and a-f\n"


def test_a_commit_in_capitals(trackgate: Trackgate, files: list[object]) -> None:
    """A full SHA is the same one in capitals."""
    assert trackgate("verify", TAG, *files, "--commit", COMMIT.upper()).exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no public key in PEM form"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "not a public key in PEM form"),
        (SigningKey.generate().private_pem().decode(), "a private key; give the public one"),
    ],
    ids=["empty", "broken", "private"],
)
def test_a_file_that_is_no_public_key_is_wrong_use(
    trackgate: Trackgate, files: list[object], tmp_path: Path, text: str, said: str
) -> None:
    """Nothing is said about the record: exit code 2, in one line that names the file."""
    (tmp_path / "key.pem").write_text(text)
    answer = trackgate("verify", TAG, *files)
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (2, "", 1)
    assert answer.stderr.startswith(f"trackgate verify: {tmp_path / 'key.pem'}: {said}")


@pytest.mark.parametrize(
    ("address", "code"),
    [(f"https://github.com/{REPOSITORY}", 0), (f"https://github.example/{REPOSITORY}", 1)],
)
def test_an_address_names_the_server_too(
    trackgate: Trackgate, files: list[object], address: str, code: int
) -> None:
    """The repository by its URL: a record from another GitHub is not for it."""
    answer = trackgate("verify", TAG, *files, "--repository", address)
    assert answer.exit_code == code
    assert ("wrong repository" in answer.stderr) == bool(code)


def test_hostile_text_in_a_record_cannot_reach_the_terminal(
    trackgate: Trackgate, files: list[object], key: SigningKey, tmp_path: Path
) -> None:
    """An override's reason with an escape sequence is shown escaped."""
    claim = release_claim()
    override = release_claim().overrides[0]
    hostile = type(override)(override.track, COMMIT, "raj", "\x1b[2J\nverified", "mira", override.expires_at)
    (tmp_path / "record.json").write_bytes(make_record(release_claim(overrides=(hostile,)), key))
    answer = trackgate("verify", claim.tag, *files)
    assert answer.exit_code == 0
    assert "\x1b" not in answer.stdout
    assert "\\x1b[2J\\nverified" in answer.stdout


def test_ruleset_prints_json(trackgate: Trackgate, tmp_path: Path) -> None:
    """The ruleset for a policy and an App, ready to import; a broken or missing policy is told."""
    policy = tmp_path / "policy.yml"
    policy.write_text(SHIPPED)
    answer = trackgate("ruleset", policy, "--app-id", "4711")
    assert json.loads(answer.stdout)["bypass_actors"][0]["actor_id"] == 4711
    policy.write_text("version: 2\n")
    broken = trackgate("ruleset", policy, "--app-id", "4711")
    assert (broken.exit_code, broken.stdout) == (2, "")
    assert ":1: version: expected" in broken.stderr
    assert trackgate("ruleset", tmp_path / "no.yml", "--app-id", "1").exit_code == 2
    assert trackgate("ruleset", policy).exit_code == 2
