"""Addresses of pages on GitHub itself, for links."""

from __future__ import annotations

from urllib.parse import quote


def github_page(api_url: str, repository: str, *steps: str | int) -> str | None:
    """A page below a repository's own on GitHub, where that can be told from the API's address; else None."""
    if api_url == "https://api.github.com":
        root = "https://github.com"
    elif api_url.endswith("/api/v3"):
        root = api_url.removesuffix("/api/v3")
    else:
        return None
    return "/".join([f"{root}/{quote(repository)}", *(quote(str(step), safe="") for step in steps)])
