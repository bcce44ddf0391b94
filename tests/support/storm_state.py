"""What everybody can see on GitHub after a storm, without what may rightly differ; and how two such states differ.

It is what the sandbox exports (IDs, times and SHAs have names of their own there), but for these, which depend on
when the service happened to look, or on what GitHub told it first:

- how many check runs of a name there are: a completed gate that must wait again is a new run. The newest of each
  name is what people see and what protects branches;
- gates on commits that are no longer the head of anything: a head that was pushed over was looked at or not;
- the order of the service's comments in a thread, and whether two replies of the release desk share a comment:
  each has a mark of its own, and none may be there twice;
- the words that answer a sign-off: none are needed when the release was armed before, as its report shows them;
- the answer to an unhold: whoever is told of it before its hold says, rightly, that nothing is held.

Added is how often each person was asked for a review, as each time notifies them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox import Sandbox
from tests.support.storm_play import Played

MARK = re.compile(r"<!-- trackgate reply (\d+)\.\d+ -->\n")
SIGN_OFF, UNHOLD, NOTHING_HELD = "/gate approve", "/gate unhold", "Nothing is held here."


def read_state(github: Sandbox, app: Any, played: Played) -> dict[str, Any]:
    """The state of one repository, once all is quiet: nested dictionaries and lists of plain values."""
    owner = played.repository.partition("/")[0]
    exported = json.dumps(github.export([played.repository]))
    (found,) = json.loads(exported.replace(owner, "<owner>")).values()
    told = {str(one.id): one.body for one in github.repository(played.repository).comments.values()}
    for thread in [*found["pull_requests"].values(), *found["issues"].values()]:
        thread.update(_conversation(thread.pop("comments"), app.bot.login, told))
    for number, times in _times_asked(github, app, played).items():
        found["pull_requests"][number]["times asked"] = dict(sorted(times.items()))
    heads = {*found["branches"].values(), *(pull["head"] for pull in found["pull_requests"].values())}
    found["commits"] = {commit: shown for commit, shown in found["commits"].items() if commit in heads}
    for shown in found["commits"].values():
        for run in shown["checks"].values():
            del run["runs"]
    return dict(found)


def _conversation(comments: list[dict[str, Any]], bot: str, told: Mapping[str, str]) -> dict[str, Any]:
    """The comments of a thread. `told` are the bodies of all comments by their numbers, which marks name."""
    own = [one["body"] for one in comments if one["author"] == bot]
    replies = [body for body in own if MARK.search(body)]
    marks = Counter(number for body in replies for number in MARK.findall(body))
    others = [one for one in comments if one["author"] != bot]
    return {
        "comments of people": [{**one, "reactions": None} if one["body"] == UNHOLD else one for one in others],
        "replied to": sorted(told[number] for number in marks if told[number] not in (SIGN_OFF, UNHOLD)),
        "replied to twice": [told[number] for number, times in marks.items() if times > 1],
        "other comments of the App": sorted(body for body in own if body not in (*replies, NOTHING_HELD)),
    }


def _times_asked(github: Sandbox, app: Any, played: Played) -> dict[str, Counter[str]]:
    """By pull request: how often our App asked each person, as GitHub told everybody."""
    repository = github.repository(played.repository)
    asked: dict[str, Counter[str]] = {str(pull.number): Counter() for pull in played.pulls}
    told = {
        one.guid: json.loads(one.payload)
        for one in github.deliveries(app)
        if one.repository_id == repository.id and one.action == "review_requested"
    }
    for payload in told.values():
        if payload["sender"]["login"] == app.bot.login:
            asked[str(payload["number"])][payload["requested_reviewer"]["login"]] += 1
    return asked


def differences(clean: Any, other: Any, path: str = "") -> Iterator[str]:
    """Each field in which the second state is not the first, by its path, with both values."""
    if isinstance(clean, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys([*clean, *other]):
            yield from differences(clean.get(key), other.get(key), f"{path}/{key}")
    elif clean != other:
        yield f"{path}: {clean!r} became {other!r}"
