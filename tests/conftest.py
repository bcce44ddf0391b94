"""Fixtures for every test live in plugins under tests/support, one file per kind."""

from hypothesis import settings

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.database_clock",
    "tests.support.service",
    "tests.support.session_world",
]

settings.register_profile("default", deadline=None)
settings.load_profile("default")  # how long an example takes says more of the machine than of the code
