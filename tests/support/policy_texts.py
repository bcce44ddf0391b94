"""A small valid policy as YAML text, for tests that change one thing in it."""

from __future__ import annotations

SMALL = """\
version: 1
name: small
title: Small
scope_date: 2026-02-19
timezone: America/Jamaica
repositories: [acme/shop]
people:
  ana: {login: Ana-1, role: everything, backup: ben}
  ben: {login: ben, role: the rest}
tracks:
  web: {prefix: web/, purpose: pages, owners: [ana]}
  api:
    prefix: api
    purpose: answers
    owners: [ana, ben]
    commands: [make test]
cross_stream_reviewer: ana
architecture_reviewer: ben
release:
  leads: [ana]
  statements: {ready: [ana, ben]}
  staging: {operators: [ben], scenarios: [smoke]}
  evidence: {directory: docs/evidence}
"""


def small(old: str = "", new: str = "") -> bytes:
    """The small policy with one text replaced; the text must be there."""
    assert old in SMALL
    return SMALL.replace(old, new, 1).encode() if old else SMALL.encode()
