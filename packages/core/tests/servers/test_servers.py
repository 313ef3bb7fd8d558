"""Every way to start a service answers, reloads and stops as it is documented."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILES = {
    "pym-config.yaml": "name: demo\nshutdown: [handlers.goodbye]\n",
    "apis/hello.yaml": """\
openapi: 3.1.0
info: {title: Hello, version: "1"}
servers: [{url: /v1}]
paths:
  /hello:
    get:
      x-bind-server: handlers.hello
      responses: {"200": {description: ok, content: {text/plain: {}}}}
""",
    "handlers.py": """\
import os
import pathlib
from pymacaron import get_config
def hello():
    return f"hello from {get_config().name} {os.getpid()}"
def goodbye():
    pathlib.Path("goodbye").write_text("said")
""",
    "server.py": """\
from flask import Flask
from pymacaron import API, letsgo
app = Flask(__name__)
@app.get("/own")
def own():
    return "own"
def start(port=80, debug=False):
    api = API(app, port=port, debug=debug)
    api.load_apis("apis")
    api.start(serve="hello")
letsgo(__name__, callback=start)
""",
}

CRASHES = "def hello():\n    return {}['k']\ndef goodbye():\n    pass\n"
CLASSIC = ("server.py", "--port", "{port}")
WAYS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "server.py --port": (CLASSIC, {}),
    "server.py with PORT": (("server.py",), {"PORT": "{port}"}),
    "server.py with PYM_SERVER_PORT": (("server.py", "--no-debug"), {"PYM_SERVER_PORT": "{port}", "PORT": "1"}),
    "server.py --debug": ((*CLASSIC, "--debug"), {}),
    "gunicorn server:app": (("-m", "gunicorn", "-b", "127.0.0.1:{port}", "--no-control-socket", "server:app"), {}),
    "gunicorn pymacaron:create_app()": (
        ("-m", "gunicorn", "-b", "127.0.0.1:{port}", "--no-control-socket", "pymacaron:create_app()"),
        {},
    ),
    "flask run": (("-m", "flask", "--app", "pymacaron:create_app", "run", "--port", "{port}"), {}),
    "pym run": (("-m", "pymacaron", "run", "--port", "{port}"), {}),
    "pym run --no-reload": (("-m", "pymacaron", "run", "--no-reload"), {"PORT": "{port}"}),
    "pym serve": (("-m", "pymacaron", "serve", "--port", "{port}", "--workers", "2"), {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_answers_however_it_is_started(way: str, folder: Callable[..., Path], start: Callable[..., Any]) -> None:
    command, environment = WAYS[way]
    server = start(*command, cwd=folder(FILES), **environment)
    server.wait("/v1/hello", "hello from demo")
    assert server.get("/ping") == (200, "{}")
    assert server.get("/ready") == (200, "{}")
    version = json.loads(server.get("/version")[1])
    assert (version["name"], version["apis"], version["container"]) == ("demo", ["hello"], "")
    if "server" in way.split(":")[0] and "pym" not in way:
        assert server.get("/own") == (200, "own")


def test_env_chooses_the_configuration_and_pym_env_labels_the_place(
    folder: Callable[..., Path], start: Callable[..., Any]
) -> None:
    root = folder({**FILES, "pym-config.live.yaml": "name: lively\n"})
    for command, environment in (
        ((*CLASSIC, "--env", "live"), {}),
        (("-m", "pymacaron", "serve", "--port", "{port}", "--env", "live"), {}),
        (CLASSIC, {"PYM_ENV": "demo-live"}),
    ):
        server = start(*command, cwd=root, **environment)
        server.wait("/version", '"name":"lively"')
        assert json.loads(server.get("/version")[1])["pym_env"] == environment.get("PYM_ENV", "")
        server.stop()


@pytest.mark.parametrize(
    "way", ["pym serve", "pym run", "pym run --no-reload", "server.py --port", "server.py --debug"]
)
def test_it_stops_on_term_and_runs_the_shutdown_functions(
    way: str, folder: Callable[..., Path], start: Callable[..., Any]
) -> None:
    root = folder(FILES)
    command, environment = WAYS[way]
    server = start(*command, cwd=root, **environment)
    server.wait("/v1/hello", "hello")
    assert server.stop() == 0
    assert (root / "goodbye").read_text() == "said"


def test_pym_run_starts_again_when_code_or_a_document_changes(
    folder: Callable[..., Path], start: Callable[..., Any]
) -> None:
    root = folder(FILES)
    server = start("-m", "pymacaron", "run", "--port", "{port}", cwd=root)
    server.wait("/v1/hello", "hello from demo")
    code = (root / "handlers.py").read_text()
    (root / "handlers.py").write_text(code.replace("hello from", "bonjour from"))
    server.wait("/v1/hello", "bonjour from demo")
    document = (root / "apis/hello.yaml").read_text()
    (root / "apis/hello.yaml").write_text(document.replace("/v1", "/v2"))
    server.wait("/v2/hello", "bonjour from demo")
    (root / "apis/hello.yaml").write_text("openapi: [\n")
    server.wait("/v2/hello", "The service does not start: see its terminal.")
    (root / "apis/hello.yaml").write_text(document.replace("/v1", "/v3"))
    server.wait("/v3/hello", "bonjour from demo")
    (root / "apis/more.yaml").write_text(document.replace("/v1", "/v4"))
    server.wait("/v4/hello", "bonjour from demo")
    (root / "apis/more.yaml").unlink()
    server.wait("/v4/hello", "NOT_FOUND")


def test_a_service_that_does_not_start_at_first_ends_pym_run(
    folder: Callable[..., Path], start: Callable[..., Any]
) -> None:
    server = start("-m", "pymacaron", "run", "--port", "{port}", cwd=folder({**FILES, "apis/hello.yaml": "openapi: ["}))
    assert server.process.wait(60) == 1
    assert "waiting" not in server.log.read_text()


def test_a_crash_is_answered_with_its_text_in_debug_mode(
    folder: Callable[..., Path], start: Callable[..., Any]
) -> None:
    server = start(*CLASSIC, "--debug", cwd=folder({**FILES, "handlers.py": CRASHES}))
    server.wait("/v1/hello", "UNHANDLED_SERVER_ERROR")
    assert json.loads(server.get("/v1/hello")[1])["error_description"] == "KeyError: 'k'"


def test_flask_pym_is_pym(folder: Callable[..., Path], start: Callable[..., Any]) -> None:
    server = start("-m", "flask", "pym", "routes", cwd=folder(FILES))
    assert server.process.wait(60) == 0
    assert "GET  /v1/hello  handlers.hello" in server.log.read_text()
    broken = start("-m", "flask", "pym", "routes", cwd=folder({"pym-config.yaml": "- no\n"}, "broken"))
    assert broken.process.wait(60) == 2
    assert "Traceback" not in broken.log.read_text()


def test_the_settings_of_gunicorn(folder: Callable[..., Path], start: Callable[..., Any]) -> None:
    root = folder(FILES)
    server = start("-m", "pymacaron", "serve", "--port", "{port}", "--workers", "2", cwd=root, HOME=str(root))
    server.wait("/v1/hello", "hello")
    server.wait_for_log("Booting worker", times=2)
    assert "Using worker: pymacaron.servers.patience.PatientWorker" in server.log.read_text()
    assert not (root / ".gunicorn").exists()


def test_a_term_that_comes_while_workers_start_is_not_lost(
    folder: Callable[..., Path], start: Callable[..., Any]
) -> None:
    slow = "import os, time\nos.register_at_fork(after_in_child=lambda: time.sleep(2))\n"
    server = start(
        "-m",
        "pymacaron",
        "serve",
        "--port",
        "{port}",
        cwd=folder({**FILES, "handlers.py": slow + FILES["handlers.py"]}),
    )
    server.wait_for_log("Using worker")
    time.sleep(1)
    assert server.stop() == 0


SECRET = "name: demo\nenv_secrets: [SHOP_PASSWORD]\npassword: SHOP_PASSWORD\n"
LEAK = "from pymacaron import get_config\ndef up():\n    raise RuntimeError('cannot reach ' + get_config().password)\n"


@pytest.mark.parametrize("command", ["run", "run --no-reload", "serve", "serve --debug", "doctor"])
@pytest.mark.parametrize("when", ["import", "start"])
def test_a_failing_start_is_told_without_the_secret_in_its_text(
    command: str, when: str, folder: Callable[..., Path], start: Callable[..., Any]
) -> None:
    called = "up()\n" if when == "import" else ""
    files = {**FILES, "handlers.py": FILES["handlers.py"] + LEAK + called, "pym-config.yaml": SECRET}
    if when == "start":
        files["pym-config.yaml"] += "startup: [handlers.up]\n"
    port = [] if command == "doctor" else ["--port", "{port}"]
    server = start("-m", "pymacaron", *command.split(), *port, cwd=folder(files), SHOP_PASSWORD="correct-horse")
    assert server.process.wait(60) == (0 if (command, when) == ("doctor", "start") else 1)
    assert "correct-horse" not in server.log.read_text()


@pytest.mark.parametrize("way", ["gunicorn server:app", "gunicorn pymacaron:create_app()"])
def test_shutdown_functions_run_under_a_server_that_knows_nothing_of_them(
    way: str, folder: Callable[..., Path], start: Callable[..., Any]
) -> None:
    root = folder(FILES)
    server = start(*WAYS[way][0], cwd=root)
    server.wait("/v1/hello", "hello")
    server.stop()
    assert (root / "goodbye").read_text() == "said"


def test_a_label_without_a_file_is_said_in_the_log_once(folder: Callable[..., Path], start: Callable[..., Any]) -> None:
    sentence = "PYM_ENV is 'bogus' and there is no pym-config.bogus.yaml: reading pym-config.yaml"
    pym = ("-m", "pymacaron")
    for command in ((*pym, "run", "--no-reload", "--port", "{port}"), (*pym, "serve", "--port", "{port}"), CLASSIC):
        server = start(*command, cwd=folder(FILES), PYM_ENV="bogus")
        server.wait("/v1/hello", "hello")
        assert server.log.read_text().count(sentence) == 1
        server.stop()


def test_a_handler_that_exits_does_not_end_the_server(folder: Callable[..., Path], start: Callable[..., Any]) -> None:
    code = "import sys\ndef hello():\n    sys.exit(4)\ndef goodbye():\n    pass\n"
    server = start("-m", "pymacaron", "serve", "--port", "{port}", cwd=folder({**FILES, "handlers.py": code}))
    server.wait("/ping", "{}")
    assert [server.get("/v1/hello")[0] for _ in range(3)] == [500, 500, 500]
    assert server.get("/ping")[0] == 200


@pytest.mark.parametrize(
    ("arguments", "environment", "port"),
    [
        ([], {}, "8392"),
        (["--env", "live"], {}, "8393"),
        ([], {"PORT": "8394"}, "8394"),
        (["--port", "8395"], {}, "8395"),
    ],
)
def test_the_port_of_the_configuration_is_that_of_server_py_unless_another_is_named(
    folder: Callable[..., Path], arguments: list[str], environment: dict[str, str], port: str
) -> None:
    told = "from pymacaron import letsgo\nletsgo(__name__, callback=lambda port, debug: exit(f'port {port}'))\n"
    root = folder(
        {
            "pym-config.yaml": "name: demo\nport: 8392\n",
            "pym-config.live.yaml": "name: demo\nport: 8393\n",
            "server.py": told,
        }
    )
    inherited = {name: text for name, text in os.environ.items() if name not in ("PORT", "PYM_SERVER_PORT")}
    command = [sys.executable, str(root / "server.py"), *arguments]
    done = subprocess.run(command, env={**inherited, **environment}, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == f"port {port}"
