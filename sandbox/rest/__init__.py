"""GitHub's REST API: one file for each group of addresses."""

from __future__ import annotations

import importlib

from flask import Flask

MODULES = (
    "apps",
    "hooks",
    "accounts",
    "repositories",
    "collaborators",
    "references",
    "git_data",
    "rulesets",
    "releases",
    "release_assets",
    "activity",
    "git_http",
    "contents",
    "commits",
    "pulls",
    "reviews",
    "checks",
    "statuses",
    "issues",
    "labels",
    "comments",
    "deployments",
)


def register(app: Flask) -> None:
    """Serve every address."""
    for name in MODULES:
        app.register_blueprint(importlib.import_module(f".{name}", __package__).blueprint)
