"""Wrong use and wrong input of `trackgate plan`: exit code 2, one line for each problem, never a stack trace."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SHIPPED
from tests.support.local_repository import LocalRepository
from tests.support.policy_texts import small

Trackgate = Callable[..., Any]
PLAN_JSON = ("plan", "--json", "--repository")


def refused(result: Any) -> list[str]:
    """The lines on standard error of a command that was refused and answered nothing."""
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    return result.stderr.splitlines()


def test_not_a_repository_and_no_folder(trackgate: Trackgate, tmp_path: Path) -> None:
    """Each says what was looked at."""
    (tmp_path / "plain").mkdir()
    [line] = refused(trackgate("plan", "--repository", tmp_path / "plain"))
    assert "plain: not a git repository" in line
    [line] = refused(trackgate("plan", "--repository", tmp_path / "missing"))
    assert line.endswith("missing: no such folder")


@pytest.mark.parametrize("name", ["nowhere", "main^{tree}", "deadbeef", "a b", "main..feature", "HEAD:backend"])
def test_unknown_commit(name: str, trackgate: Trackgate, repository: LocalRepository) -> None:
    """What is no commit is named, whether as BASE or as HEAD."""
    for arguments in ((name,), ("main", name)):
        [line] = refused(trackgate("plan", "--repository", repository.folder, *arguments))
        assert line == f"trackgate plan: {name}: no such commit here"


def test_name_like_an_option_reaches_git_as_a_name(trackgate: Trackgate, repository: LocalRepository) -> None:
    """After `--` a name may begin with a dash, and git does not take it for an option."""
    output = repository.folder / "written"
    [line] = refused(trackgate("plan", "--repository", repository.folder, "--", f"--output={output}"))
    assert line.endswith("no such commit here")
    assert not output.exists()


def test_repository_without_commits(trackgate: Trackgate, tmp_path: Path) -> None:
    """There is no branch to go into."""
    empty = LocalRepository(tmp_path / "empty")
    [line] = refused(trackgate("plan", "--repository", empty.folder))
    assert line == "trackgate plan: no branch main here or on the remote; name BASE"
    [line] = refused(trackgate("plan", "--repository", empty.folder, "HEAD"))
    assert line == "trackgate plan: HEAD: no such commit here"


def test_git_is_not_installed(
    trackgate: Trackgate, repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said in one line."""
    monkeypatch.setenv("PATH", str(tmp_path))
    [line] = refused(trackgate("plan", "--repository", repository.folder))
    assert line == "trackgate plan: git is not installed, or not on the PATH"


def test_damaged_repository(trackgate: Trackgate, repository: LocalRepository) -> None:
    """git's own words, without its `fatal:`."""
    tree = repository.git("rev-parse", "HEAD^{tree}")
    (repository.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    [line] = refused(
        trackgate("plan", "--repository", repository.folder, "--policy", repository.folder / ".github")
    )
    assert line.startswith("trackgate plan: unable to read tree ")


def test_invalid_policy_names_every_problem(trackgate: Trackgate, repository: LocalRepository) -> None:
    """Each on a line of its own, as file:line: key: expected."""
    repository.git("checkout", "--quiet", "main")
    broken = SHIPPED.replace("owners: [priya]", "owners: [pria]").replace("version: 1", "version: 7")
    base = repository.commit({".github/trackgate.yml": broken})
    lines = refused(trackgate("plan", "--repository", repository.folder, "main", "feature"))
    assert len(lines) == 2
    for line in lines:
        assert re.match(rf"\.github/trackgate\.yml at {base[:7]}:\d+: [\w.\[\]]+: expected ", line)
    assert "priya" in lines[1], "the nearest person is named"


def test_policy_of_the_head_is_not_used(trackgate: Trackgate, repository: LocalRepository) -> None:
    """A pull request can't change the rules it is judged by."""
    policy = SHIPPED.replace("owners: [sofia, maya]", "owners: [lina]")
    repository.commit({".github/trackgate.yml": policy, "backend/api.py": "new\n"})
    answer = json.loads(trackgate(*PLAN_JSON, repository.folder).stdout)
    base = repository.git("rev-parse", "main")
    assert answer["policy"]["source"] == f".github/trackgate.yml at {base[:7]}"
    assert [reviewer["login"] for reviewer in answer["reviewers"] if reviewer["track"]] == ["sofia", "maya"]


@pytest.fixture
def without_policy(tmp_path: Path) -> LocalRepository:
    """A repository that has no policy of its own."""
    made = LocalRepository(tmp_path / "shop")
    made.commit({"web/page": "x\n"})
    made.branch()
    made.commit({"web/page": "y\n"})
    return made


def test_policy_told_by_file_wins(trackgate: Trackgate, repository: LocalRepository, tmp_path: Path) -> None:
    """`--policy FILE` is used even where the repository has its own."""
    file = tmp_path / "other.yml"
    file.write_bytes(small())
    answer = json.loads(trackgate(*PLAN_JSON, repository.folder, "--policy", file).stdout)
    assert answer["policy"]["name"] == "small"


@pytest.mark.parametrize("url", ["git@github.com:Acme/Shop.git", "https://u:secret@github.com/acme/shop", None])
def test_policy_by_the_remotes_name(
    url: str | None, trackgate: Trackgate, without_policy: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From POLICY_DIR the policy whose patterns match owner/name of `origin`; no password is shown."""
    folder = without_policy.folder.parent / "policies"
    folder.mkdir()
    (folder / "any.yml").write_text(SHIPPED, encoding="utf-8")
    (folder / "shop.yml").write_bytes(small())
    monkeypatch.setenv("POLICY_DIR", str(folder))
    if url is None:
        [line] = refused(trackgate("plan", "--repository", without_policy.folder))
        assert "has not just one policy (any.yml, shop.yml); give --policy FILE" in line
        return
    without_policy.git("remote", "add", "origin", url)
    result = trackgate(*PLAN_JSON, without_policy.folder)
    answer = json.loads(result.stdout)
    assert answer["policy"]["name"] == "small"
    assert answer["repository"].lower() == "acme/shop"
    assert "secret" not in result.output


def test_no_policy_matches(trackgate: Trackgate, without_policy: LocalRepository, tmp_path: Path) -> None:
    """Another repository's policy is not used for want of a better one."""
    (tmp_path / "shop.yml").write_bytes(small())
    without_policy.git("remote", "add", "origin", "ssh://git@github.com/other/shop.git")
    [line] = refused(trackgate("plan", "--repository", without_policy.folder, "--policy", tmp_path))
    assert line.endswith("is for other/shop; give --policy FILE")


def test_policy_that_matches_but_is_broken(
    trackgate: Trackgate, without_policy: LocalRepository, tmp_path: Path
) -> None:
    """It is not passed over for another one: its problems are the answer."""
    (tmp_path / "any.yml").write_text(SHIPPED, encoding="utf-8")
    (tmp_path / "shop.yml").write_bytes(small("version: 1", "version: 2"))
    without_policy.git("remote", "add", "origin", "https://github.com/acme/shop")
    [line] = refused(trackgate("plan", "--repository", without_policy.folder, "--policy", tmp_path))
    assert "/shop.yml:1: version: expected" in line


def test_the_only_policy_of_a_folder(
    trackgate: Trackgate, without_policy: LocalRepository, tmp_path: Path
) -> None:
    """Without a remote the folder's only policy is meant, even a broken one."""
    arguments = ("--repository", without_policy.folder, "--policy", tmp_path)
    (tmp_path / "shop.yml").write_bytes(small())
    answer = json.loads(trackgate("plan", "--json", *arguments).stdout)
    assert (answer["policy"]["name"], answer["repository"]) == ("small", None)
    (tmp_path / "shop.yml").write_bytes(small("version: 1", "version: 2"))
    [line] = refused(trackgate("plan", *arguments))
    assert "shop.yml:1: version: expected" in line


def test_no_policy_at_all(trackgate: Trackgate, without_policy: LocalRepository, tmp_path: Path) -> None:
    """The line says where it was looked for and what to do."""
    [line] = refused(trackgate("plan", "--repository", without_policy.folder))
    assert "POLICY_DIR (policies) is not a folder; give --policy FILE" in line
    [line] = refused(
        trackgate("plan", "--repository", without_policy.folder, "--policy", tmp_path / "missing.yml")
    )
    assert line.endswith("missing.yml: cannot be read: No such file or directory")
