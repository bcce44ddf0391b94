"""Which repositories we serve, asked of GitHub: what events told of it may have been lost or late."""

from __future__ import annotations

from collections.abc import Sequence

from bot.github_api.errors import Suspended
from bot.services import Services
from bot.store.installations import remember_app, suspend_all_installations, suspend_installation
from bot.store.repository_names import ListedRepository, serve_exactly


def installations(services: Services) -> list[int]:
    """Ask GitHub who we are and where we are installed; the installations that serve something.

    One that GitHub calls suspended or no longer lists serves nothing. 1 request for each 100 installations.
    """
    identity = services.github.identity()
    listed = services.github.installations()
    serving = [one.installation_id for one in listed if not one.is_suspended]
    with services.database.transaction() as connection:
        remember_app(connection, identity.app_id, identity.slug)
        suspend_all_installations(connection, except_for=serving)
    return serving


def installation(services: Services, installation_id: int, *, has_changed: bool = False) -> frozenset[str]:
    """Ask GitHub which repositories one installation serves (1 request for each 100), and remember it.

    Gives those that are new to us. One that is suspended or gone serves none until it is back. `has_changed`: an
    event told of it, perhaps of new permissions, which only a new token has.
    """
    ours = services.github.installation(installation_id)
    if has_changed:
        ours.replace_token()
    try:
        served = ours.repositories()
    except Suspended:
        with services.database.transaction() as connection:
            suspend_installation(connection, installation_id)
        return frozenset()
    listed: Sequence[ListedRepository] = [
        ListedRepository(one.repository_id, one.repository) for one in served if not one.is_archived
    ]
    with services.database.transaction() as connection:
        return serve_exactly(connection, installation_id, listed)
