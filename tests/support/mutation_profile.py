"""The Hypothesis profile of `make mutation`: a few examples, and the same ones for each mutant."""

from hypothesis import settings

settings.register_profile("mutation", max_examples=5, deadline=None, derandomize=True, database=None)
