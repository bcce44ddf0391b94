"""The WSGI entry: `app` for any production server, put together from the environment."""

from __future__ import annotations

import gc
import os
import sys

from flask import Flask

from bot.settings import SettingError, check_metrics_folder, read_settings


def _from_environment() -> Flask:
    try:
        check_metrics_folder(os.environ)
        # Imported here: what counts opens its file in that folder as soon as it is imported.
        from bot.logs import set_up_logs
        from bot.tracing import set_up_tracing
        from bot.web.application import create_app
        from bot.web_composition import compose_web

        settings = read_settings(os.environ)
        services = compose_web(settings)
        set_up_tracing(os.environ, "web")
    except SettingError as error:
        sys.exit(str(error))  # one line; the server shows it and stops
    secrets = (settings.webhook_secret, settings.signing_key_pem)
    set_up_logs([secret.get_secret_value() for secret in secrets if secret is not None])
    return create_app(services)


app = _from_environment()
# What was made until now stays: the collector need not walk through it again and again while deliveries are taken,
# each of which makes some hundred objects and drops them again.
gc.collect()
gc.freeze()
gc.set_threshold(10_000)
