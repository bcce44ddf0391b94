"""Rulesets at work: which references they match, who passes them by, and what they refuse."""
