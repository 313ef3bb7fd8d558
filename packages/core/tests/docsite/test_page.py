"""The page in a real browser: it shows the operations, runs them, and asks nobody else for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from pymacaron import create_app

Serve = Callable[[Any], str]
Create = Callable[[Path], Any]

OLD = """
swagger: "2.0"
info: {title: Keys, version: "1"}
basePath: /v1
securityDefinitions:
  key: {type: apiKey, in: header, name: X-Key}
  elsewhere:
    type: oauth2
    flow: password
    tokenUrl: https://login.example.com/token
    scopes: {}
paths:
  /me:
    get:
      operationId: me
      x-bind-server: keys.me
      security: [{key: []}]
      responses: {200: {description: Who calls.}}
"""
NEW = """
openapi: 3.1.0
info: {title: Keys, version: "1", description: "![](http://pictures.example.com/a.png)"}
servers: [{url: https://production.example.com/v1}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
paths:
  /me:
    get:
      operationId: me
      x-bind-server: keys.me
      security: [{key: []}]
      responses: {"200": {description: Who calls.}}
"""
PLUGIN = """
from pymacaron import hookimpl
from pymacaron.exceptions import AuthenticationError
from pymacaron.plugins.records import Authenticator, Identity, SecurityScheme


def bind(definition, scopes):
    def authenticate(incoming):
        for key in incoming.header("HTTP_X_KEY"):
            return Identity(f"owner of {key}", definition.name)
        return None

    return Authenticator(authenticate, lambda: AuthenticationError("send a key"))


@hookimpl
def pym_security_schemes(config):
    return [SecurityScheme("apiKey", bind), SecurityScheme("oauth2", bind)]
"""
KEYS = {
    "pym-config.yaml": "name: keys\npublish_apis: doc\nplugins: {local: [keyplugin]}\n",
    "keyplugin.py": PLUGIN,
    "keys.py": "from pymacaron import Call\n\n\ndef me(call: Call):\n    return {'caller': call.identity.user_id}\n",
}


@pytest.fixture
def create() -> Iterator[Create]:
    made = []

    def make(root: Path) -> Any:
        made.append(create_app(root))
        return made[-1]

    yield make
    for app in made:
        app.extensions["pymacaron"].close()


def mounted(app: Any) -> Any:
    return DispatcherMiddleware(NotFound(), {"/prefix": app})


def proxied(app: Any) -> Any:
    """Serve an app behind a proxy that keeps a prefix to itself and tells of it by a header."""
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)

    def proxy(environ: dict[str, Any], start_response: Any) -> Any:
        assert environ["PATH_INFO"].startswith("/prefix")
        return app(
            {
                **environ,
                "PATH_INFO": environ["PATH_INFO"].removeprefix("/prefix"),
                "HTTP_X_FORWARDED_PREFIX": "/prefix",
                "HTTP_X_FORWARDED_PROTO": "https",
            },
            start_response,
        )

    return proxy


@pytest.mark.parametrize(
    ("wrap", "prefix"),
    [(lambda app: app, ""), (mounted, "/prefix"), (proxied, "/prefix")],
    ids=["at the root", "below a prefix", "behind a proxy"],
)
def test_the_page_shows_the_operations_and_executes_one_and_asks_no_other_host(
    page: Any, serve: Serve, create: Create, shop: Path, wrap: Callable[[Any], Any], prefix: str
) -> None:
    with (shop / "pym-config.yaml").open("a") as config:
        config.write("publish_apis: doc\n")
    address = serve(wrap(create(shop)))
    page.open(f"{address}{prefix}/doc")
    page.find("h1", "shop")
    page.follow("a", "Shop")
    shown = [page.find(".opblock-summary", text) for text in ("List the items", "Add an item", "Look at", "Take an")]
    assert [text[:3] for text in shown] == ["GET", "POS", "GET", "DEL"]
    page.click("#operations-default-list_items .opblock-summary-control")
    page.find("#operations-default-list_items .parameters", "Only items that carry")
    page.click_until("#operations-default-list_items .execute", ".live-responses-table", '"currency": "SEK"')
    assert f"{address}{prefix}/api/items?limit=20" in page.requests
    assert [url for url in page.requests if not url.startswith((f"{address}{prefix}/", "data:"))] == []
    assert page.complaints == []


@pytest.mark.parametrize("document", [OLD, NEW], ids=["Swagger 2.0", "OpenAPI 3.1"])
def test_a_reader_authorizes_with_a_scheme_of_the_service(
    page: Any, serve: Serve, create: Create, folder: Callable[..., Path], document: str
) -> None:
    address = serve(mounted(create(folder({**KEYS, "apis/keys.yaml": document}))))
    page.open(f"{address}/prefix/doc/keys")
    page.click(".btn.authorize")
    page.find(".auth-container", "X-Key")
    page.write(".auth-container input", "seven")
    page.click(".auth-container .authorize")
    page.find(".auth-container h6", "Authorized")
    page.click(".btn-done")
    page.click("#operations-default-me .opblock-summary-control")
    page.find("#operations-default-me .opblock-body", "No parameters")
    page.click_until("#operations-default-me .execute", ".live-responses-table", "owner of seven")
    reached = [url for url in page.requests if not url.startswith("data:") and url not in page.refused]
    assert [url for url in reached if not url.startswith(f"{address}/prefix/")] == []
