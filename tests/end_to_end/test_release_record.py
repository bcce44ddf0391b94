"""The record of a release that was made, checked by somebody who has only files and a clone."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.main import app
from tests.support.local_repository import LocalRepository
from tests.support.release_story import ReleaseStory
from tests.support.world import World


def test_the_record_on_github_is_verified_offline(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Download record and public key, then verify: right for this tag alone, and not with a changed byte."""
    story = ReleaseStory(world, world.repository())
    head = story.make_ready()
    story.say("raj", f"/gate release {story.tag}")
    assert story.tagged_commit() == head
    [release] = story.releases()
    [asset] = release["assets"]
    record, key = tmp_path / asset["name"], tmp_path / "signing-key.pem"
    record.write_bytes(world.as_user("raj").download_asset(asset))
    key.write_bytes(world.http.request("GET", f"{world.service_url}/signing-key.pem").data)
    # A clone that has the tag: here its commit is another one, since nothing was fetched.
    clone = LocalRepository(tmp_path / "clone")
    clone.commit({"a": "1"})
    clone.git("tag", story.tag)

    monkeypatch.chdir(tmp_path)

    def verify(tag: str, *options: object) -> tuple[int, str]:
        told = ["verify", tag, "--record", record, "--public-key", key, "--repository", story.repository, *options]
        answer = CliRunner().invoke(app, [str(part) for part in told], catch_exceptions=False)
        return answer.exit_code, answer.output

    code, output = verify(story.tag, "--commit", head)
    assert code == 0, output
    for part in (head, "contract-freeze by raj", "rollout-readiness by mira", "docs/project/evidence/"):
        assert part in output
    assert verify("v9.9.9")[0] == 1
    assert verify(story.tag, "--commit", "f" * 40)[0] == 1
    assert verify(story.tag, "--git", clone.folder)[0] == 1
    record.write_bytes(record.read_bytes().replace(b'"payload":"e', b'"payload":"f'))
    assert verify(story.tag)[0] == 1
