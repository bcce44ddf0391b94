"""The web process: a Flask application put together from its blueprints."""

from __future__ import annotations

from flask import Flask, Response, render_template
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from bot.foundation import Foundation
from bot.store.database import DatabaseUnreachableError
from bot.web import health, metrics, pull_requests, releases, signing_key, webhooks

SECURITY_HEADERS = {
    # Pages hold text of strangers: nothing but our own style sheet and icon may be loaded, nothing may run.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

NOT_KEPT = ("Cache-Control", "no-store")


def create_app(services: Foundation) -> Flask:
    """The WSGI application. Opens no connection before the first request needs one."""
    app = Flask(__name__)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for module in (health, metrics, pull_requests, releases, signing_key):
        app.register_blueprint(module.blueprint(services))
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _show_error)
    app.register_error_handler(DatabaseUnreachableError, _show_outage)
    app.post(webhooks.PATH)(_answered_before)  # so that any other method is answered with 405
    headers = [*SECURITY_HEADERS.items(), NOT_KEPT]
    app.wsgi_app = webhooks.Webhooks(services, app.wsgi_app, headers)  # type: ignore[method-assign]
    return app


def _answered_before() -> str:
    raise AssertionError("deliveries are answered before Flask")


def _add_headers(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(*NOT_KEPT)
    return response


def _show_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    code = error.code or 500
    if code < 400:
        return error  # a redirect
    return render_template("error.html", code=code, name=error.name, text=error.description), code


def _show_outage(_error: DatabaseUnreachableError) -> tuple[str, int]:
    text = "The database does not answer, or takes nothing now. Nothing was lost; please try again."
    return render_template("error.html", code=503, name="Service Unavailable", text=text), 503
