"""Security requirements through HTTP: every scheme, alternative and combination, present, absent and bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask.views import MethodView

from pymacaron.exceptions import ConfigError, PluginError, StartError
from pymacaron.servers.development import print_urls

Client = Callable[..., FlaskClient]
Service = Callable[..., Flask]

CONFIG = "name: demo\nplugins:\n  disable: [auth]\n  local: [doorman]\n"

DOORMAN = '''
"""A scheme of each kind that reads a header named like its definition: "good", with scopes, is let in."""

from pymacaron import hookimpl
from pymacaron.exceptions import AuthenticationError, ConfigError, ForbiddenError
from pymacaron.http.security import Guarded
from pymacaron.plugins.records import Authenticator, Identity, SecurityScheme


def bind(definition, scopes):
    name = definition.name

    def authenticate(incoming):
        text = next(iter(incoming.header(f"HTTP_{name.upper()}")), None)
        if text is None:
            return None
        word, *granted = text.split()
        if word == "none":
            return Identity(None, name)
        if word != "good":
            raise AuthenticationError(f"bad {name}", challenge=f'{name} error="bad"')
        if missing := set(scopes) - set(granted):
            raise ForbiddenError(f"{name} lacks {' '.join(sorted(missing))}", challenge=f'{name} error="scope"')
        return Identity(f"user of {name}", name, frozenset(granted), {"from": name})

    return Authenticator(authenticate, lambda: AuthenticationError(f"no {name}", challenge=name))


@hookimpl
def pym_security_schemes(config):
    return [SecurityScheme("http", bind, "bearer"), SecurityScheme("apiKey", bind)]


class Definition:
    name = "own"


def wants_own(handler):
    return Guarded(handler, lambda config: bind(Definition, ()))


def wants_a_secret(handler):
    def refuse(config):
        raise ConfigError("door_secret is not set: set it in pym-config.yaml")

    return Guarded(handler, refuse)
'''

HANDLERS = """
from doorman import wants_own
from pymacaron import Call
from pymacaron.http.security import current_identity


def it(call: Call):
    assert call.identity is current_identity()
    if call.identity is None:
        return {}
    return {"user": call.identity.user_id, "others": [other.scheme for other in call.identity.others]}


def take(body, count):
    return {}


@wants_own
async def guarded(call: Call):
    return {"user": call.identity.user_id}
"""

SCHEMES = """
components:
  securitySchemes:
    a: {type: http, scheme: Bearer}
    b: {type: apiKey, in: header, name: B}
"""


def document(security: str, rest: str = "x-bind-server: handlers.it", root: str = "") -> str:
    written = f"\n      security: {security}" if security else ""
    return (
        f"openapi: 3.1.0\ninfo: {{title: it, version: '1'}}\n{root}paths:\n  /it:\n    get:\n      {rest}{written}\n"
        "      responses: {'200': {description: ok}}\n" + SCHEMES
    )


def files(security: str, rest: str = "x-bind-server: handlers.it", root: str = "") -> dict[str, str]:
    return {
        "pym-config.yaml": CONFIG,
        "doorman.py": DOORMAN,
        "handlers.py": HANDLERS,
        "apis/it.yaml": document(security, rest, root),
    }


ONE, SCOPED, OR, AND = "[{a: []}]", "[{a: [r, w]}]", "[{a: [r]}, {b: []}]", "[{a: [r], b: []}]"
OPTIONAL, OPTIONAL_FIRST, MIXED = "[{a: [r]}, {}]", "[{}, {a: [r]}]", "[{a: [r], b: []}, {b: [x]}]"

# security, headers, status, user or description, challenges
TABLE = [
    (ONE, {}, 401, "no a", ["a"]),
    (ONE, {"a": "good"}, 200, "user of a", []),
    (ONE, {"a": "bad"}, 401, "bad a", ['a error="bad"']),
    (ONE, {"a": "none"}, 200, None, []),
    (ONE, {"b": "good"}, 401, "no a", ["a"]),
    (SCOPED, {"a": "good r w"}, 200, "user of a", []),
    (SCOPED, {"a": "good r"}, 403, "a lacks w", ['a error="scope"']),
    (SCOPED, {"a": "bad r w"}, 401, "bad a", ['a error="bad"']),
    (OR, {}, 401, "no a", ["a", "b"]),
    (OR, {"a": "good r"}, 200, "user of a", []),
    (OR, {"b": "good"}, 200, "user of b", []),
    (OR, {"a": "good r", "b": "good"}, 200, "user of a", []),
    (OR, {"a": "bad", "b": "good"}, 200, "user of b", []),
    (OR, {"a": "good", "b": "good"}, 200, "user of b", []),
    (OR, {"a": "good r", "b": "bad"}, 200, "user of a", []),
    (OR, {"b": "bad"}, 401, "bad b", ["a", 'b error="bad"']),
    (OR, {"a": "bad"}, 401, "bad a", ['a error="bad"', "b"]),
    (OR, {"a": "bad", "b": "bad"}, 401, "bad a", ['a error="bad"', 'b error="bad"']),
    (OR, {"a": "good", "b": "bad"}, 403, "a lacks r", ['a error="scope"']),
    (OR, {"a": "good"}, 403, "a lacks r", ['a error="scope"']),
    (AND, {}, 401, "no a", ["a"]),
    (AND, {"a": "good r", "b": "good"}, 200, "user of a", []),
    (AND, {"a": "none", "b": "good"}, 200, "user of b", []),
    (AND, {"a": "good r"}, 401, "no b", ["b"]),
    (AND, {"b": "good"}, 401, "no a", ["a"]),
    (AND, {"a": "good r", "b": "bad"}, 401, "bad b", ['b error="bad"']),
    (AND, {"b": "bad"}, 401, "bad b", ['b error="bad"']),
    (AND, {"a": "good", "b": "bad"}, 401, "bad b", ['b error="bad"']),
    (AND, {"a": "good"}, 401, "no b", ["b"]),
    (AND, {"a": "good", "b": "good"}, 403, "a lacks r", ['a error="scope"']),
    (OPTIONAL, {}, 200, None, []),
    (OPTIONAL, {"a": "good r"}, 200, "user of a", []),
    (OPTIONAL, {"a": "bad"}, 401, "bad a", ['a error="bad"']),
    (OPTIONAL, {"a": "good"}, 403, "a lacks r", ['a error="scope"']),
    (OPTIONAL_FIRST, {}, 200, None, []),
    (OPTIONAL_FIRST, {"a": "good r"}, 200, "user of a", []),
    (OPTIONAL_FIRST, {"a": "bad"}, 401, "bad a", ['a error="bad"']),
    (MIXED, {"b": "good"}, 403, "b lacks x", ['b error="scope"']),
    (MIXED, {"b": "good x"}, 200, "user of b", []),
    (MIXED, {"a": "good r", "b": "good"}, 200, "user of a", []),
    (MIXED, {"a": "bad", "b": "good x"}, 200, "user of b", []),
    ("[]", {"a": "bad"}, 200, None, []),
    ("[{}]", {"a": "bad"}, 200, None, []),
]


@pytest.mark.parametrize(("security", "headers", "status", "told", "challenges"), TABLE)
def test_who_meets_an_alternative_is_let_in_and_others_learn_what_came_furthest(
    client: Client, security: str, headers: dict[str, str], status: int, told: str | None, challenges: list[str]
) -> None:
    reply = client(files(security)).get("/it", headers=headers)
    assert reply.status_code == status
    assert reply.json is not None
    assert (reply.json.get("user") if status == 200 else reply.json["error_description"]) == told
    assert reply.headers.getlist("WWW-Authenticate") == challenges


def test_the_identities_of_combined_schemes_come_together(client: Client) -> None:
    reply = client(files(AND)).get("/it", headers={"a": "good r", "b": "good"})
    assert reply.json == {"user": "user of a", "others": ["b"]}


def test_the_security_of_a_document_holds_for_operations_that_name_none(client: Client) -> None:
    root = "security: [{a: []}]\n"
    assert client(files("", root=root)).get("/it").status_code == 401
    assert client(files("", root=root)).get("/it", headers={"a": "good"}).status_code == 200


def test_an_empty_list_opens_one_operation_of_a_secured_document(client: Client) -> None:
    assert client(files("[]", root="security: [{a: []}]\n")).get("/it").status_code == 200


def test_callers_are_verified_before_anything_else_of_their_request_is_looked_at(client: Client) -> None:
    rest = (
        "x-bind-server: handlers.take\n      parameters: [{name: count, in: query, schema: {type: integer}}]\n"
        "      requestBody: {content: {application/json: {schema: {type: object}}}}"
    )
    secured = client({**files(ONE, rest), "apis/it.yaml": document(ONE, rest).replace("    get:", "    post:")})
    options = {"query_string": "count=x", "data": "{", "content_type": "text/x", "headers": {"Accept": "image/png"}}
    assert secured.post("/it", **options).status_code == 401


@pytest.mark.parametrize("rest", ["x-bind-server: handlers.guarded", "x-decorate-server: doorman.wants_own"])
@pytest.mark.parametrize(
    ("security", "headers", "status", "user"),
    [
        ("", {}, 401, None),
        ("", {"own": "good"}, 200, "user of own"),
        (ONE, {"own": "good"}, 401, None),
        (ONE, {"a": "good"}, 401, None),
        (ONE, {"own": "good", "a": "good"}, 200, "user of a"),
        ("[{}]", {}, 401, None),
    ],
)
def test_a_decorator_may_ask_for_a_caller_and_a_document_for_another(
    client: Client, rest: str, security: str, headers: dict[str, str], status: int, user: str | None
) -> None:
    rest = rest if "bind" in rest else f"{rest}\n      x-bind-server: handlers.it"
    reply = client(files(security, rest)).get("/it", headers=headers)
    assert reply.status_code == status
    assert reply.json is not None
    assert reply.json.get("user") == user


def test_a_decorator_that_lacks_a_setting_stops_the_start(folder: Callable[..., Path]) -> None:
    from pymacaron import create_app

    rest = "x-decorate-server: doorman.wants_a_secret\n      x-bind-server: handlers.it"
    with pytest.raises(ConfigError, match="door_secret is not set"):
        create_app(folder(files("", rest)))


def test_a_guarded_function_is_an_ordinary_view_too(service: Service) -> None:
    app = service(files("[]"))
    with app.extensions["pymacaron"] as current:
        guarded = current.import_dotted("doorman.wants_own")(lambda: "hello")
    guarded.__name__ = "hello"
    app.add_url_rule("/hello", view_func=guarded)
    assert app.test_client().get("/hello").status_code == 401
    assert app.test_client().get("/hello", headers={"own": "good"}).text == "hello"


ASYNCHRONOUS = """
import functools


def plain(function):
    @functools.wraps(function)
    def wrapper(*arguments, **keywords):
        return function(*arguments, **keywords)

    return wrapper


def awaiting(function):
    @functools.wraps(function)
    async def wrapper(*arguments, **keywords):
        return await function(*arguments, **keywords)

    return wrapper


def decorated(guard, decorate):
    async def hello():
        return {"user": current_identity().user_id}

    return decorate(guard(hello))


plainly = decorated(wants_own, plain)
awaited = decorated(wants_own, awaiting)
"""


@pytest.mark.parametrize("name", ["plainly", "awaited"])
def test_a_guarded_coroutine_may_stand_below_another_decorator(client: Client, name: str) -> None:
    written = files("[]", f"x-bind-server: handlers.{name}")
    ours = client({**written, "handlers.py": HANDLERS + ASYNCHRONOUS})
    assert ours.get("/it").status_code == 401
    assert ours.get("/it", headers={"own": "good"}).json == {"user": "user of own"}


def test_a_guarded_coroutine_is_an_ordinary_view_too(service: Service) -> None:
    app = service({**files("[]"), "handlers.py": HANDLERS + ASYNCHRONOUS})
    with app.extensions["pymacaron"] as current:
        guarded = current.import_dotted("handlers.decorated")(
            current.import_dotted("doorman.wants_own"), lambda each: each
        )
    app.add_url_rule("/hello", view_func=guarded)
    assert app.test_client().get("/hello").status_code == 401
    assert app.test_client().get("/hello", headers={"own": "good"}).json == {"user": "user of own"}


def test_a_guarded_method_of_a_view_knows_its_object(service: Service) -> None:
    app = service(files("[]"))
    with app.extensions["pymacaron"] as current:
        wants_own = current.import_dotted("doorman.wants_own")

    class Greeting(MethodView):
        word = "hello"

        @wants_own  # type: ignore[untyped-decorator]
        def get(self, name: str) -> str:
            return f"{self.word} {name}"

    app.add_url_rule("/hello/<name>", view_func=Greeting.as_view("greeting"))
    assert app.test_client().get("/hello/ada").status_code == 401
    assert app.test_client().get("/hello/ada", headers={"own": "good"}).text == "hello ada"
    assert Greeting.get is Greeting.__dict__["get"]


@pytest.mark.parametrize(("security", "status"), [(ONE, 200), ("[{a: []}, {}]", 401), ("[]", 401)])
def test_a_handler_may_want_a_caller_whatever_its_document_says(client: Client, security: str, status: int) -> None:
    handlers = "from pymacaron import Call\n\n\ndef it(call: Call):\n    return {'user': call.caller.user_id}\n"
    ours = client({**files(security), "handlers.py": handlers})
    reply = ours.get("/it", headers={"a": "good"} if status == 200 else {})
    assert reply.status_code == status
    assert status == 401 or reply.json == {"user": "user of a"}


def test_a_scheme_that_nobody_verifies_stops_the_start(folder: Callable[..., Path]) -> None:
    from pymacaron import create_app

    unknown = {**files("[{a: []}, {c: []}]")}
    unknown["apis/it.yaml"] += "    c: {type: http, scheme: digest}\n"
    with pytest.raises(StartError, match=r"it\.yaml:5: GET /it requires the security scheme 'c' \(http digest\)"):
        create_app(folder(unknown))


def test_two_verifiers_of_one_kind_are_refused(folder: Callable[..., Path]) -> None:
    from pymacaron import create_app

    twice = {**files(ONE), "pym-config.yaml": CONFIG.replace("[doorman]", "[doorman, porter]"), "porter.py": DOORMAN}
    with pytest.raises(PluginError, match="the security scheme 'http bearer' comes from both"):
        create_app(folder(twice))


def test_plugins_are_not_asked_for_schemes_that_no_operation_requires(service: Service) -> None:
    service(
        {**files("[]"), "doorman.py": DOORMAN.replace("    return [SecurityScheme(", "    raise ZeroDivisionError #")}
    )


@pytest.mark.parametrize("lean", [True, False])
def test_head_is_guarded_like_get_and_options_is_open(service: Service, lean: bool) -> None:
    app = service(files(ONE))
    if not lean:
        app.wsgi_app = app.wsgi_app.__dict__["_flasks_own_way"]  # type: ignore[method-assign]
    assert app.test_client().head("/it").status_code == 401
    assert app.test_client().get("/it", headers={"a": "good"}).status_code == 200
    assert app.test_client().options("/it").status_code == 200


def test_what_a_verifier_fails_on_lets_nobody_in(client: Client) -> None:
    broken = client({**files(ONE), "doorman.py": DOORMAN.replace('if word == "none":', "if 1 / 0:")})
    assert broken.get("/it", headers={"a": "good"}).status_code == 500


def test_the_compatibility_module_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    import pymacaron.auth

    monkeypatch.setitem(sys.modules, "pymacaron_auth", None)
    with pytest.raises(PluginError, match=r"pymacaron\.auth\.generate_token comes with pymacaron-auth: pip install"):
        pymacaron.auth.generate_token  # noqa: B018
    with pytest.raises(AttributeError):
        pymacaron.auth.nonsense  # noqa: B018


@pytest.mark.parametrize(
    ("security", "is_open", "debug"), [(ONE, False, True), (OPTIONAL, True, False), ("", True, True)]
)
def test_the_development_server_tries_what_anybody_may_call_and_says_how_to_see_texts_of_exceptions(
    security: str, is_open: bool, debug: bool, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    made = service(files(security)).extensions["pymacaron"]
    print_urls(made, "127.0.0.1", 8080, debug=debug)
    lines = capsys.readouterr().err
    tried = lines.splitlines()[-1]
    assert tried == f"try: curl -s http://127.0.0.1:8080{'/it' if is_open else '/ping'}"
    assert ("--debug shows them" in lines) is not debug
