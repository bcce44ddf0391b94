"""Who may see pages: for now, only a browser on the same machine. There is no login yet."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Blueprint, Request, abort, request

FORWARDING_HEADERS = ("Forwarded", "X-Real-IP", "Via")


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address, without port) can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(address: str) -> str:
    """The host of `host:port`, `[::1]:port` or a whole URL; nothing when there is none."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def is_from_this_machine(asking: Request, public_url: str) -> bool:
    """Whether nobody but this machine's user can have sent `asking`.

    The connection's own peer, the Host (a foreign one is a DNS rebinding), and PUBLIC_URL must all be loopback,
    and no proxy may have passed it on: behind one, every visitor's connection comes from this machine.
    """
    passed_on = any(name in asking.headers for name in FORWARDING_HEADERS) or any(
        name.lower().startswith("x-forwarded")
        for name in asking.headers.keys()  # noqa: SIM118 (not a dict)
    )
    return (
        is_loopback(asking.environ.get("REMOTE_ADDR", ""))
        and is_loopback(host_of(asking.headers.get("Host", "")))
        and is_loopback(host_of(public_url))
        and not passed_on
    )


def keep_to_this_machine(routes: Blueprint, public_url: str) -> None:
    """Answer 403 to everybody else, whichever of these routes they ask for."""

    @routes.before_request
    def only_from_this_machine() -> None:
        if not is_from_this_machine(request, public_url):
            abort(403, "Pages are shown only to a browser on the machine that Trackgate runs on.")
