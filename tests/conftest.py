"""Fixtures for every test live in plugins under tests/support, one file per kind."""

pytest_plugins = ["tests.support.postgres", "tests.support.service", "tests.support.session_world"]
