"""`/signing-key.pem`: what release records are checked with. Public, and the same for everybody."""

from __future__ import annotations

from flask import Blueprint, Response

from bot.foundation import Foundation
from bot.signing import published_keys


def blueprint(services: Foundation) -> Blueprint:
    """The route, working with `services`."""
    routes = Blueprint("signing_key", __name__)

    @routes.get("/signing-key.pem")
    def signing_key() -> Response:
        with services.database.transaction() as connection:
            keys = published_keys(connection, services.settings.signing_key_pem, services.clock())
        return Response(keys, mimetype="application/x-pem-file")

    return routes
