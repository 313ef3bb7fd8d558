"""A secret that callers and settings bring appears in no reply, line of the log or report, whatever goes wrong."""

from __future__ import annotations

import io
import json
import logging
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from pymacaron.crash import set_error_reporter
from tokenkit import BEARER, NOW, SETTINGS, Shop, document, forged, hs256, operation

CANARY = "canary-3f9a1c77e5d24b06"
SECRET = f"the secret of the shop, {CANARY}"
CHECKS = """
def check(*credential):
    if credential[-1].endswith("broken"):
        raise RuntimeError(f"nobody is {credential}")
    return None
"""
HANDLERS = """
from pymacaron import get_config
from pymacaron.auth import get_user_token, get_user_token_data


def who(*body, **parameters):
    return {}


def fail(*body, **parameters):
    raise RuntimeError(f"cannot sign {get_user_token()} {get_user_token_data()} by {get_config().jwt_secret}")


def wrong(*body, **parameters):
    return {"number": get_config().jwt_secret}
"""
SCHEMES = {
    "token": BEARER,
    "basic": {"type": "http", "scheme": "basic"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "key"},
}
NUMBER = {"type": "object", "properties": {"number": {"type": "integer"}}, "additionalProperties": False}
CONTENT = {"content": {"application/json": {"schema": NUMBER}}}
API = document(
    {
        **{
            f"/{name}": {"post": operation(security=[{name: []}], requestBody={"required": True, **CONTENT})}
            for name in SCHEMES
        },
        "/fail": {"post": operation("handlers.fail", security=[{"token": []}])},
        "/wrong": {"post": operation("handlers.wrong", responses={"200": {"description": "ok", **CONTENT}})},
    },
    **SCHEMES,
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Write every line of every logger, as a service does."""
    written = io.StringIO()
    handler, root = logging.StreamHandler(written), logging.getLogger()
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def ours(log: io.StringIO, shop: Callable[..., Shop]) -> Shop:
    """Serve with a secret that holds the canary."""
    more = {
        "jwt_secret": SECRET,
        "jwt_cookie": True,
        "jwt_token_renew_after": 60,
        "basic_verify": "checks.check",
        "api_key_verify": "checks.check",
    }
    return shop({**SETTINGS, **more}, API, HANDLERS, checks=CHECKS).at(NOW)


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(text.encode()).decode()}


GOOD = forged(canary=CANARY, secret=SECRET)
REQUESTS: dict[str, dict[str, Any]] = {
    "a bad token": {"path": "/token", "headers": {"Authorization": f"Bearer {CANARY}"}},
    "a token of another secret": {
        "path": "/token",
        "headers": {"Authorization": f"Bearer {forged(sub=CANARY, iss=CANARY, kid=CANARY)}"},
    },
    "a token of another issuer": {
        "path": "/token",
        "headers": {"Authorization": f"Bearer {forged(iss=CANARY, secret=SECRET)}"},
    },
    "an expired token": {
        "path": "/token",
        "headers": {"Authorization": f"Bearer {forged(exp=1, canary=CANARY, secret=SECRET)}"},
    },
    "a header of nothing": {"path": "/token", "headers": {"Authorization": CANARY}},
    "a bad cookie": {"path": "/token", "headers": {"Cookie": f"token={quote('Bearer ' + CANARY)}"}},
    "a cookie of another site": {
        "path": "/token",
        "headers": {"Cookie": f"token={quote('Bearer ' + GOOD)}", "Origin": "x"},
    },
    "a bad password": {"path": "/basic", "headers": basic(f"grace:{CANARY}")},
    "a broken check of passwords": {"path": "/basic", "headers": basic(f"grace:{CANARY} broken")},
    "a bad key in a header": {"path": "/header", "headers": {"X-Key": CANARY}},
    "a bad key in the query": {"path": "/query", "query_string": {"key": CANARY}},
    "a broken check of keys": {"path": "/query", "query_string": {"key": f"{CANARY} broken"}},
    "a bad key in a cookie": {"path": "/cookie", "headers": {"Cookie": f"key={CANARY}"}},
    "a bad body": {"path": "/token", "headers": {"Authorization": f"Bearer {GOOD}"}, "json": {"number": CANARY}},
    "an unknown property": {"path": "/token", "headers": {"Authorization": f"Bearer {GOOD}"}, "json": {"word": CANARY}},
    "a handler that fails with it": {"path": "/fail", "headers": {"Authorization": f"Bearer {GOOD}"}},
    "a handler that returns it": {"path": "/wrong"},
    "a good token": {"path": "/token", "headers": {"Authorization": f"Bearer {GOOD}"}, "json": {"number": 1}},
}


@pytest.mark.parametrize("what", REQUESTS)
def test_a_secret_appears_in_no_reply_line_of_the_log_or_report(ours: Shop, log: io.StringIO, what: str) -> None:
    reports: list[str] = []
    with ours.service:
        set_error_reporter(lambda title, data, exception: reports.append(f"{title} {json.dumps(data)}"))
    reply = ours.client.post(**{"json": {"number": 1}, **REQUESTS[what]})
    answered = f"{reply.status} {reply.headers} {reply.text}"
    assert ours.service.flush_reports(60)
    assert bool(reports) == (reply.status_code >= 500)
    written = log.getvalue() + "".join(reports)
    sent = [CANARY, SECRET, b64encode(CANARY.encode()).decode()[:16], GOOD, hs256("x", SECRET)]
    assert [text for text in sent if text in answered] == []
    assert [text for text in sent if text in written] == []
    assert (reply.status_code == 200) == (what == "a good token")


def test_nothing_that_holds_a_secret_shows_it(ours: Shop) -> None:
    with ours.service:
        from pymacaron.auth import backend_token

        authority = ours.authority
        shown = [repr(each) for each in (authority, authority.keys, authority.signing_key(), authority.settings)]
        with backend_token(user_id="u1") as token:
            from pymacaron_auth.caller import _acting

            shown.append(repr(_acting.get()))
    assert [text for text in shown if CANARY in text or SECRET in text or token in text] == []


def test_an_identity_holds_no_token(shop: Callable[..., Shop]) -> None:
    handlers = "def who(call: 'pymacaron.Call'):\n    return {'shown': repr(call.identity)}\n"
    ours = shop(None, None, handlers).at(NOW)
    token = forged()
    shown = ours.call(token).get_json()["shown"]
    assert "u1" in shown
    assert [part for part in token.split(".") if part in shown] == []
