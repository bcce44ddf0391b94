"""Pieces of the answer about a release → plain values. Pure; each function takes the JSON of one fragment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.core.evidence_text import EvidenceEntry
from bot.core.release_model import ExistingTag
from bot.github_api import nodes
from bot.github_api.graphql import Json
from bot.github_api.pull_request_pages import next_cursor
from bot.github_api.queries import Part
from bot.github_api.release_readings import EvidenceVersion, OpenPullRequestLabels

# Folders of one track that are held against each other in the query itself: pairs grow with the square.
MOST_FOLDERS_COMPARED = 8


def track_histories(tracks: Iterable[Sequence[str]]) -> Part:
    """The generated fragment TrackHistories: the last commit of each folder (`h0` …).

    Inside it, each other folder of the same track has the last commit as of that one (`h0_1` …), so that the
    answer itself tells which of them is later, whatever dates the commits carry.
    """
    groups = [tuple(dict.fromkeys(folders)) for folders in tracks]
    alias = {folder: f"h{n}" for n, folder in enumerate(dict.fromkeys(f for group in groups for f in group))}
    beside: dict[str, dict[str, None]] = {folder: {} for folder in alias}
    for group in groups:
        for folder in group if len(group) <= MOST_FOLDERS_COMPARED else ():
            beside[folder] |= dict.fromkeys(other for other in group if other != folder)
    inner = {folder: f"...TrackCommit{_beside(name, beside[folder], alias)}" for folder, name in alias.items()}
    fields = [
        f"{name}: history(first: 1, path: ${name}) {{ nodes {{ {inner[folder]} }} }}"
        for folder, name in alias.items()
    ]
    text = "fragment TrackHistories on Commit {\n  oid\n  " + "\n  ".join(fields) + "\n}\n"
    values = tuple((name, folder.strip("/") or None) for folder, name in alias.items())
    return Part("TrackHistories", text, tuple((name, "String") for name, _ in values), values)


def _beside(name: str, others: Iterable[str], alias: Mapping[str, str]) -> str:
    return "".join(
        f" {name}_{alias[other]}: history(first: 1, path: ${alias[other]}) {{ nodes {{ oid }} }}"
        for other in others
    )


def folder_commits(target: Json, tracks: Mapping[str, Sequence[str]]) -> dict[str, list[tuple[str, Json, bool]]]:
    """Fragment TrackHistories: for each track the folder, the JSON of its last commit, and whether it is last."""
    every = dict.fromkeys(f for folders in tracks.values() for f in dict.fromkeys(folders))
    alias = {folder: f"h{n}" for n, folder in enumerate(every)}
    found: dict[str, list[tuple[str, Json, bool]]] = {}
    for track, folders in tracks.items():
        commits = {
            folder: commit
            for folder in dict.fromkeys(folders)
            if (commit := next(nodes.nodes(target.get(alias[folder])), None)) is not None
        }
        found[track] = [
            (folder, commit, not any(_is_later(alias, other, folder, commits) for other in commits))
            for folder, commit in commits.items()
        ]
    return found


def _is_later(alias: Mapping[str, str], other: str, folder: str, commits: Mapping[str, Json]) -> bool:
    """Whether the commit of `other` is another one and has the commit of `folder` in its history."""
    later, earlier = commits[other], commits[folder]
    if later["oid"] == earlier["oid"]:
        return False
    seen = next(nodes.nodes(later.get(f"{alias[other]}_{alias[folder]}")), None)
    return seen is not None and seen["oid"] == earlier["oid"]


def evidence_entries(target: Json, directory: str) -> tuple[EvidenceEntry, ...]:
    """Fragment EvidenceEntry: every entry of the folder, and what is in the folders directly in it."""
    found: list[EvidenceEntry] = []
    for entry in _entries(target.get("evidence")):
        inside = entry["object"] or {}
        path = f"{directory}/{entry['name']}"
        content = inside["text"].encode("utf-8", "replace") if inside.get("text") is not None else None
        size = int(inside.get("byteSize") or 0)
        found.append(EvidenceEntry(path, str(entry["oid"]), int(entry["mode"]), size, content))
        for deeper in inside.get("entries") or ():
            deeper_size = int((deeper["object"] or {}).get("byteSize") or 0)
            deeper_path = f"{path}/{deeper['name']}"
            found.append(EvidenceEntry(deeper_path, str(deeper["oid"]), int(deeper["mode"]), deeper_size, None))
    return tuple(found)


def evidence_versions(page: Json | None, directory: str) -> Iterator[EvidenceVersion]:
    """Fragment EvidenceVersionPage: the regular files directly in the folder, at each commit of the page."""
    for commit in nodes.nodes(page):
        for entry in _entries(commit["file"]):
            if entry["mode"] in nodes.REGULAR_FILE_MODES:
                yield EvidenceVersion(f"{directory}/{entry['name']}", str(entry["oid"]))


def _entries(entry: Json | None) -> Sequence[Json]:
    return ((entry or {}).get("object") or {}).get("entries") or ()


def existing_tag(ref: Json | None) -> ExistingTag | None:
    """Fragment PeeledTag."""
    if ref is None or ref["target"] is None:
        return None
    last: Json | None = ref["target"]
    while last is not None and last["__typename"] == "Tag":
        last = last.get("target")
    commit = last["oid"] if last is not None and last["__typename"] == "Commit" else None
    return ExistingTag(str(ref["target"]["oid"]), commit)


def open_pull_requests(page: Json | None, branch: str) -> Iterator[OpenPullRequestLabels]:
    """Fragment ReleasePullRequestPage: those into `branch`."""
    for node in nodes.nodes(page):
        if node["baseRefName"] == branch:
            yield OpenPullRequestLabels(
                number=int(node["number"]),
                title=str(node["title"]),
                author=nodes.login_of(node["author"]),
                milestone=str(node["milestone"]["title"]) if node["milestone"] else None,
                labels=tuple(str(label["name"]) for label in nodes.nodes(node["labels"])),
            )


def with_cut_labels(page: Json | None, branch: str) -> Iterator[str]:
    """Those of the page of which more labels are there than it holds, in words."""
    for node in nodes.nodes(page):
        if node["baseRefName"] == branch and next_cursor(node["labels"]):
            yield f"#{node['number']}: more than 100 labels"
