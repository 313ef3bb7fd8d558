"""Every snippet of the documentation of PyMacaron 1 and 2 runs as it is, or the migration page tells what to write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploykit import Shop
from olddocs import FOLDER, PAGE, TABLE, Snippet, files, like_code, lines, snippet
from ports import free_port
from test_hello import answer

if not FOLDER.is_dir():
    pytest.skip("no old documentation: set PYM_OLD_DOCS_DIR to its folder", allow_module_level=True)

Run = Callable[..., str]
API = {
    "produces": ["application/json"],
    "responses": {"200": {"description": "ok", "schema": {"$ref": "#/definitions/Ok"}}},
}
MODELS = {
    "Ok": {"type": "object"},
    "AuthToken": {"type": "object", "properties": {"token": {"type": "string"}}},
    "Credentials": {"type": "object", "properties": {"email": {"type": "string"}}},
    "Error": {
        "type": "object",
        "properties": {
            "error": {"type": "string"},
            "error_description": {"type": "string"},
            "error_id": {"type": "string"},
            "user_message": {"type": "string"},
            "status": {"type": "integer"},
        },
    },
}


def document(operations: Mapping[str, Mapping[str, Any]], **more: Any) -> str:
    """Return a document of version 2.0 with an operation for each path, and the models of the old pages."""
    paths = {path: {each.get("method", "get"): {**API, **each}} for path, each in operations.items()}
    for path in paths.values():
        for operation in path.values():
            operation.pop("method", None)
    info = {"title": "T", "version": "1"}
    return yaml.safe_dump({"swagger": "2.0", "info": info, "paths": paths, "definitions": MODELS, **more})


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a program, or a command, in a folder of files, and return what it prints; a failure fails the test."""

    def run(files: Mapping[str, str], *command: str, code: str = "", **environment: str) -> str:
        for name, text in {"pym-config.yaml": "name: helloworld\n", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        program = [sys.executable, "-W", "error", "-c", textwrap.dedent(code)]
        done = subprocess.run(
            command or program, cwd=tmp_path, env=variables(environment), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def variables(more: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with our commands first."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYM_") and name != "PORT"}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}", **more}


@contextmanager
def served(folder: Path, files: Mapping[str, str], *command: str) -> Iterator[str]:
    """Serve a folder of files by a command that takes --port, and give the URL."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    port = str(free_port())
    with (folder / "log").open("w") as log:
        environment = variables({"PYM_TASKS_DIR": str(folder / "tasks")})
        process = subprocess.Popen([*command, port], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            answer(f"http://127.0.0.1:{port}/ping", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def told(*texts: str) -> None:
    """Expect that the page has what is to be written instead."""
    page = PAGE.read_text(encoding="utf-8")
    assert [text for text in texts if text not in page] == []


def client(code: str, module: str = "server") -> str:
    """Return a program that calls the app of a server.py."""
    return f"import json\nfrom {module} import app\nclient = app.test_client()\n" + textwrap.dedent(code)


# -- the table


def test_each_snippet_has_an_entry_and_a_test_of_its_own() -> None:
    places = [(each.file, each.number) for each in TABLE]
    assert len(set(places)) == len(places) == 35
    for file in files():
        covered = {line for each in TABLE if each.file == file for line in range(each.first, each.last + 1)}
        code = {number for number, line in enumerate(lines(file), 1) if like_code(line)}
        assert {number: lines(file)[number - 1] for number in sorted(code - covered)} == {}
        starts = sorted((each.first, each.number) for each in TABLE if each.file == file)
        assert [number for _, number in starts] == [*range(1, len(starts) + 1)]


@pytest.mark.parametrize("old", TABLE, ids=str)
def test_the_snippet_is_the_one_that_the_table_knows(old: Snippet) -> None:
    assert any(like_code(line) for line in old.text.split("\n"))


# -- a server


SERVED = {
    "pym-config.yaml": "name: helloworld\nlive_host: http://127.0.0.1\n",
    "apis/myservice.yaml": document({"/hello": {"x-bind-server": "myservice.hello"}}),
    "myservice.py": "def hello():\n    return {}\n",
}
ACCEPTS = """\
from pymacaron_unit.testcase import PyMacaronTestCase


class Tests(PyMacaronTestCase):
    def test_it(self):
        self.assertGetReturnOk("hello")
"""
LOST_IN_SERVER = {
    "api = API(": "        app, port=port, debug=debug)",
    "# Find all swagger files": "    api.load_apis(path_apis)",
    "# apis/myservice.yaml": '    api.start(serve=["myservice"])',
}


@snippet("002", 3, 53, 66, "a0827c89a4a4", "runs")
def test_a_folder_of_the_old_shape_is_served_and_tested(old: Snippet, run: Run) -> None:
    names = ("apis", "myservice", "pym-config.yaml", "test", "testaccept")
    assert all(name in old.text for name in names)
    files = {**SERVED, "test/test_it.py": "def test_it():\n    pass\n", "testaccept/test_it.py": ACCEPTS}
    assert "1 passed" in run(files, "pytest", "-q", "test")
    assert "1 passed" in run({}, "pymtest")


@snippet("002", 4, 70, 70, "5de8f792e92f", "runs")
def test_a_server_is_started_at_a_port(old: Snippet, tmp_path: Path) -> None:
    words = old.text.split()
    files = {**SERVED, "server.py": SNIPPETS["server"].filled(LOST_IN_SERVER)}
    assert words[2] == "8080"
    with served(tmp_path, files, *words[:1], "server.py", *words[1:2]) as url:
        assert urllib.request.urlopen(f"{url}/hello", timeout=9).read() == b"{}"


@snippet("002", 5, 74, 117, "eaa9b927deb8", "runs")
def test_a_server_py_makes_its_app(old: Snippet, run: Run) -> None:
    files = {**SERVED, "server.py": old.filled(LOST_IN_SERVER)}
    assert run(files, code=client("print(client.get('/hello').json)")) == "{}\n"


SNIPPETS = {
    "server": Snippet("002", 5, 74, 117, "eaa9b927deb8", "runs"),
    "task": Snippet("002", 17, 335, 347, "76ef130160b0", "runs"),
}


@snippet("002", 6, 121, 122, "01a7d2725abf", "runs")
def test_run_acceptance_tests_local_serves_the_folder_by_itself(old: Snippet, run: Run) -> None:
    commands = old.text.replace("cd projectroot", "cd .")
    assert "1 passed" in run({**SERVED, "testaccept/test_it.py": ACCEPTS}, "sh", "-ec", commands)


BUILT_IN = {
    "pym-config.yaml": "name: helloworld\njwt_secret: a secret of the shop that nobody else has\n"
    "jwt_issuer: shop\njwt_audience: shop\ndefault_user_id: nobody\n",
    "apis/it.yaml": document({"/it": {"x-bind-server": "it.it"}}),
    "it.py": "def it():\n    return {}\n",
}


@snippet("002", 15, 306, 324, "4ce8ead988a5", "replaced")
def test_the_built_in_endpoints_of_version_1_answer(old: Snippet, tmp_path: Path) -> None:
    built_in_endpoints_answer(old, tmp_path)


@snippet("004", 1, 22, 38, "81c62717b7ac", "replaced")
def test_the_built_in_endpoints_of_version_2_answer(old: Snippet, tmp_path: Path) -> None:
    built_in_endpoints_answer(old, tmp_path)


def built_in_endpoints_answer(old: Snippet, folder: Path) -> None:
    """Call what the snippet calls, and compare the keys of what it shows."""
    keys = [key for key in ("container", "name", "version") if f'"{key}":' in old.text]
    assert all(f'"{key}":' in old.text for key in ("name", "version", "error_description", "error_id", "status"))
    with served(folder, BUILT_IN, "pym", "run", "--port") as url:
        token = subprocess.run(
            ["pym", "token", "generate"], cwd=folder, env=variables({}), capture_output=True, text=True, check=True
        ).stdout.strip()
        assert fetched(f"{url}/ping") == {}
        assert set(keys) <= set(fetched(f"{url}/version"))
        refused = fetched(f"{url}/auth/version")
        assert (refused["status"], len(refused["error_id"])) == (401, 36)
        assert f'"error_description": "{refused["error_description"]}"' not in old.text
        told(f"`{refused['error']}`")
        assert set(keys) <= set(fetched(f"{url}/auth/version", f"Bearer {token}"))


def fetched(url: str, credential: str = "") -> Any:
    """GET JSON, whatever the status."""
    request = urllib.request.Request(url, headers={"Authorization": credential} if credential else {})
    try:
        with urllib.request.urlopen(request, timeout=9) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)


# -- what needs a token


@snippet("002", 9, 163, 163, "95185ed8bad2", "runs")
def test_a_token_is_passed_in_the_authorization_header(old: Snippet, run: Run) -> None:
    operation = {"x-bind-server": "it.it", "x-decorate-server": "pymacaron.auth.requires_auth"}
    files = {**BUILT_IN, "apis/it.yaml": document({"/it": operation}), "server.py": PLAIN_SERVER}
    name, _, value = old.text.strip().partition(": ")
    code = f"""\
    from pymacaron.auth import generate_token
    with app.extensions["pymacaron"]:
        credential = {value!r}.replace("{{session token}}", generate_token("u1"))
    print(client.get("/it").status_code, client.get("/it", headers={{{name!r}: credential}}).status_code)
    """
    assert run(files, code=client(code)) == "401 200\n"


PLAIN_SERVER = "from pymacaron import create_app\n\napp = create_app()\n"


def answered(run: Run, handlers: str, more: str = "", config: str = "name: helloworld\n") -> Any:
    """Return the JSON of what a handler `handlers.it` makes the service answer."""
    files = {
        "pym-config.yaml": config,
        "apis/myapi.yaml": document({"/it": {"x-bind-server": "handlers.it"}}),
        "handlers.py": f"{handlers}\n{more}",
        "server.py": PLAIN_SERVER,
    }
    return json.loads(run(files, code=client("print(json.dumps(client.get('/it').json))")))


# -- errors


@snippet("002", 10, 177, 180, "fe77fbc43d69", "runs")
def test_an_error_has_the_keys_that_it_had(old: Snippet, run: Run) -> None:
    known = {line.split('"')[1] for line in old.text.strip().split("\n")}
    handler = """\
from pymacaron.exceptions import PyMacaronException


def it():
    raise PyMacaronException("not found", user_message="Sorry")
"""
    assert answered(run, handler).keys() - {"error_id"} == known


@snippet("002", 11, 184, 192, "b64f642e3bfe", "replaced")
def test_an_error_class_is_raised_under_its_own_name(old: Snippet, run: Run) -> None:
    more = "def it():\n    do_login(None)\n"
    assert answered(run, old.text, more)["error"] == "UNHANDLED_SERVER_ERROR"
    told("raise InvalidUserError(")
    assert "raise MyException(" in old.text
    replaced = answered(run, old.text.replace("raise MyException(", "raise InvalidUserError("), more)
    assert (replaced["error"], replaced["status"]) == ("INVALID_USER", 401)
    assert f'"{replaced["error_description"]}"' in old.text


def own_server(old: Snippet, lost: str, before: str) -> str:
    """Return the server.py of a snippet that shows an argument of API."""
    start = f'        {lost}, port=port, debug=debug)\n    api.load_apis("apis")\n    api.start()'
    app = "from flask import Flask\napp = Flask(__name__)\nsent = []\n"
    return f"{app}{before}{old.filled({'api = API(': start})}"


CRASHES = {
    "apis/myapi.yaml": document({"/it": {"x-bind-server": "handlers.it"}}),
    "handlers.py": "def it():\n    raise ValueError('no')\n",
}


@snippet("002", 12, 202, 218, "3cefc015c306", "runs")
def test_a_reporter_gets_title_and_message(old: Snippet, run: Run) -> None:
    before = """\
def send_email(to, subject, body):
    sent.append((subject, body))


def tell_slack(channel, msg):
    sent.append((channel, msg))
"""
    files = {**CRASHES, "server.py": own_server(old, "app, error_reporter=my_crash_reporter", before)}
    code = """\
    from server import sent
    client.get("/it")
    app.extensions["pymacaron"].flush_reports(60)
    (subject, body), (channel, message) = sent
    assert json.loads(body)["title"] == subject and body in message
    print(subject, channel)
    """
    printed = run(files, code=client(code))
    assert printed == "FATAL BACKEND ERROR: UNHANDLED_SERVER_ERROR (ValueError) in GET /it crashes\n"


@snippet("002", 21, 424, 437, "45734c7d65f9", "runs")
def test_a_decorator_of_errors_adds_to_them(old: Snippet, run: Run) -> None:
    files = {**CRASHES, "server.py": own_server(old, "app, error_decorator=my_error_decorator", "")}
    message = run(files, code=client("print(client.get('/it').json['user_message'])")).strip()
    assert f"'{message}'" in old.text


@snippet("002", 18, 355, 367, "7d15036d96a3", "runs")
def test_add_error_makes_a_class_that_other_modules_import(old: Snippet, run: Run) -> None:
    made = old.filled({"exceptionclass = add_error(": '    name="MyOwnException", code="MY_OWN", status=402)'})
    handlers = "from myexceptions import MyOwnException\n\n\ndef it():\n    raise MyOwnException('no')\n"
    run({"myexceptions.py": made}, code="import myexceptions")
    reply = answered(run, handlers)
    assert (reply["error"], reply["status"], reply["error_description"]) == ("MY_OWN", 402, "no")


@snippet("002", 19, 373, 392, "95b78f264cb8", "replaced")
def test_the_four_ways_to_return_an_error_are_four_but_crashes_tell_no_text(old: Snippet, run: Run) -> None:
    text = old.filled({"return ApiPool.myapi.model.Error(": '        status=404, error="NO", error_description="no")'})
    start, _, ways = text.partition("def my_endpoint_implementation():\n")
    statements = [f"def way{number}():\n    {line}" for number, line in enumerate(statements_of(ways))]
    paths = {f"/{number}": {"x-bind-server": f"handlers.way{number}"} for number in range(4)}
    files = {
        "apis/myapi.yaml": document(paths),
        "myexceptions.py": "from pymacaron.exceptions import add_error\n"
        "MyChildOfPyMacaronException = add_error('MyChildOfPyMacaronException', 'CHILD', 409)\n",
        "handlers.py": "\n\n".join(["from pymacaron_core.swagger.apipool import ApiPool", start, *statements]),
        "server.py": PLAIN_SERVER,
    }
    code = "print(json.dumps([client.get(f'/{number}').json for number in range(4)]))"
    crash, raised, returned, model = json.loads(run(files, code=client(code)))
    assert (crash["error"], crash["status"]) == ("UNHANDLED_SERVER_ERROR", 500)
    assert "wtf" not in crash["error_description"]
    told("an Error with the text of any exception")
    shown = [(each["error"], each["status"], each["error_description"]) for each in (raised, returned, model)]
    assert shown == [("CHILD", 409, "wtf!"), ("CHILD", 409, "wtf!"), ("NO", 404, "no")]


def statements_of(text: str) -> list[str]:
    """Return the statements of a body, each as one text."""
    import ast

    return [ast.unparse(node) for node in ast.parse(textwrap.dedent(text)).body]


USER = {
    "apis/user.yaml": document(
        {"/profile": {"x-bind-server": "handlers.profile", "x-bind-client": "get_profile"}}, host="127.0.0.1:1"
    )
}


@snippet("002", 20, 408, 416, "f48bc88b9d21", "runs")
def test_an_error_of_another_api_is_told_from_a_result_and_reported(old: Snippet, run: Run) -> None:
    handlers = f"from pymacaron_core.swagger.apipool import ApiPool\n\n\ndef it():\n{textwrap.indent(old.text, '    ')}"
    files = {
        **USER,
        "apis/myapi.yaml": document({"/it": {"x-bind-server": "handlers.it"}}),
        "handlers.py": f"{handlers}    return ApiPool.myapi.model.Ok()\n",
        "server.py": """\
from flask import Flask

from pymacaron import API

app = Flask(__name__)
sent = []
api = API(app, port=80, error_reporter=lambda title, message: sent.append(title))
api.load_apis("apis", ignore=["user"])
api.load_clients("apis", ["user"])
api.start(serve=["myapi"])
""",
    }
    code = """\
    from server import sent
    client.get("/it")
    app.extensions["pymacaron"].flush_reports(60)
    print(sent[0])
    """
    title = run(files, code=client(code))
    assert title.startswith("NON-FATAL BACKEND ERROR: ")
    assert title.strip().removeprefix("NON-FATAL BACKEND ERROR: ") in old.text


# -- the configuration


@snippet("002", 13, 244, 255, "657d341c80fb", "replaced")
def test_get_config_gives_keys_and_takes_own_ones(old: Snippet, run: Run) -> None:
    with pytest.raises(SyntaxError):
        compile(old.text, "old", "exec")
    told("print(get_config().live_host)")
    assert "print get_config().live_host" in old.text
    replaced = old.text.replace("print get_config().live_host", "print(get_config().live_host)")
    config = {"pym-config.yaml": "name: helloworld\nlive_host: https://example.com\n"}
    assert run(config, code=f"{replaced}\nprint(get_config().my_api_key)") == f"https://example.com\n{'aeou' * 5}\n"


@snippet("002", 14, 261, 270, "b1a27fd371b5", "runs")
def test_values_that_name_a_variable_get_its_content(old: Snippet, run: Run) -> None:
    config = {"pym-config.yaml": f"name: helloworld\n{old.text}env_secrets: [MY_AWS_SECRET]\n"}
    code = """\
    from pymacaron import get_config
    print(get_config().aws_secret_access_key, get_config().aws_default_region)
    """
    assert run(config, code=code, MY_AWS_SECRET="s3cret") == "s3cret eu-central-1\n"


@snippet("002", 22, 445, 448, "4c9eb877ab45", "replaced")
def test_the_limit_of_slow_calls_is_set_at_run_time(old: Snippet, run: Run) -> None:
    with pytest.raises(SyntaxError):
        compile(old.text, "old", "exec")
    told("get_config().report_call_exceeding_ms = 5000", "from pymacaron.config import get_config")
    assert "import get_config()\n" in old.text
    replaced = old.text.replace("import get_config()\n", "import get_config\n")
    assert run({}, code=f"{replaced}\nprint(get_config().report_call_exceeding_ms)") == "5000\n"


@snippet("002", 23, 452, 457, "77944ced37ab", "runs")
def test_a_decorator_sets_the_limit_of_one_function(old: Snippet, run: Run) -> None:
    start = "import time\n\nfrom pymacaron_core.swagger.apipool import ApiPool\n"
    lost = {"# Slower calls": "@report_slow(max_ms=5000)", "def do_login_user": "    time.sleep(0.02)"}
    # The three dots of the snippet stand for the properties.
    limited = old.filled(lost).replace("(...)", "(token=login_data.email)")
    body = {"name": "login_data", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Credentials"}}
    posts = {
        f"/{function}": {"method": "post", "x-bind-server": f"handlers.{function}", "parameters": [body]}
        for function in ("do_login_user", "unlimited")
    }
    files = {
        "pym-config.yaml": "name: helloworld\nreport_call_exceeding_ms: 5\n",
        "apis/login.yaml": document(posts),
        "handlers.py": f"{start}{limited}\n\ndef unlimited(login_data):\n"
        "    time.sleep(0.02)\n    return ApiPool.login.model.AuthToken(token='u')\n",
        "server.py": PLAIN_SERVER,
    }
    code = """\
    from pymacaron.crash import set_error_reporter
    sent = []
    with app.extensions["pymacaron"]:
        set_error_reporter(lambda title, message: sent.append(title))
    print(client.post("/do_login_user", json={"email": "t"}).json)
    print(client.post("/unlimited", json={"email": "t"}).json)
    app.extensions["pymacaron"].flush_reports(60)
    print([title for title in sent if "do_login_user" in title], len(sent))
    """
    assert run(files, code=client(code)).splitlines() == ["{'token': 't'}", "{'token': 'u'}", "[] 1"]


# -- background tasks


TASK = "with open('mails.txt', 'a') as file:\n        file.write(title)"
LOST_IN_TASK = {
    "# Make send_email": "@asynctask",
    "# Call 3-rd": f"    {TASK}",
    "# Schedule a task": "    send_email('Welcome!', 'You have an account now')",
}
SIGN_UP = {"apis/myapi.yaml": document({"/it": {"x-bind-server": "handlers.do_signup_user"}})}


@snippet("002", 17, 335, 347, "76ef130160b0", "runs")
def test_a_call_of_a_task_waits_for_a_worker(old: Snippet, run: Run, tmp_path: Path) -> None:
    files = {**SIGN_UP, "handlers.py": old.filled(LOST_IN_TASK), "server.py": PLAIN_SERVER}
    tasks = str(tmp_path / "tasks")
    assert run(files, code=client("print(client.get('/it').json)"), PYM_TASKS_DIR=tasks) == "{}\n"
    assert "1 waiting" in run({}, "pym", "tasks", PYM_TASKS_DIR=tasks)


@snippet("002", 16, 331, 331, "c475d191cfde", "runs")
def test_with_async_has_a_worker_run_beside_the_server(old: Snippet, tmp_path: Path) -> None:
    files = {
        **SIGN_UP,
        "pym-config.yaml": f"name: helloworld\nasync_workers: 1\n{old.text}",
        "handlers.py": SNIPPETS["task"].filled(LOST_IN_TASK),
    }
    with served(tmp_path, files, "pym", "run", "--port") as url:
        assert fetched(f"{url}/it") == {}
        until(lambda: (tmp_path / "mails.txt").exists() and (tmp_path / "mails.txt").read_text() == "Welcome!")


def until(happened: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# -- clients


@snippet("002", 24, 463, 480, "786167a402ea", "replaced")
def test_a_script_of_version_1_loads_clients_without_an_app(old: Snippet, run: Run) -> None:
    script_loads_clients(old, run, "from pymacaron import API\n")


@snippet("004", 2, 44, 60, "e71a9124294c", "replaced")
def test_a_script_of_version_2_loads_clients_without_an_app(old: Snippet, run: Run) -> None:
    script_loads_clients(old, run, "from pymacaron import API\nApiPool = apipool\n")


def script_loads_clients(old: Snippet, run: Run, forgotten: str) -> None:
    """See the script fail for the names that it forgets, and the one of the page, and the old one with them, run."""
    login = {"method": "post", "x-bind-client": "do_login", "parameters": []}
    files = {
        "apis/login.yaml": document({"/login": login}, host="127.0.0.1:1"),
        "apis/search.yaml": document({"/search": {"x-bind-client": "do_search"}}, host="127.0.0.1:1"),
    }
    lost = {"result = ApiPool.login.client.do_login(": "    )"}
    told('load_clients(apis=["login"])', "| a Flask context around `load_clients` in a script |")
    guarded = "try:\n    exec(compile(old, 'old', 'exec'))\nexcept NameError as error:\n    print(error.name)"
    assert run(files, code=f"old = {old.filled(lost)!r}\n{guarded}") == "API\n"
    logged = "import logging\nlog = logging.getLogger('old')\nlog.error = print\n"
    completed = old.filled(lost | {"from pymacaron.exceptions": forgotten + logged})
    assert run(files, code=completed).startswith("Oops. Failed to login use")
    page = """\
    from pymacaron import apipool, load_clients
    from pymacaron.exceptions import is_error
    load_clients(apis=["login", "search"])
    print(is_error(apipool.login.client.do_login()))
    """
    assert run(files, code=page) == "True\n"


# -- images and deploys


IMAGE = {
    "pym-config.yaml": "name: helloworld\n",
    "apis/it.yaml": BUILT_IN["apis/it.yaml"],
    "it.py": BUILT_IN["it.py"],
    "requirements.txt": "pymacaron>=3\n",
}


@pytest.fixture
def shown_dockerfile(run: Run, tmp_path: Path) -> Run:
    """Return the Dockerfile that pymdocker makes of a folder of files, with a wheel of the name of ours."""

    def show(files: Mapping[str, str], *options: str) -> str:
        who = ["-c", "user.name=Shop", "-c", "user.email=shop@example.com"]
        run({**IMAGE, **files}, "git", "init", "-q")
        with zipfile.ZipFile(tmp_path / "pymacaron-3.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("pymacaron-3.0.dist-info/METADATA", "Name: pymacaron\nVersion: 3.0\n")
        config = {"pym-config.yaml": (tmp_path / "pym-config.yaml").read_text() + "docker_wheels: .\n"}
        run(config, "git", "add", "-A")
        run(config, "git", *who, "commit", "-qm", "All")
        return run(config, "pymdocker", "--dockerfile", *options)

    return show


@snippet("000", 3, 32, 32, "7cc2fbacd005", "runs")
def test_docker_repo_is_part_of_the_name_of_the_image(old: Snippet, tmp_path: Path) -> None:
    from pymacaron.service import Service
    from pymacaron_docker.environment import environment_of
    from pymacaron_docker.image.names import reference

    (tmp_path / "pym-config.yaml").write_text(f"name: helloworld\n{old.text}".replace("<MYREPO>", "myrepo"))
    with Service(tmp_path) as service:
        assert reference(environment_of(service), "1.2") == "myrepo/helloworld:1.2"


@snippet("000", 5, 48, 52, "4d123bc2e8f3", "replaced")
def test_pymdocker_takes_a_version_and_pushes_when_told_to(old: Snippet, shown_dockerfile: Run) -> None:
    *comments, command = old.text.strip().split("\n")
    words = command.replace("<VERSION_OF_YOUR_MICROSERVICE>", "1.2").split()
    assert all(comment.startswith("#") for comment in comments)
    assert words[0] == "pymdocker"
    assert 'ENV PYM_VERSION="1.2"' in shown_dockerfile({}, *words[1:])
    told("`pymdocker`, which also pushed | `pymdocker --push`")


@snippet("000", 6, 62, 70, "842dc785e45b", "replaced")
def test_lines_of_dockerfile_extra_stand_before_the_last_ones(old: Snippet, shown_dockerfile: Run) -> None:
    prompt, _, extra = old.text.partition("\n")
    assert prompt.split()[-1] == "Dockerfile.extra"
    made = shown_dockerfile({"Dockerfile.extra": extra})
    before, found, after = made.partition(extra.strip())
    assert found
    assert before.endswith("USER root\n")
    assert [line.split()[0] for line in after.strip().split("\n")] == ["USER", "CMD"]
    assert "sudo" in extra
    told("`sudo` in `Dockerfile.extra`")


@snippet("000", 7, 76, 76, "522c3235d7d8", "replaced")
def test_docker_base_is_what_an_image_is_made_from(old: Snippet, shown_dockerfile: Run) -> None:
    base = old.text.split()[1]
    made = shown_dockerfile({"pym-config.yaml": f"name: helloworld\n{old.text}"})
    assert made.startswith(f"FROM {base} AS system\n")
    told("`docker_base: pymacaron/...`")


def in_the_folder_of(shop: Shop, command: str) -> str:
    """Run a line of the shell in a shop, and return what it prints."""
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=shop.root,
        env=variables({**shop.environment}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@snippet("000", 8, 100, 100, "a1620e65af57", "runs")
def test_pymdeploy_tests_and_deploys_the_folder(old: Snippet, shop: Shop) -> None:
    assert "accept live" in in_the_folder_of(shop, old.text.replace("your-project-root", ".") + "pymdeploy")
    assert shop.live()


@snippet("001", 1, 43, 43, "a1620e65af57", "runs")
def test_pymdeploy_tells_a_plan_of_the_folder(old: Snippet, shop: Shop) -> None:
    plan = in_the_folder_of(shop, old.text.replace("your-project-root", ".") + "pymdeploy --plan")
    steps = [line.split(":")[0] for line in plan.splitlines()]
    assert steps[:5] == ["checkout", "unit tests", "build image", "acceptance tests", "push"]


@snippet("002", 7, 126, 126, "03ec6e9ca777", "runs")
def test_deploy_pipeline_pushes_and_deploys(old: Snippet, shop: Shop) -> None:
    in_the_folder_of(shop, f"{old.text.strip()} --no-test --no-unittest")
    assert shop.live()


# -- the shell


@snippet("000", 1, 23, 23, "a0b63babe0fc", "no code")
def test_a_docker_engine_is_installed_as_the_system_has_it(old: Snippet) -> None:
    assert old.text.startswith("apt-get install ")
    told("`apt-get install docker.io`")


@snippet("000", 4, 40, 40, "9f8fb2c8e5b6", "no code")
def test_logging_in_is_a_command_of_docker(old: Snippet) -> None:
    assert old.text.startswith("docker ")


def names_ours(old: Snippet) -> None:
    """Expect that the page says how each distribution of a line for the shell is installed, and from which version."""
    names = {word.partition("==")[0] for word in old.text.split()} - {"pip", "pipenv", "install"}
    assert all(int(version(name).split(".")[0]) >= 3 for name in names)
    told(*(f"'{name}>=3'" for name in names))


@snippet("000", 2, 27, 27, "9ec1a7bd5fac", "replaced")
def test_pymacaron_docker_is_installed_from_version_3_on(old: Snippet) -> None:
    names_ours(old)


@snippet("002", 1, 3, 3, "3228945777b0", "replaced")
def test_pymacaron_is_installed_from_version_3_on(old: Snippet) -> None:
    names_ours(old)


@snippet("002", 2, 48, 49, "3f5938ac9133", "replaced")
def test_pymacaron_aws_is_installed_from_version_3_on(old: Snippet) -> None:
    names_ours(old)


@snippet("002", 8, 151, 151, "c32cdd38619d", "replaced")
def test_pipenv_is_told_the_version_too(old: Snippet) -> None:
    names_ours(old)
