"""Which APIs are called, by which names, where, and with what of the current request."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from pymacaron import API, Service, apipool, create_app, load_clients
from pymacaron.client.names import pythonic
from pymacaron.exceptions import BindingError, ConfigError, ServiceError, SpecError

Folder = Callable[..., Path]
Caller = Callable[..., Any]
Reply = Callable[..., bytes]

HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
SHOP = """
openapi: 3.1.0
info: {title: Shop, version: '1'}
servers: [{url: /v1}]
paths:
  /pets/{name}:
    get:
      operationId: getPet
      x-bind-server: shop.get_pet
      parameters:
      - {name: name, in: path, required: true, schema: {type: array, items: {type: string}}}
      responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}
    put:
      operationId: putPet
      x-bind-server: shop.put_pet
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/octet-stream: {}}}
      responses: {'200': {description: ok, content: {text/plain: {schema: {type: string}}}}}
  /twice:
    get:
      operationId: twice
      x-bind-server: shop.twice
      responses: {'200': {description: ok}}
  /counted:
    get:
      operationId: counted
      x-bind-server: shop.counted
      responses: {'200': {description: ok, content: {text/plain: {}}}}
components:
  schemas:
    Pet: {type: object, required: [name], properties: {name: {type: string}, path: {type: string}}}
"""
HANDLERS = """
from flask import request
from pymacaron import apipool

def get_pet(name):
    return {'name': '+'.join(name), 'path': request.path}

def put_pet(body, name):
    return f'{name} {len(body)} {request.content_type}'

def twice():
    before = request.path
    pet = apipool.shop.client.get_pet(name=['in', 'side'])
    return {'before': before, 'inside': pet.path, 'after': request.path, 'id': request.headers.get('X-Request-ID')}

def counted():
    for number in range(3):
        yield f'{number} {request.path} '
"""
SERVICE = {"apis/shop.yaml": SHOP, "shop.py": HANDLERS}


def operations(*written: str) -> str:
    """Return a document with an operation for each text."""
    paths = "".join(
        f"  /x{number}:\n    get:\n      {each}\n      responses: {{}}\n" for number, each in enumerate(written)
    )
    return f"{HEAD}paths:\n{paths}"


@pytest.mark.parametrize(("operation_id", "name"), [
    ("listPets", "list_pets"), ("list-pets", "list_pets"), ("pets/list", "pets_list"),
    ("getUserByID", "get_user_by_id"),
    ("HTTPGet", "http_get"), ("shop.api.list_pets", "list_pets"), ("import", "import_"), ("2fa", "call_2fa"),
    ("__class__", "class_"), ("café", "café"), ("...", "call"), ("a b", "a_b"), ("do_login", "do_login"),
])  # fmt: skip
def test_an_operation_id_becomes_the_name_of_a_function(operation_id: str, name: str) -> None:
    assert pythonic(operation_id) == name
    assert name.isidentifier()


def test_the_bound_name_goes_before_the_operation_id(caller: Caller) -> None:
    document = operations("x-bind-client: do_login\n      operationId: login", "operationId: logout", "summary: none")
    client = caller(document, "http://127.0.0.1:9").client
    assert [name for name in dir(client) if not name.startswith("_")] == ["do_login", "logout"]


@pytest.mark.parametrize(("document", "told"), [
    (operations("operationId: listPets", "operationId: list_pets"),
     "it.yaml:9: GET /x1 is called 'list_pets' by clients, as is GET /x0 at"),
    (operations("x-bind-client: do login"), "it.yaml:6: 'x-bind-client: do login' is no name of a function"),
    (operations("x-bind-client: _secret"), "it.yaml:6: 'x-bind-client: _secret' is no name of a function"),
    (operations("x-bind-client: import"), "it.yaml:6: 'x-bind-client: import' is no name of a function"),
])  # fmt: skip
def test_names_that_clash_or_are_none_are_refused_with_their_line(document: str, told: str, caller: Caller) -> None:
    with pytest.raises(SpecError) as caught:
        caller(document, "http://127.0.0.1:9")
    assert told in str(caught.value)


@pytest.mark.parametrize(("head", "config", "variable", "url"), [
    ("servers: [{url: 'http://127.0.0.1:9/v1'}]", "", "", "http://127.0.0.1:9/v1/x0"),
    ("servers: [{url: '/v1'}, {url: 'http://127.0.0.1:9/{v}/', variables: {v: {default: v2}}}]", "", "",
     "http://127.0.0.1:9/v2/x0"),
    ("servers: [{url: 'http://{host}/v1'}, {url: 'http://127.0.0.1:9'}]", "", "", "http://127.0.0.1:9/x0"),
    ("servers: [{url: 'http://127.0.0.1:9/v1'}]", "clients: {it: {url: 'http://localhost:9/v3'}}", "",
     "http://localhost:9/v3/x0"),
    ("", "clients: {it: {url: 'http://localhost:9/v3'}}", "http://localhost:9", "http://localhost:9/x0"),
])  # fmt: skip
def test_where_an_api_is_called_is_told_by_environment_settings_or_document(
    head: str, config: str, variable: str, url: str, caller: Caller
) -> None:
    document = operations("operationId: x").replace("paths:", f"{head}\npaths:")
    pool = caller(document, variable, f"client_retries: 0\n{config}")
    assert pool.client.x().url == url


SWAGGER = """
swagger: '2.0'
info: {title: T, version: '1'}
basePath: /v1
paths: {/x: {get: {operationId: x, responses: {}}}}
"""


@pytest.mark.parametrize(("head", "url"), [
    ("host: '127.0.0.1:9'\nschemes: [http]", "http://127.0.0.1:9/v1/x"),
    ("host: '127.0.0.1:9'\nschemes: [http, https]", "https://127.0.0.1:9/v1/x"),
    ("host: '127.0.0.1:9'", "https://127.0.0.1:9/v1/x"),
])  # fmt: skip
def test_swagger_2_tells_it_by_scheme_host_and_base_path(head: str, url: str, caller: Caller) -> None:
    assert caller(f"{SWAGGER}{head}\n", "", "client_retries: 0\n").client.x().url == url


@pytest.mark.parametrize(("document", "variable", "told"), [
    (SWAGGER, "", "nothing tells where the API 'it' is served"),
    (operations("operationId: x"), "", "or set 'clients: {it: {url: ...}}' in pym-config.yaml or PYM_CLIENT_IT_URL"),
    (operations("operationId: x"), "ftp://x", "PYM_CLIENT_IT_URL holds no URL"),
    (operations("operationId: x"), "http://me:pass@x", "PYM_CLIENT_IT_URL holds no URL"),
    (f"{SWAGGER}host: me:pass@x\n", "", "the URL of the API 'it' holds credentials"),
])  # fmt: skip
def test_a_place_that_nothing_tells_stops_the_start(document: str, variable: str, told: str, caller: Caller) -> None:
    with pytest.raises(ConfigError) as caught:
        caller(document, variable)
    assert told in str(caught.value)
    assert "pass" not in str(caught.value)


def test_a_url_of_the_settings_holds_no_credentials(caller: Caller) -> None:
    with pytest.raises(ConfigError, match="the URL of the API 'it' holds credentials") as caught:
        caller(operations("operationId: x"), "", "clients: {it: {url: 'http://me:pass@x'}}")
    assert "pass" not in str(caught.value)


def test_a_missing_document_is_told_the_nearest(folder: Folder) -> None:
    with Service(folder({"apis/login.yaml": operations()})) as service:
        with pytest.raises(ConfigError, match=r"has no document 'logn.yaml' \(did you mean 'login'\?\)"):
            service.load_clients(apis=["logn"])
        service.close()


def test_an_api_that_is_only_called_is_not_served(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYM_CLIENT_LOGIN_URL", "http://127.0.0.1:9")
    login = operations("operationId: x\n      x-bind-server: nobody.has_this")
    app = Flask(__name__, root_path=str(folder({"others/login.yaml": login, **SERVICE})))
    api = API(app).load_apis("apis").load_clients("others", apis=["login"])
    api.start()
    assert app.test_client().get("/x0").status_code == 404
    with app.app_context():
        assert apipool.login.client.x.using(retries=0)().status == 503
    api.service.close()


def test_documents_of_the_service_that_bind_nothing_can_be_called_too(
    folder: Folder, raw: Any, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYM_CLIENT_OTHER_API_URL", raw(reply("{}")).url)
    app = create_app(folder({**SERVICE, "apis/other-api.yaml": operations("x-bind-client: x")}))
    with app.app_context():
        assert apipool.other_api.client.x() == {}
    app.extensions["pymacaron"].close()


SCRIPT = """
import sys
from pymacaron import apipool, load_clients
from pymacaron.client import Answer

load_clients("others", apis=["login"])
error = apipool.login.client.x()
print(error.status, [name for name in ("flask", "werkzeug", "jsonschema_rs") if name in sys.modules])
"""


def test_a_script_calls_apis_without_flask(folder: Folder) -> None:
    root = folder({"others/login.yaml": operations("operationId: x"), "script.py": SCRIPT})
    (root / "pym-config.yaml").write_text("name: script\nclients: {login: {url: 'http://127.0.0.1:9', retries: 0}}\n")
    done = subprocess.run(
        [sys.executable, "-W", "error", "script.py"], cwd=root, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("503 []\n", "")


def test_a_missing_library_is_told_with_what_to_type(folder: Folder) -> None:
    root = folder({"others/login.yaml": operations("operationId: x")})
    script = "import sys; sys.modules['httpx2'] = None; from pymacaron import load_clients; load_clients('others')"
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert "calls to other APIs need httpx2: pip install 'pymacaron[client]>=3'" in done.stderr


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_service_calls_itself_without_leaving_its_process(way: str, service: Callable[..., Flask]) -> None:
    app = service(SERVICE)
    app.extensions["pymacaron"].load_clients(apis=["shop"], local=True)
    with app.app_context():
        pool = apipool.shop
        call = pool.client.get_pet if way == "sync" else pool.aclient.get_pet
        answer: Any = call(name=["a,b", "é"])
        pet = asyncio.run(answer) if way == "async" else answer
        assert (type(pet), pet.to_json()) == (pool.Pet, {"name": "a,b+é", "path": "/v1/pets/a,b,é"})
        put = pool.client.put_pet if way == "sync" else pool.aclient.put_pet
        answer = put(iter([b"abc", b"de"]), name="x")
        assert (asyncio.run(answer) if way == "async" else answer) == "x 5 application/octet-stream"
        answer = pool.client.get_pet(name=["x", ".."]) if way == "sync" else None
        assert answer is None or answer.name == "x+.."


def test_a_local_call_within_a_request_leaves_that_request_alone(service: Callable[..., Flask]) -> None:
    app = service(SERVICE)
    app.extensions["pymacaron"].load_clients(apis=["shop"], local=True)
    told = {"before": "/v1/twice", "inside": "/v1/pets/in,side", "after": "/v1/twice", "id": "r-1"}
    assert app.test_client().get("/v1/twice", headers={"X-Request-ID": "r-1"}).json == told
    with app.app_context():
        assert apipool.shop.client.twice()["after"] == "/v1/twice"
        with apipool.shop.client.counted.stream() as download:
            assert download.read() == b"0 /v1/counted 1 /v1/counted 2 /v1/counted "


def test_a_local_call_does_not_see_the_g_of_its_caller(service: Callable[..., Flask]) -> None:
    document = """
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /outer: {get: {operationId: outer, x-bind-server: handlers.outer, responses: {default: {description: ok}}}}
  /inner: {get: {operationId: inner, x-bind-server: handlers.inner, responses: {default: {description: ok}}}}
"""
    handlers = """
from flask import g

from pymacaron import apipool


def outer():
    g.who = "Ada"
    return [apipool.it.client.inner(), g.who]


def inner():
    mine, g.who = getattr(g, "who", None), "Bob"
    return mine
"""
    app = service({"apis/it.yaml": document, "handlers.py": handlers})
    app.extensions["pymacaron"].load_clients(apis=["it"], local=True)
    ended: list[object] = []
    app.teardown_appcontext(ended.append)
    assert app.test_client().get("/outer").json == [None, "Ada"]
    assert len(ended) == 2


def test_a_local_call_at_the_root_where_base_paths_are_ignored(service: Callable[..., Flask]) -> None:
    app = service({**SERVICE, "pym-config.yaml": "name: shop\nignore_base_path: true\n"})
    app.extensions["pymacaron"].load_clients(apis=["shop"], local=True)
    with app.app_context():
        assert apipool.shop.client.get_pet(name=["a"]).path == "/pets/a"


def test_an_api_that_a_plugin_brought_can_be_called_locally(service: Callable[..., Flask]) -> None:
    app = service(SERVICE)
    app.extensions["pymacaron"].load_clients(apis=["ping"], local=True)
    with app.app_context():
        assert apipool.ping.client.version().name == "demo"


def test_a_local_call_needs_the_app(folder: Folder) -> None:
    with Service(folder(SERVICE)) as service:
        service.load_clients(apis=["shop"], local=True)
        with pytest.raises(ServiceError, match="its app is not there: call start\\(\\) before"):
            apipool.shop.client.get_pet(name=["a"])
        service.close()


CALLING = """
from pymacaron import apipool

def add_key(request):
    request.headers['Authorization'] = f'Bearer of {request.called.api} {request.method} {request.url}'

def old_way(function):
    def wrapped(*arguments, **keywords):
        keywords['headers'] = {**keywords.get('headers', {}), 'Authorization': 'Bearer old'}
        return function(*arguments, **keywords)
    return wrapped

def call():
    return {'status': apipool.other.client.x().status}
"""


@pytest.mark.parametrize(("decorator", "sent"), [
    ("calling.add_key", "Bearer of other GET {url}/x0"), ("calling.old_way", "Bearer old"),
])  # fmt: skip
def test_a_decorator_adds_headers_and_the_id_of_the_request_goes_along(
    decorator: str, sent: str, service: Callable[..., Flask], raw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = raw(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("PYM_CLIENT_OTHER_URL", server.url)
    files = {
        "apis/it.yaml": operations("x-bind-server: calling.call"),
        "apis/other.yaml": f"{operations('x-bind-client: x')}x-decorate-request: {decorator}\n",
        "calling.py": CALLING,
    }
    reply = service(files).test_client().get("/x0", headers={"X-Request-ID": "abc-1"})
    assert reply.json == {"status": 401}
    lines = server.requests[0].lower().splitlines()
    assert f"authorization: {sent.format(url=server.url)}".lower() in lines
    assert "x-request-id: abc-1" in lines


@pytest.mark.parametrize(("answer", "told"), [
    ('{"error": "NO_PET", "error_description": "none there"}', ("NO_PET", "none there", 404)),
    ("", ("NOT_FOUND", "Not Found", 404)),
    (None, ("SERVER_UNREACHABLE", "Another service, which this one needs, did not answer as it should", 503)),
])  # fmt: skip
def test_a_handler_may_hand_an_error_on_which_never_tells_where_the_other_api_is(
    answer: str | None,
    told: Any,
    service: Callable[..., Flask],
    raw: Any,
    reply: Reply,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYM_CLIENT_OTHER_URL", raw(b"" if answer is None else reply(answer, "404 No")).url)
    files = {
        "pym-config.yaml": "name: shop\nclient_retries: 0\n",
        "apis/it.yaml": operations("x-bind-server: calling.call"),
        "apis/other.yaml": operations("x-bind-client: x"),
        "calling.py": "from pymacaron import apipool\ndef call():\n    return apipool.other.client.x()\n",
    }
    found: Any = service(files).test_client().get("/x0")
    assert (found.json["error"], found.json["error_description"], found.status_code) == told
    assert "127.0.0.1" not in found.text


def test_a_decorator_that_is_missing_stops_the_start_with_its_line(caller: Caller) -> None:
    document = operations("operationId: x\n      x-decorate-request: nobody.add")
    with pytest.raises(BindingError, match=r"it\.yaml:5: GET /x0 has its requests decorated by 'nobody\.add', but"):
        caller(document, "http://127.0.0.1:9")


def test_connections_are_closed_with_their_service_and_open_again(raw: Any, reply: Reply, caller: Caller) -> None:
    pool = caller(operations("operationId: x"), raw(reply("{}"), reply("{}")).url)
    assert pool.client.x() == {}
    pool._clients.__self__.close()
    assert pool.client.x() == {}


def test_connections_of_an_event_loop_are_closed_as_it_ends(raw: Any, reply: Reply, caller: Caller) -> None:
    pool = caller(operations("operationId: x"), raw(reply("{}")).url)

    async def call() -> Any:
        assert await pool.aclient.x() == {}
        return await pool.aclient.x._connection.client()

    assert asyncio.run(call()).is_closed


def test_a_forked_process_connects_anew(
    raw: Any, reply: Reply, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = caller(operations("operationId: x"), raw(reply("{}"), reply("{}")).url)
    assert pool.client.x() == {}
    before = pool.client.x._connection.client()
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert pool.client.x() == {}
    assert pool.client.x._connection.client() is not before
    before.close()


def test_load_clients_acts_on_the_current_service(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYM_CLIENT_LOGIN_URL", "http://127.0.0.1:9")
    with Service(folder({"others/login.yaml": operations("operationId: x")})) as service:
        load_clients("others")
        assert list(service.pools) == ["login"]
        load_clients("others", apis=["login"])
        service.close()
