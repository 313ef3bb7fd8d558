"""The cookie `token` counts where it is switched on, and no page of another site can use it to change anything."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from tokenkit import NOW, SETTINGS, Shop, forged

HOST = "shop.example.com"


def cookie(token: str, name: str = "token") -> str:
    return f"{name}={quote(f'Bearer {token}')}"


@pytest.fixture
def ours(shop: Callable[..., Shop]) -> Shop:
    """Serve with cookies, at NOW."""
    return shop({**SETTINGS, "jwt_cookie": True, "jwt_cookie_origins": ["https://club.example.com"]}).at(NOW)


def test_the_cookie_is_no_credential_unless_it_is_switched_on(shop: Callable[..., Shop]) -> None:
    assert shop().at(NOW).error(Cookie=cookie(forged())) == (401, "AUTHORIZATION_HEADER_MISSING")


@pytest.mark.parametrize(
    "written", [cookie(forged()), f'a=b; token="Bearer {forged()}"; c=d', f"token=Bearer {forged()}"]
)
def test_a_token_comes_in_the_cookie(ours: Shop, written: str) -> None:
    assert ours.call(Cookie=written).get_json()["user"] == "u1"


@pytest.mark.parametrize("written", ["", "other=1", f"TOKEN={forged()}", f"x-{cookie(forged())}"])
def test_a_request_without_the_cookie_holds_no_credential(ours: Shop, written: str) -> None:
    assert ours.error(Cookie=written) == (401, "AUTHORIZATION_HEADER_MISSING")


@pytest.mark.parametrize("written", ["token=", "token=Bearer", "token=x", f"token={forged()}", cookie(forged() + "x")])
def test_a_cookie_without_a_good_token_is_refused(ours: Shop, written: str) -> None:
    assert ours.error(Cookie=written) == (401, "TOKEN_INVALID")


def test_cookies_that_contradict_each_other_are_refused(ours: Shop) -> None:
    written = f"{cookie(forged())}; {cookie(forged(sub='u2'))}"
    assert ours.error(Cookie=written) == (401, "TOKEN_INVALID")


def test_a_header_goes_before_the_cookie(ours: Shop) -> None:
    assert ours.call(forged(sub="u2"), Cookie=cookie(forged())).get_json()["user"] == "u2"
    assert ours.error("x.y.z", Cookie=cookie(forged())) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("value", ["Basic", "Basic Z3JhY2U6d29yZA=="])
def test_a_header_that_holds_no_token_lets_the_cookie_count(ours: Shop, value: str) -> None:
    expected = 401 if value == "Basic" else 200
    assert ours.call(Authorization=value, Cookie=cookie(forged())).status_code == expected
    assert ours.call(Authorization=value).status_code == 401


def test_the_port_is_a_part_of_the_origin(ours: Shop) -> None:
    for port, status in ((8080, 200), (8081, 403)):
        own = {"Origin": f"http://{HOST}:{port}", "Host": f"{HOST}:8080"}
        assert ours.call(method="POST", Cookie=cookie(forged()), **own).status_code == status


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, False),
        ({"Origin": f"https://{HOST}"}, True),
        ({"Origin": f"https://{HOST}:443"}, True),
        ({"Origin": f"HTTPS://{HOST.upper()}"}, True),
        ({"Origin": f"http://{HOST}"}, False),
        ({"Origin": f"http://{HOST}:443"}, False),
        ({"Origin": f"https://{HOST}/"}, False),
        ({"Origin": "http://["}, False),
        ({"Origin": f"https://{HOST}:x"}, False),
        ({"Origin": f"https://{HOST}:0"}, False),
        ({"Origin": f"https://{HOST}:8443"}, False),
        ({"Origin": f"https://evil.{HOST}"}, False),
        ({"Origin": f"https://{HOST}.evil.example"}, False),
        ({"Origin": f"https://{HOST}@evil.example"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "https://club.example.com"}, True),
        ({"Origin": "https://club.example.com", "Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "http://club.example.com"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": f"https://{HOST}"}, False),
        ({"Referer": f"https://{HOST}/"}, False),
    ],
    ids=str,
)
def test_only_a_page_of_this_site_may_change_anything_by_the_cookie(
    ours: Shop, headers: dict[str, str], passes: bool
) -> None:
    ours.app.wsgi_app = ProxyFix(ours.app.wsgi_app)  # type: ignore[method-assign]
    headers = {**headers, "X-Forwarded-Proto": "https"}
    reply = ours.call(method="POST", Cookie=cookie(forged()), Host=HOST, **headers)
    assert reply.status_code == (200 if passes else 403)
    if not passes:
        assert reply.get_json()["error"] == "CROSS_SITE_REQUEST"
    assert ours.call(Cookie=cookie(forged()), Host=HOST, **headers).status_code == 200, "reading is harmless"
    assert ours.call(forged(), method="POST", Host=HOST, **headers).status_code == 200, "no browser adds the header"
