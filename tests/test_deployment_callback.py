"""The address on which a deployment waits: nothing but the configured API's own is ever called."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.deployment_callback import callback_run

PATH = "/repos/meta/integration/actions/runs/30433642/deployment_protection_rule"
GITHUB = "https://api.github.com"
ENTERPRISE = "https://github.example.org/api/v3"
LOCAL = "http://127.0.0.1:8080"

RIGHT = {
    "GitHub": (f"{GITHUB}{PATH}", GITHUB),
    "GitHub with a slash behind its root": (f"{GITHUB}{PATH}", f"{GITHUB}/"),
    "the port said that follows from the scheme": (f"https://api.github.com:443{PATH}", GITHUB),
    "the port said in the configuration": (f"{GITHUB}{PATH}", "https://api.github.com:443"),
    "a host in upper case": (f"https://API.GitHub.com{PATH}", GITHUB),
    "an enterprise server": (f"{ENTERPRISE}{PATH}", ENTERPRISE),
    "an enterprise server, with a slash": (f"{ENTERPRISE}{PATH}", f"{ENTERPRISE}/"),
    "a local one": (f"{LOCAL}{PATH}", LOCAL),
    "a scheme in upper case": (f"HTTPS://api.github.com{PATH}", GITHUB),
    "another case of the repository": (f"{GITHUB}{PATH.replace('meta/i', 'Meta/I')}", GITHUB),
}


@pytest.mark.parametrize(("callback", "api"), RIGHT.values(), ids=RIGHT)
def test_the_configured_apis_own_address(callback: str, api: str) -> None:
    """Of the address only the run's number is taken."""
    assert callback_run(callback, api, "meta/integration") == 30433642


FOREIGN = {
    "foreign callback host": f"https://evil.example{PATH}",
    "the host as a part of another": f"https://api.github.com.evil.example{PATH}",
    "the host as the end of another": f"https://evilapi.github.com{PATH}",
    "the host with a dot behind it": f"https://api.github.com.{PATH}",
    "the website's host": f"https://github.com{PATH}",
    "the host in another alphabet": f"https://\u0430pi.github.com{PATH}",
    "the host in full-width letters": f"https://\uff41pi.github.com{PATH}",
    "no host": f"https://{PATH}",
    "no scheme": f"//api.github.com{PATH}",
    "only a path": PATH,
    "another scheme": f"http://api.github.com{PATH}",
    "a scheme of no web": f"ftp://api.github.com{PATH}",
    "a file": f"file://api.github.com{PATH}",
    "another port": f"https://api.github.com:8443{PATH}",
    "the other scheme's port": f"https://api.github.com:80{PATH}",
    "port nought": f"https://api.github.com:0{PATH}",
    "a port that is none": f"https://api.github.com:x{PATH}",
    "a port out of range": f"https://api.github.com:99999{PATH}",
    "user information": f"https://user@api.github.com{PATH}",
    "user and password": f"https://user:password@api.github.com{PATH}",
    "our host as user information": f"https://api.github.com@evil.example{PATH}",
    "empty user information": f"https://@api.github.com{PATH}",
    "a backslash for a slash": f"https://api.github.com\\@evil.example{PATH}",
    "a backslash in the path": f"{GITHUB}/repos\\{PATH[7:]}",
    "a query": f"{GITHUB}{PATH}?a=b",
    "an empty query": f"{GITHUB}{PATH}?",
    "a fragment": f"{GITHUB}{PATH}#x",
    "an empty fragment": f"{GITHUB}{PATH}#",
    "a path in between": f"{GITHUB}/x{PATH}",
    "a path upwards": f"{GITHUB}/x/..{PATH}",
    "a path upwards behind the repository": f"{GITHUB}/repos/meta/integration/../other{PATH[23:]}",
    "a path upwards behind the run": f"{GITHUB}{PATH}/../../8/deployment_protection_rule",
    "a path that stays": f"{GITHUB}/.{PATH}",
    "two slashes": f"{GITHUB}/{PATH}",
    "two slashes inside": f"{GITHUB}{PATH.replace('/runs/', '/runs//')}",
    "an encoded slash": f"{GITHUB}{PATH.replace('meta/', 'meta%2F')}",
    "an encoded slash behind the run": f"{GITHUB}{PATH.replace('642/', '642%2f')}",
    "an encoded dot": f"{GITHUB}/x/%2e%2e{PATH}",
    "an encoded letter": f"{GITHUB}{PATH.replace('/meta', '/%6deta')}",
    "another repository": f"{GITHUB}{PATH.replace('integration', 'other')}",
    "another owner": f"{GITHUB}{PATH.replace('meta', 'other')}",
    "a repository of a longer name": f"{GITHUB}{PATH.replace('integration', 'integration2')}",
    "the path of an enterprise server": f"{GITHUB}/api/v3{PATH}",
    "another case of the fixed path": f"{GITHUB}{PATH.replace('actions', 'Actions')}",
    "another case of the first folder": f"{GITHUB}{PATH.replace('repos', 'REPOS')}",
    "a slash behind it": f"{GITHUB}{PATH}/",
    "more behind it": f"{GITHUB}{PATH}s",
    "parameters": f"{GITHUB}{PATH};a=b",
    "another endpoint of the run": f"{GITHUB}{PATH.replace('deployment_protection_rule', 'cancel')}",
    "no run": f"{GITHUB}{PATH.replace('30433642', '')}",
    "run nought": f"{GITHUB}{PATH.replace('30433642', '0')}",
    "a run with a nought before it": f"{GITHUB}{PATH.replace('30433642', '030433642')}",
    "a negative run": f"{GITHUB}{PATH.replace('30433642', '-3')}",
    "a run with a sign": f"{GITHUB}{PATH.replace('30433642', '+3')}",
    "a run in other digits": f"{GITHUB}{PATH[:36]}\u0663/deployment_protection_rule",
    "a run of many digits": f"{GITHUB}{PATH.replace('30433642', '9' * 19)}",
    "a blank before it": f" {GITHUB}{PATH}",
    "a blank behind it": f"{GITHUB}{PATH} ",
    "a line's end behind it": f"{GITHUB}{PATH}\n",
    "a line's end inside": f"{GITHUB}{PATH[:20]}\n{PATH[20:]}",
    "a tab in the host": f"https://api.git\thub.com{PATH}",
    "a nought byte": f"{GITHUB}{PATH}\0",
    "a letter that is a k in lower case": f"{GITHUB}/repos/meta/to\u212aen{PATH[23:]}",
    "a broken address": "https://[api.github.com/",
    "nothing": "",
}


@pytest.mark.parametrize("callback", FOREIGN.values(), ids=FOREIGN)
def test_no_other_address_is_called(callback: str) -> None:
    """Scheme, host, port and path are exactly the API's own, without user information, query or fragment."""
    for repository in ("meta/integration", "meta/token"):
        assert callback_run(callback, GITHUB, repository) is None


@pytest.mark.parametrize(
    ("callback", "api"),
    [
        (f"https://github.example.org{PATH}", ENTERPRISE),
        (f"https://github.example.org/api/v4{PATH}", ENTERPRISE),
        (f"https://github.example.org/api/v3x{PATH}", ENTERPRISE),
        (f"https://github.example.org/API/V3{PATH}", ENTERPRISE),
        (f"https://github.example.org/api/v3/{PATH}", ENTERPRISE),
        (f"{GITHUB}{PATH}", ENTERPRISE),
        (f"http://127.0.0.1{PATH}", LOCAL),
        (f"http://localhost:8080{PATH}", LOCAL),
        (f"https://127.0.0.1:8080{PATH}", LOCAL),
    ],
)
def test_another_root_than_the_configured_one(callback: str, api: str) -> None:
    """The root of an enterprise server and a local port belong to the address."""
    assert callback_run(callback, api, "meta/integration") is None


@given(st.text(max_size=20), st.integers(0, len(GITHUB + PATH)))
@example("@", 8)
@example("\u2060", 3)
def test_whatever_is_inserted_makes_it_foreign(inserted: str, place: int) -> None:
    """Text anywhere in the right address: it is refused, or the address is still the API's own."""
    right = f"{GITHUB}{PATH}"
    given_url = right[:place] + inserted + right[place:]
    run = callback_run(given_url, GITHUB, "meta/integration")
    if run is not None:
        assert given_url.lower().replace("com:443/", "com/") == right.replace("30433642", str(run))
