"""Flask's routing knows operations by names that users write: url_for, view_args, url_rule, and no blueprint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, url_for
from werkzeug.routing import Rule

from pymacaron import create_app
from pymacaron.http import contexts
from pymacaron.http.endpoint import Endpoint

HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n"
OPERATION = """\
  {path}:
    {method}:
      x-bind-server: handlers.told
      {id}
      parameters: [{parameters}]
      responses: {{'200': {{description: ok, content: {{application/json: {{}}}}}}}}
"""
HANDLERS = """
from flask import request, url_for
def told(**values):
    return {
        "endpoint": request.endpoint,
        "view_args": request.view_args,
        "rule": request.url_rule.rule,
        "blueprint": request.blueprint,
        "url": url_for(request.endpoint, **request.view_args),
        "values": values,
    }
"""


def operation(path: str, operation_id: str = "", method: str = "get") -> str:
    """Return an operation whose path parameters are texts."""
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    parameters = ", ".join(f"{{name: '{name}', in: path, required: true, schema: {{type: string}}}}" for name in names)
    named = f"operationId: {operation_id}" if operation_id else "summary: x"
    return OPERATION.format(path=path, method=method, id=named, parameters=parameters)


@pytest.fixture(params=["lane", "refused"])
def app_of(request: pytest.FixtureRequest, folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make an app of the operations of an API, on the lean lane or in Flask's own way."""
    if request.param == "refused":
        monkeypatch.setattr(contexts, "_another_flask", lambda app: "this is another Flask")
    made: list[Flask] = []

    def make(*operations: str, api: str = "shop") -> Flask:
        made.append(create_app(folder({f"apis/{api}.yaml": HEAD + "".join(operations), "handlers.py": HANDLERS})))
        return made[-1]

    yield make
    for app in made:
        app.extensions["pymacaron"].close()


def test_an_operation_is_known_by_its_id_and_the_names_of_its_parameters(app_of: Any) -> None:
    app = app_of(operation("/items/{item_id}", "get_item"))
    assert app.test_client().get("/items/7").json == {
        "endpoint": "shop:get_item",
        "view_args": {"item_id": "7"},
        "rule": "/items/<item_id>",
        "blueprint": None,
        "url": "/items/7",
        "values": {"item_id": "7"},
    }
    with app.test_request_context():
        assert url_for("shop:get_item", item_id=8, q="a") == "/items/8?q=a"


@pytest.mark.parametrize(
    ("path", "operation_id", "api", "endpoint"),
    [
        ("/items", "", "shop", "shop:get /items"),
        ("/items.json", "", "shop", "shop:get /items:json"),
        ("/items", "shop.v1.items", "shop", "shop:shop:v1:items"),
        ("/items", "all", "shop.v1", "shop:v1:all"),
    ],
)
def test_an_endpoint_has_no_dot(path: str, operation_id: str, api: str, endpoint: str, app_of: Any) -> None:
    told = app_of(operation(path, operation_id), api=api).test_client().get(path).json
    assert (told["endpoint"], told["blueprint"]) == (endpoint, None)


def test_an_id_of_several_operations_names_none(app_of: Any) -> None:
    http = app_of(operation("/a", "x.y"), operation("/b", "x:y"), operation("/c", "z")).test_client()
    told = [http.get(path).json["endpoint"] for path in ("/a", "/b", "/c")]
    assert told == ["shop:get /a", "shop:get /b", "shop:z"]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/{class}", {"class_"}),
        ("/{X-Id}/{x}", {"X_Id", "x"}),
        ("/{é}/{v0}", {"v0_2", "v0"}),
        ("/{endpoint}", {"v0"}),
        ("/{a-b}/{a_b}", {"a_b", "v1"}),
        ("/{2fa}/{_x}", {"v0", "v1"}),
        ("/{self}/{values}", {"self", "values"}),
    ],
)
def test_what_is_no_name_to_werkzeug_gets_another(path: str, names: set[str], app_of: Any) -> None:
    called = "/" + "/".join("bcd"[: path.count("{")])
    told = app_of(operation(path, "get_it")).test_client().get(called).json
    assert told["view_args"].keys() == names
    assert list(told["values"].values()) == list("bcd"[: path.count("{")])
    assert told["url"] == called


def test_a_blueprint_of_the_apis_name_guards_its_own_routes_alone(app_of: Any) -> None:
    app = app_of(operation("/items", "items"))
    blueprint = Blueprint("shop", __name__, url_prefix="/own")
    blueprint.before_request(lambda: ("log in first", 401))
    blueprint.add_url_rule("/x", "x", lambda: "x")
    app.register_blueprint(blueprint)
    http = app.test_client()
    assert (http.get("/items").status_code, http.get("/own/x").status_code) == (200, 401)


def test_endpoints_tell_which_operation_they_serve(app_of: Any) -> None:
    app = app_of(operation("/items", "items", "put"))
    view = app.view_functions["shop:items"]
    assert isinstance(view, Endpoint)
    assert (view.api, view.operation.method, view.operation.path) == ("shop", "put", "/items")


def test_an_endpoint_that_the_app_has_already_stays_its_own(folder: Callable[..., Path]) -> None:
    from pymacaron import API

    files = {"apis/shop.yaml": HEAD + operation("/items", "items"), "handlers.py": HANDLERS}
    app = Flask("own", root_path=str(folder(files)))
    app.url_map.add(Rule("/own", endpoint="shop:items"))
    app.view_functions["shop:items"] = lambda: "own"
    API(app).load_apis().start()
    http = app.test_client()
    assert (http.get("/own").text, http.get("/items").json["endpoint"]) == ("own", "shop:items_")  # type: ignore[index]
    app.extensions["pymacaron"].close()
