"""The Hypothesis profile of `make fuzz`: loaded as a pytest plugin, so that ordinary runs do not know it."""

from hypothesis import settings

settings.register_profile("fuzz", max_examples=5000, deadline=None)
