"""The yardstick of durable acknowledgements: a Flask view that reads the body, and says 202."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

app = Flask(__name__)


@app.post("/webhooks/github")
def receive() -> tuple[Response, int]:
    """Read everything, keep nothing."""
    request.get_data(cache=False)
    return jsonify(outcome="queued", reason="bare"), 202
