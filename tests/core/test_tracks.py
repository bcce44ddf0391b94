"""Paths → tracks, held against a second, naive way to match."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.merge_gate import wanted_facts
from bot.core.model import ChangeType
from bot.core.policy_model import Policy
from bot.core.tracks import TrackMap, folders_of, pattern_set, touched_tracks
from tests.support.builders import changed, policy
from tests.support.examples import examples

NAMES = st.sampled_from(["a", "b", "ab", "a.sql", "b.sql", ".x", "é", "a b", "A", "\n"])
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
GLOB_PARTS = st.sampled_from(["a", "b", "*", "**", "*.sql", "a*", "?", "a?", "é", ".x"])
GLOBS = st.tuples(st.sampled_from(["", "/"]), st.lists(GLOB_PARTS, min_size=1, max_size=4).map("/".join)).map(
    "".join
)
FOLDERS = st.sampled_from(["a", "b", "ab", "a b"])
PREFIXES = st.lists(FOLDERS, min_size=1, max_size=3).map(lambda parts: "/".join(parts) + "/")
TRACKS = st.dictionaries(
    st.sampled_from(["t1", "t2", "t3", "t4"]),
    st.tuples(st.none() | PREFIXES, st.lists(GLOBS, max_size=3)),
    min_size=1,
)


def policy_of(tracks: dict[str, tuple[str | None, list[str]]]) -> Policy | None:
    """A policy with these tracks and no others; None where it would be an invalid one."""
    shipped = policy().policy.model_dump(by_alias=True)
    claimed = [text for prefix, globs in tracks.values() for text in (prefix, *globs) if text]
    if len(set(claimed)) < len(claimed) or not all(prefix or globs for prefix, globs in tracks.values()):
        return None
    shipped["tracks"] = {
        name: {"prefix": prefix, "globs": tuple(globs), "purpose": "x", "owners": ("raj",)}
        for name, (prefix, globs) in tracks.items()
    }
    return Policy.model_validate(shipped)


def is_in_prefix(path: str, prefix: str) -> bool:
    """Naively: the path's first folders are the prefix's folders, and something is left."""
    folders = prefix.rstrip("/").split("/")
    names = path.split("/")
    return len(names) > len(folders) and names[: len(folders)] == folders


def name_matches(name: str, part: str) -> bool:
    """Naively: a name and a glob's part, letter by letter; `*` is any letters, `?` one."""
    if not part:
        return not name
    if part[0] == "*":
        return name_matches(name, part[1:]) or (bool(name) and name_matches(name[1:], part))
    return bool(name) and part[0] in ("?", name[0]) and name_matches(name[1:], part[1:])


def is_in_glob(path: str, glob: str) -> bool:
    """Naively, as gitignore says: a glob without `/` is looked for at any depth; a folder holds all in it."""
    parts = glob.strip("/").split("/")
    if "/" not in glob:
        parts = ["**", *parts]
    names = path.split("/")
    return any(names_match(names[:end], parts) for end in range(1, len(names) + 1))


def names_match(names: list[str], parts: list[str]) -> bool:
    """Names of a path against a glob's parts; `**` is any number of folders, at the end at least one name."""
    if not parts:
        return not names
    if parts[0] == "**":
        if len(parts) == 1:
            return bool(names)
        return names_match(names, parts[1:]) or (bool(names) and names_match(names[1:], parts))
    return bool(names) and name_matches(names[0], parts[0]) and names_match(names[1:], parts[1:])


def naive_track(path: str, tracks: dict[str, tuple[str | None, list[str]]]) -> str | None:
    """The track with the longest pattern that matches; of equal lengths the later."""
    best: tuple[int, str] | None = None
    for name, (prefix, globs) in tracks.items():
        patterns = ([(prefix, is_in_prefix)] if prefix else []) + [(glob, is_in_glob) for glob in globs]
        for text, matches in patterns:
            if matches(path, text) and (best is None or len(text) >= best[0]):
                best = (len(text), name)
    return best[1] if best else None


@settings(max_examples=examples(60))
@given(TRACKS, st.lists(PATHS, max_size=8))
def test_a_path_goes_where_a_naive_matcher_sends_it(
    tracks: dict[str, tuple[str | None, list[str]]], paths: list[str]
) -> None:
    """One automaton for all patterns finds the same track as trying each pattern letter by letter."""
    made = policy_of(tracks)
    if made is None:
        return
    found = TrackMap(made)
    for path in paths:
        pattern = found.find(path)
        assert (pattern.track if pattern else None) == naive_track(path, tracks), (path, tracks)


@given(TRACKS, PATHS)
def test_an_approval_covers_what_its_track_holds(
    tracks: dict[str, tuple[str | None, list[str]]], path: str
) -> None:
    """Every path of a track lies in one of the folders that are compared when an approval may be stale."""
    made = policy_of(tracks)
    pattern = TrackMap(made).find(path) if made else None
    if made and pattern:
        folders = folders_of(made.tracks[pattern.track])
        assert any(folder == "" or path == folder or path.startswith(f"{folder}/") for folder in folders)


def folder_cases() -> Iterator[tuple[str | None, tuple[str, ...], tuple[str, ...]]]:
    """Prefix, globs, and the folders that hold them."""
    yield "infrastructure/airbyte/", (), ("infrastructure/airbyte",)
    yield None, ("docs/**",), ("docs",)
    yield None, ("/docs/a/*.md",), ("docs/a",)
    yield "qa/", ("tests/**/qa_*.py",), ("qa", "tests")
    yield None, ("*.sql",), ("",)
    yield None, ("docs/",), ("",)
    yield None, ("a/b[c]/d/e",), ("a",)
    yield None, ("**/a",), ("",)


def test_folders_of_a_track() -> None:
    """The prefix, and of each glob the folders before its first wildcard; a glob for any depth is everywhere."""
    for prefix, globs, folders in folder_cases():
        track = policy().policy.tracks["dbt"].model_copy(update={"prefix": prefix, "globs": globs})
        assert folders_of(track) == folders


def test_why_each_path() -> None:
    """The reason names the kind of pattern, the pattern, and for an old path what became of it."""
    loaded = policy({"tracks": {"dbt": {"globs": ["**/*.sql"]}}})
    files = (
        changed("qa/x.sql"),
        changed("z", ChangeType.RENAMED, "backend/z"),
        changed("y", ChangeType.COPIED, "backend/y"),
        changed("x", ChangeType.CHANGED, "backend/x"),
        changed("backend/q", ChangeType.RENAMED, "qa/x.sql"),
    )
    found = {path.path: path.reason for path in TrackMap(loaded.policy).locate(files).paths}
    assert found == {
        "backend/q": "longest match: prefix backend/",
        "backend/x": "moved to x; longest match: prefix backend/",
        "backend/y": "copied to y; longest match: prefix backend/",
        "backend/z": "renamed to z; longest match: prefix backend/",
        "qa/x.sql": "longest match: glob **/*.sql",
        "x": "no track's prefix or glob matches",
        "y": "no track's prefix or glob matches",
        "z": "no track's prefix or glob matches",
    }


def test_touched_tracks_in_the_policys_order() -> None:
    """Whatever the order of the files."""
    loaded = policy()
    located = TrackMap(loaded.policy).locate([changed("qa/a"), changed("backend/a"), changed("x")])
    assert touched_tracks(located.paths, loaded.policy) == ("backend", "qa")


def test_the_first_path_that_triggers() -> None:
    """A path can be in a track and an architecture trigger at once."""
    loaded = policy({"architecture_triggers": {"paths": ["**/migrations/**", "*.proto"]}})
    located = TrackMap(loaded.policy).locate([changed("qa/z.proto"), changed("dbt/migrations/a"), changed("qa/a")])
    assert located.trigger == "dbt/migrations/a"
    assert [path.track for path in located.paths] == ["dbt", "qa", "qa"]
    assert TrackMap(loaded.policy).find("x.proto") is None


def test_a_path_that_is_no_text() -> None:
    """Half of a character in a path is judged like any other odd path."""
    found = TrackMap(policy().policy)
    pattern = found.find("backend/\ud800.py")
    assert pattern is not None
    assert pattern.track == "backend"
    assert found.find("\ud800backend/a") is None


def test_the_largest_patterns_that_a_policy_may_have() -> None:
    """A hundred of the costliest globs for architecture triggers are compiled and matched, in bounded memory."""
    globs = tuple(("?" * 296 + f"{number:04}", False) for number in range(100))
    assert pattern_set(globs).matching("x" * 296 + "0042") == [42]


def test_a_path_that_meets_no_trigger() -> None:
    """The weakest pattern of a track stands right behind the triggers, and is none of them."""
    loaded = policy(
        {"architecture_triggers": {"paths": ["**/migrations/**"]}, "tracks": {"qa": {"prefix": "qa/"}}}
    )
    located = TrackMap(loaded.policy).locate([changed("qa/a.ts"), changed("dbt/a.sql")])
    assert located.trigger is None
    assert TrackMap(loaded.policy).locate([changed("qa/migrations/1")]).trigger == "qa/migrations/1"


def test_which_pattern_a_path_met() -> None:
    """The text of the policy, for whoever wants to know why."""
    loaded = policy({"tracks": {"dbt": {"globs": ["*.sql"]}}})
    located = TrackMap(loaded.policy).locate([changed("dbt/a"), changed("x.sql"), changed("x")])
    assert [(one.path, one.track, one.pattern) for one in located.paths] == [
        ("dbt/a", "dbt", "dbt/"),
        ("x", None, None),
        ("x.sql", "dbt", "*.sql"),
    ]


def test_what_became_of_an_old_path() -> None:
    """It is told of unless that path is a changed file itself; of several copies the first is."""
    files = [
        changed("qa/b", ChangeType.COPIED, "dbt/a"),
        changed("qa/a", ChangeType.COPIED, "dbt/a"),
        changed("qa/c", ChangeType.RENAMED, "dbt/b"),
        changed("dbt/b"),
    ]
    for order in (files, files[::-1]):
        located = TrackMap(policy().policy).locate(order)
        reasons = {one.path: one.reason for one in located.paths}
        assert reasons["dbt/a"] == "copied to qa/a; longest match: prefix dbt/"
        assert reasons["dbt/b"] == "longest match: prefix dbt/"


def test_the_folder_of_a_prefix() -> None:
    """Without the slash at its end, and nothing else."""
    loaded = policy({"tracks": {"dbt": {"prefix": "dbX/"}}})
    assert folders_of(loaded.policy.tracks["dbt"]) == ("dbX",)


def test_a_folder_is_read_once() -> None:
    """The whole tree is wanted anyway, also where a track's glob needs it."""
    loaded = policy({"tracks": {"dbt": {"globs": ["*.sql", "dbt/*"]}}})
    folders = wanted_facts(loaded.policy).folders
    assert folders[0] == ""
    assert len(set(folders)) == len(folders)
