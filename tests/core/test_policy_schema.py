"""The JSON Schema for editors and the documentation say what the models say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from bot.core.policy import load_policy
from bot.core.policy_schema import SCHEMA_FILE, all_keys, known_keys, policy_json_schema, section_at
from tests.support.policy_texts import small

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "policies" / "meta-integration-v3.yml"


def as_editor_reads(data: bytes) -> object:
    """The policy as a YAML language server sees it: days stay text."""
    loader = type("Loader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": {
        first: [(tag, rule) for tag, rule in rules if not tag.endswith(("timestamp", ":int"))]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }})  # fmt: skip
    loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[0-9]+$"), list("0123456789"))
    return yaml.load(data, Loader=loader)  # noqa: S506 - a SafeLoader


def test_committed_schema_is_that_of_the_models() -> None:
    """`policies/policy.schema.json` is generated: write `policy_json_schema()` into it when this fails."""
    assert (ROOT / "policies" / SCHEMA_FILE).read_text(encoding="utf-8") == policy_json_schema()


@pytest.mark.parametrize("data", [SHIPPED.read_bytes(), small()], ids=["shipped", "small"])
def test_valid_policies_conform_to_the_schema(data: bytes) -> None:
    """An editor finds nothing wrong with what the loader accepts."""
    validator = jsonschema_rs.Draft202012Validator(json.loads(policy_json_schema()))
    assert [str(error) for error in validator.iter_errors(as_editor_reads(data))] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Small\n", ""),
        ("version: 1", "version: 2"),
        ("purpose: pages", "purpose: pages, purpos: x"),
        ("  web: {", "  Web: {"),
        ("login: ben", "login: '@ben'"),
        ("owners: [ana]", "owners: []"),
        ("2026-02-19", "19 February"),
        ("[acme/shop]", "[shop]"),
        ("release:\n", "required_checks: {start_within: 30}\nrelease:\n"),
        ("release:\n", "stale_approvals: never\nrelease:\n"),
        ("[make test]", "[]\n    globs: ['!x']"),
    ],
)
def test_schema_refuses_what_an_editor_can_see(old: str, new: str) -> None:
    """Mistakes within one place are seen while typing; those between places only by the loader."""
    validator = jsonschema_rs.Draft202012Validator(json.loads(policy_json_schema()))
    assert not validator.is_valid(as_editor_reads(small(old, new)))


def test_every_key_has_a_description() -> None:
    """Editors show a sentence for every key, and every list or mapping says what is in it."""
    schema = json.loads(policy_json_schema())
    sections = [schema, *schema["$defs"].values()]
    described = [
        (section["title"], key)
        for section in sections
        for key, field in section["properties"].items()
        if len(field.get("description", "")) < 10
    ]
    assert described == []
    assert all(section["additionalProperties"] is False for section in sections)


def test_defaults_in_the_schema_are_written_as_in_a_policy() -> None:
    """A duration's default is `30m` for an editor, not the ISO form that no policy may use."""
    assert '"default": "P' not in policy_json_schema()
    assert '"default": "30m"' in policy_json_schema()


def test_yaml_names_its_schema_for_editors() -> None:
    """The shipped policy's first line leads editors to the schema beside it."""
    first = SHIPPED.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=./{SCHEMA_FILE}"


def test_all_keys_reach_into_every_section() -> None:
    """Keys are derived from the models: nested ones, named ones and those in optional sections."""
    keys = all_keys()
    assert len(keys) == len(set(keys))
    assert {"version", "people.<name>.away.from", "tracks.<name>.globs", "release.evidence.max_age"} <= set(keys)
    assert "architecture_triggers.size.changed_lines" in keys


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ((), "tracks"),
        (("people", "ana"), "login"),
        (("people", "ana", "away"), "from"),
        (("architecture_triggers", "size"), "changed_files"),
        (("release", "staging"), "scenarios"),
    ],
)
def test_section_at_a_path_knows_its_keys(path: tuple[str, ...], key: str) -> None:
    """An unknown key is compared with the keys of its own section."""
    section = section_at(path)
    assert section is not None
    assert key in known_keys(section)


@pytest.mark.parametrize("path", [("people",), ("nothing", "x"), ("tracks", "web", "owners", 0), ("title", "x")])
def test_no_section_where_the_format_has_none(path: tuple[str | int, ...]) -> None:
    """Lists, texts and unknown places are no sections."""
    assert section_at(path) is None


def field_of(key: str) -> tuple[dict[str, object], bool]:
    """A key's JSON Schema, and whether the key is required."""
    schema = json.loads(policy_json_schema())
    section, field, required = schema, schema, True
    for part in key.split("."):
        if part == "<name>":
            field = next(iter(field["patternProperties"].values()))
        else:
            section = field
            field, required = section["properties"][part], part in section.get("required", ())
        target = field.get("$ref") or next((o["$ref"] for o in field.get("anyOf", ()) if "$ref" in o), None)
        field = {**field, **schema["$defs"][target.split("/")[-1]]} if target else field
    return field, required


def documented() -> dict[str, str]:
    """The reference of `docs/policy.md`: each key's heading and what stands below it."""
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    parts = re.split(r"^### `([^`]+)`$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_key_is_documented_and_no_other() -> None:
    """`docs/policy.md` has one heading for each key of the models, in their order."""
    assert list(documented()) == list(all_keys())


@pytest.mark.parametrize("key", all_keys())
def test_documented_type_default_and_example_are_right(key: str) -> None:
    """Each key tells its type, an example, and the default that the models have (or that it is required)."""
    field, required = field_of(key)
    found = re.search(r"\*\*Type\*\* .+ · \*\*(?:Required|Default\*\* `(.+)`)", documented()[key])
    assert found is not None
    assert (found[1] is None) == required
    if not required and "properties" not in field:
        assert yaml.safe_load(found[1]) == field["default"]


def documented_policy() -> bytes:
    """The whole policy that `docs/policy.md` begins with."""
    text = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    return example[1].encode()


def test_example_of_the_documentation_is_a_valid_policy() -> None:
    """Readers start from the documentation's policy, so it is one."""
    assert load_policy(documented_policy(), "docs/policy.md").policy.tracks


@pytest.mark.parametrize("key", all_keys())
def test_documented_example_of_a_key_is_valid_where_it_stands(key: str) -> None:
    """Every example line, put into the documentation's policy at its key, gives a valid policy."""
    found = re.search(r"^\*\*Example\*\* `(.+)`$", documented()[key], re.MULTILINE)
    assert found is not None
    whole = as_editor_reads(documented_policy())
    assert isinstance(whole, dict)
    whole["people"]["ana"]["away"] = {"from": "2026-01-01", "until": "2026-12-31"}
    *parents, last = key.replace("people.<name>", "people.ana").replace("tracks.<name>", "tracks.web").split(".")
    section = whole
    for parent in parents:
        section = section.setdefault(parent, {})
    example = as_editor_reads(found[1].encode())
    assert isinstance(example, dict)
    assert list(example) == [last]
    section.update(example)
    load_policy(json.dumps(whole).encode(), key)
