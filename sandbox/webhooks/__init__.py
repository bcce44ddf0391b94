"""Webhooks: who is told of what, signed and sent in order, with a log of every delivery."""
