"""From YAML bytes to a policy, or to every error with file, line, key and what was expected."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest

from bot.core.policy import MAXIMUM_POLICY_BYTES, InvalidPolicy, Problem, load_policy
from bot.core.tracks import TrackMap
from tests.support.policy_texts import SMALL, small


def problems(data: bytes) -> list[str]:
    """The problems of bytes that must be refused, as people read them."""
    with pytest.raises(InvalidPolicy) as refused:
        load_policy(data, "p.yml")
    return [str(problem) for problem in refused.value.problems]


def line_of(text: str, data: bytes) -> int:
    """The line (from 1) of the first place where a text stands."""
    return data.decode()[: data.decode().index(text)].count("\n") + 1


def test_small_policy_loads_with_its_defaults() -> None:
    """A policy that says only what it must gets the documented defaults."""
    loaded = load_policy(small(), "p.yml")
    policy = loaded.policy
    assert loaded.source == "p.yml"
    assert loaded.digest == hashlib.sha256(small()).hexdigest()
    assert policy.scope_date == date(2026, 2, 19)
    assert policy.base_branches == ()
    assert policy.hold_label == "gate/hold"
    assert policy.stale_approvals == "scoped"
    assert policy.required_checks.app_id == 15368
    assert policy.required_checks.start_within == timedelta(minutes=30)
    assert policy.required_checks.accept == ("success",)
    assert policy.architecture_triggers.labels == ()
    assert policy.architecture_triggers.size is None
    assert policy.release.tags == ("v*",)
    assert policy.release.carry_over == ("docs/project/evidence/**",)
    assert policy.release.staging.test_app_max_age == timedelta(days=7)
    assert policy.release.evidence.max_age == timedelta(days=14)


def test_prefix_ends_with_a_slash_and_tracks_keep_their_order() -> None:
    """`api` and `api/` are the same folder, and the file's order of tracks is kept."""
    tracks = load_policy(small(), "p.yml").policy.tracks
    assert [(name, track.prefix) for name, track in tracks.items()] == [("web", "web/"), ("api", "api/")]


CASES = {
    "unknown key": ("commands: [", "command: [", "tracks.api.command", "a known key; did you mean `commands`?"),
    "unknown key without a near one": ("title:", "zzz: 1\ntitle:", "zzz", "a known key: `version`, `name`"),
    "missing key": ("title: Small\n", "", "title", "this key, which is required"),
    "missing key in a section": ("purpose: pages, ", "", "tracks.web.purpose", "this key, which is required"),
    "other version": ("version: 1", "version: 2", "version", "1, the version of this format"),
    "version that equals 1 in Python": ("version: 1", "version: true", "version", "(found true)"),
    "number as text": ("title: Small", "title: 5", "title", "text (found the number 5)"),
    "nothing as text": ("title: Small", "title:", "title", "text (found nothing)"),
    "blank text": ("title: Small", "title: ' '", "title", "one line of 1 to 1000 visible characters"),
    "text that reorders what is read": ("title: Small", 'title: "a\\u202eb"', "title", "visible characters"),
    "list as text": ("title: Small", "title: [a]", "title", "text"),
    "text as list": ("owners: [ana]", "owners: ana", "tracks.web.owners", "a list (found `ana`)"),
    "text as section": ("evidence: {directory: docs/evidence}", "evidence: x", "release.evidence", "a mapping"),
    "text as names": ("statements: {ready: [ana, ben]}", "statements: x", "release.statements", "a mapping"),
    "wrong policy name": ("name: small", "name: Small One", "name", "a lower-case name"),
    "no such day": ("2026-02-19", "2026-02-30", "scope_date", "a day that exists"),
    "moment instead of day": ("2026-02-19", "2026-02-19T00:00:00", "scope_date", "YYYY-MM-DD"),
    "unknown time zone": ("America/Jamaica", "America/Nowhere", "timezone", "IANA time zone"),
    "folder of the time zone database": ("America/Jamaica", "America", "timezone", "IANA time zone"),
    "path as time zone": ("America/Jamaica", "../../etc/passwd", "timezone", "IANA time zone"),
    "repository without owner": ("acme/shop", "shop", "repositories[0]", "owner/name"),
    "no repositories": ("[acme/shop]", "[]", "repositories", "at least 1 of them"),
    "unknown owner": ("owners: [ana]", "owners: [anna]", "tracks.web.owners[0]", "did you mean `ana`?"),
    "unknown cross-stream reviewer": ("r: ana", "r: zoe", "cross_stream_reviewer", "`people`: `ana`, `ben`"),
    "unknown architecture reviewer": ("architecture_reviewer: ben", "architecture_reviewer: bem",
                                      "architecture_reviewer", "did you mean `ben`?"),
    "unknown backup": ("backup: ben", "backup: bob", "people.ana.backup", "a person of `people`"),
    "backup of oneself": ("backup: ben", "backup: ana", "people.ana.backup", "nobody is their own backup"),
    "unknown release lead": ("leads: [ana]", "leads: [an]", "release.leads[0]", "a person of `people`"),
    "unknown operator": ("operators: [ben]", "operators: [x]", "release.staging.operators[0]", "a person"),
    "unknown approver": ("[ana, ben]}", "[ana, bo]}", "release.statements.ready[1]", "a person of `people`"),
    "same login twice": ("login: ben", "login: ana-1", "people.ben.login", "`ana` has this one already"),
    "login with @": ("login: ben", "login: '@ben'", "people.ben.login", "a GitHub login"),
    "away ends before it starts": ("role: the rest", "role: r, away: {from: 2026-03-02, until: 2026-03-01}",
                                   "people.ben.away.until", "a day not before `from` (2026-03-02)"),
    "track without an owner": ("owners: [ana]", "owners: []", "tracks.web.owners", "at least 1 of them"),
    "owner twice": ("owners: [ana]", "owners: [ana, ana]", "tracks.web.owners[1]", "each entry once"),
    "track without paths": ("prefix: web/, ", "", "tracks.web", "a prefix or globs"),
    "track name in capitals": ("  web: {", "  Web: {", "tracks.Web", "a lower-case name"),
    "two tracks that differ in case": ("  web: {", "  API: {", "tracks.API", "a lower-case name"),
    "track named as the release gate": ("  web: {", "  release: {", "tracks.release", "release gate's own"),
    "same prefix twice": ("prefix: api", "prefix: web", "tracks.api.prefix", "track `web` claims the same"),
    "absolute prefix": ("prefix: api", "prefix: /api", "tracks.api.prefix", "a path from the repository's root"),
    "prefix upwards": ("prefix: api", "prefix: ../api", "tracks.api.prefix", "a path from the repository's root"),
    "prefix with a backslash": ("prefix: api", "prefix: api\\x", "tracks.api.prefix", "written with `/`"),
    "prefix of everything": ("prefix: api", "prefix: /", "tracks.api.prefix", "a path from the repository's root"),
    "prefix with a hidden character": ("prefix: api", 'prefix: "a\\u200b"', "tracks.api.prefix", "visible"),
    "endless prefix": ("prefix: api", "prefix: " + "a/" * 600, "tracks.api.prefix", "at most 1000 characters"),
    "document upwards": ("commands: [make test]", "required_documents: [../x]",
                         "tracks.api.required_documents[0]", "without `.` and `..`"),
    "absolute document": ("commands: [make test]", "required_documents: [/x]",
                          "tracks.api.required_documents[0]", "a path from the repository's root"),
    "command of two lines": ("[make test]", '["a\\nb"]', "tracks.api.commands[0]", "one line of 1 to"),
    "excluding glob": ("commands: [make test]", "globs: ['!x']", "tracks.api.globs[0]", "with `!` is not"),
    "comment as glob": ("commands: [make test]", "globs: ['#x']", "tracks.api.globs[0]", "not starting with `#`"),
    "glob upwards": ("commands: [make test]", "globs: [a/../b]", "tracks.api.globs[0]", "without `.` and `..`"),
    "open bracket": ("commands: [make test]", "globs: ['[ab']", "tracks.api.globs[0]", "check its brackets"),
    "backwards range": ("commands: [make test]", "globs: ['[z-a]']", "tracks.api.globs[0]", "ranges"),
    "lone backslash": ("commands: [make test]", "globs: ['\\']", "tracks.api.globs[0]", "backslashes"),
    "endless glob": ("commands: [make test]", f"globs: [{'a' * 301}]", "tracks.api.globs[0]", "at most 300"),
    "glob of another track": ("commands: [make test]", "globs: [web/]", "tracks.api.globs[0]", "`web` claims"),
    "duration without unit": ("release:\n", "required_checks: {start_within: 30}\nrelease:\n",
                              "required_checks.start_within", "(found the number 30)"),
    "duration as a clock": ("release:\n", "required_checks: {start_within: 1:30}\nrelease:\n",
                            "required_checks.start_within", "a duration such as 45s, 30m, 2h or 14d"),
    "endless duration": ("release:\n", "required_checks: {start_within: 9999d}\nrelease:\n",
                         "required_checks.start_within", "at most 3650d"),
    "quoted number": ("release:\n", "required_checks: {app_id: '7'}\nrelease:\n",
                      "required_checks.app_id", "a whole number without quotes (found `7`)"),
    "octal number": ("release:\n", "required_checks: {app_id: 017}\nrelease:\n",
                     "required_checks.app_id", "a whole number"),
    "App 0": ("release:\n", "required_checks: {app_id: 0}\nrelease:\n",
              "required_checks.app_id", "a whole number, at least 1"),
    "success not accepted": ("release:\n", "required_checks: {accept: [neutral]}\nrelease:\n",
                             "required_checks.accept", "success among"),
    "unknown conclusion": ("release:\n", "required_checks: {accept: [success, failure]}\nrelease:\n",
                           "required_checks.accept[1]", "'success', 'skipped' or 'neutral'"),
    "size without numbers": ("release:\n", "architecture_triggers: {size: {}}\nrelease:\n",
                             "architecture_triggers.size", "changed_files or changed_lines"),
    "unknown stale_approvals": ("release:\n", "stale_approvals: never\nrelease:\n",
                                "stale_approvals", "'scoped' or 'head_sha'"),
    "endless label": ("release:\n", f"hold_label: {'x' * 51}\nrelease:\n", "hold_label", "at most 50 characters"),
    "branch with refs/": ("release:\n", "base_branches: [refs/heads/main]\nrelease:\n",
                          "base_branches[0]", "without `refs/`"),
    "release label without tag": ("  leads:", "  label: release\n  leads:", "release.label", "`<tag>` in it once"),
    "unknown answer to a tag": ("  leads:", "  on_unauthorised_tag: keep\n  leads:",
                                "release.on_unauthorised_tag", "'delete' or 'report'"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "expected"), CASES.values(), ids=CASES.keys())
def test_error_names_file_line_key_and_expectation(old: str, new: str, key: str, expected: str) -> None:
    """Each mistake gives exactly one problem, at its own line and key, that says what was expected."""
    found = problems(small(old, new))
    assert len(found) == 1, found
    where, _, rest = found[0].partition(": ")
    assert where.startswith("p.yml:")
    assert rest.startswith(f"{key}: expected "), rest
    assert expected in rest


def test_error_stands_at_the_line_of_the_offending_value() -> None:
    """The line is the one to edit: of the value, of the section for a missing key, of the entry in a list."""
    data = small("    owners: [ana, ben]", "    owners:\n      - ana\n      - bem")
    assert problems(data) == [
        f"p.yml:{line_of('- bem', data)}: tracks.api.owners[1]: "
        "expected a person of `people`; did you mean `ben`? (found `bem`)"
    ]
    data = small("    purpose: answers\n", "")
    assert problems(data)[0].startswith(f"p.yml:{line_of('  api:', data)}: tracks.api.purpose: ")


def test_all_errors_come_at_once_in_line_order() -> None:
    """Wrong fields, unknown people and duplicate keys are reported together, by line."""
    data = small("title: Small\n", "title: 5\n").replace(b"owners: [ana]", b"owners: [zoe]")
    data = data.replace(b"release:\n", b"title: again\nrelease:\n  leads: [bob]\n")
    found = problems(data)
    keys = [problem.split(": ")[1] for problem in found]
    lines = [int(problem.split(":")[1]) for problem in found]
    assert keys == ["tracks.web.owners[0]", "title", "release.leads"]
    assert lines == sorted(lines)


def test_wrong_entry_is_not_called_a_missing_one_too() -> None:
    """A list whose only entry is wrong has one problem, not also that it has too few entries."""
    assert len(problems(small("[acme/shop]", "[shop]"))) == 1


def test_file_with_very_many_errors_names_the_first_200_and_says_so() -> None:
    """A report stays readable: 200 problems, then one that says that more follow."""
    found = problems(small() + b"".join(b"unknown%d: 1\n" % number for number in range(5000)))
    assert len(found) == 201
    assert found[-1].endswith("the problems above to be corrected; more follow here")


def test_one_megabyte_is_refused_without_being_read() -> None:
    """A file over the limit gets one clear problem, whatever is in it."""
    assert problems(b"[" * 1024 * 1024) == ["p.yml:1: document: expected a file of at most 256 KB; it has 1024 KB"]
    assert MAXIMUM_POLICY_BYTES == 256 * 1024


def test_names_from_the_file_are_escaped_and_shortened_in_errors() -> None:
    """What a policy says reaches people only on one line, printable, and at most 60 characters of it."""
    found = problems(small("title:", '? "a\\nb\\e[31m"\n: 1\n? ' + "k" * 500 + "\n: 1\ntitle:"))
    text = "\n".join(found)
    assert text.count("\n") == len(found) - 1 == 1
    assert "\\n" in text
    assert "\x1b" not in text
    assert "k" * 61 not in text


def test_invalid_policy_reads_like_its_problems() -> None:
    """The exception's own text is the problems, one a line, for logs and terminals."""
    error = InvalidPolicy((Problem("a.yml", 3, "name", "text"), Problem("a.yml", 9, "title", "text")))
    assert str(error) == "a.yml:3: name: expected text\na.yml:9: title: expected text"


def test_anchors_and_aliases_may_be_used() -> None:
    """A list that is used twice may be written once."""
    text = SMALL.replace("owners: [ana]", "owners: &both [ana, ben]").replace(
        "owners: [ana, ben]", "owners: *both"
    )
    assert load_policy(text.encode(), "p.yml").policy.tracks["api"].owners == ("ana", "ben")


def test_error_in_an_alias_names_the_line_where_it_is_written() -> None:
    """An alias leads to the line to edit: the anchor's."""
    data = small("owners: [ana]", "owners: &both [zoe]").replace(b"owners: [ana, ben]", b"owners: *both")
    assert {problem.split(":")[1] for problem in problems(data)} == {str(line_of("&both", data))}


def test_patterns_together_stay_within_what_can_be_matched() -> None:
    """Patterns up to the limit are matched in full; one more character is refused at its line."""
    globs = [f"{number:02}{'*?' * 148}" for number in range(67)]

    def policy(more: str) -> bytes:
        listed = "".join(f"      - '{glob}'\n" for glob in [*globs, more])
        return small("    commands: [make test]\n", f"    globs:\n{listed}")

    used = sum(map(len, [*globs, "web/", "api/"]))
    loaded = load_policy(policy("x" * (20_000 - used)), "p.yml").policy
    assert TrackMap(loaded).find("65" + "a" * 200) is not None
    data = policy("x" * (20_001 - used))
    assert problems(data) == [
        f"p.yml:{line_of('xxx', data)}: tracks.api.globs[67]: expected prefixes and globs of at most 20000 "
        f"characters in all tracks together (found `{'x' * 27}`)"
    ]


def test_many_unknown_people_are_all_named_and_the_first_20_get_a_hint() -> None:
    """Looking for the nearest name is bounded, reporting is not."""
    tracks = b"".join(b"  t%d: {prefix: p%d, purpose: p, owners: [anna]}\n" % (n, n) for n in range(30))
    found = problems(small().replace(b"cross_stream", tracks + b"cross_stream"))
    assert len(found) == 30
    assert sum("did you mean `ana`?" in problem for problem in found) == 20
