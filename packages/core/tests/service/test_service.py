"""One object owns the state: services of one process never mix, and what a thread sees is defined."""

from __future__ import annotations

import gc
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from pymacaron import API, Service, apipool, create_app, current_service, get_config, get_model
from pymacaron.exceptions import ConfigError, ServiceError, SpecError, StartError


def files(name: str, module: str) -> dict[str, str]:
    """Return the files of a service whose only operation answers its own name, through every façade."""
    return {
        "pym-config.yaml": f"name: {name}\n",
        "apis/who.yaml": f"""\
openapi: 3.1.0
info: {{title: T, version: "1"}}
paths:
  /who:
    get:
      x-bind-server: {module}.who
      responses: {{"200": {{description: ok}}}}
components:
  schemas:
    Me: {{type: object, properties: {{{name}: {{type: string}}}}}}
""",
        f"{module}.py": """\
from pymacaron import apipool, current_service, get_config
def who():
    return [get_config().name, apipool.who.Me.get_property_names()[0], current_service().name]
""",
    }


def test_two_services_in_one_process_do_not_mix(service: Callable[..., Flask]) -> None:
    first = service(files("one", "first"), "one")
    second = service(files("two", "second"), "two")
    for _ in range(2):
        assert first.test_client().get("/who").json == ["one", "one", "one"]
        assert second.test_client().get("/who").json == ["two", "two", "two"]


def test_two_services_with_a_module_of_one_name_are_refused(
    service: Callable[..., Flask], folder: Callable[..., Path]
) -> None:
    service(files("one", "handlers"), "one")
    with pytest.raises(ServiceError, match="both have a module 'handlers' and cannot live in one process: rename"):
        create_app(folder(files("two", "handlers"), "two"))


def test_a_closed_service_leaves_its_module_names_to_the_next(folder: Callable[..., Path]) -> None:
    for name in ("one", "two"):
        app = create_app(folder(files(name, "handlers"), name))
        assert app.test_client().get("/who").json == [name, name, name]
        app.extensions["pymacaron"].close()


def test_a_service_that_nobody_holds_any_more_is_closed(folder: Callable[..., Path]) -> None:
    create_app(folder(files("one", "handlers"), "one"))
    gc.collect()
    app = create_app(folder(files("two", "handlers"), "two"))
    assert app.test_client().get("/who").json == ["two", "two", "two"]
    app.extensions["pymacaron"].close()


def test_apps_of_one_folder_share_its_modules(folder: Callable[..., Path]) -> None:
    root = folder(files("one", "handlers"))
    apps = [create_app(root) for _ in range(2)]
    assert [app.test_client().get("/who").json for app in apps] == [["one", "one", "one"]] * 2
    for app in apps:
        app.extensions["pymacaron"].close()


def in_a_new_thread(function: Callable[[], Any]) -> Any:
    """Return what a function returns or raises in a thread of its own."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(function())
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_a_new_thread_sees_the_only_service_and_is_refused_where_there_are_two(service: Callable[..., Flask]) -> None:
    first = service(files("one", "first"), "one").extensions["pymacaron"]
    assert in_a_new_thread(lambda: get_config().name) == "one"
    service(files("two", "second"), "two")
    refused = in_a_new_thread(current_service)
    assert isinstance(refused, ServiceError)
    assert str(refused).startswith("this code belongs to none of <Service one in ")
    assert in_a_new_thread(lambda: first.run(lambda: get_config().name)) == "one"


def test_get_config_before_any_service_reads_the_current_folder(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder({**files("here", "handlers"), "pym-config.yaml": "name: here\nowner: ada\n"})
    monkeypatch.chdir(root)
    assert get_config().owner == "ada"
    get_config().owner = "bob"
    app = Flask("handlers", root_path=str(root))
    api = API(app, port=8080).load_apis("apis")
    api.start(serve="who")
    assert app.extensions["pymacaron"].config.owner == "bob"
    assert app.test_client().get("/who").json == ["here", "here", "here"]
    app.extensions["pymacaron"].close()


def test_the_classic_way_keeps_custom_routes_and_calls_ping_hooks(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder(files("classic", "handlers"))
    monkeypatch.chdir(root)
    pinged: list[str] = []
    app = Flask("handlers", root_path=str(root))
    app.add_url_rule("/own", view_func=lambda: get_config().name)
    api = API(app, port=8080, debug=False, ping_hook=[lambda: pinged.append("ping")])
    api.load_apis("apis")
    api.start()
    http = app.test_client()
    assert http.get("/own").text == "classic"
    assert http.get("/ping").json == {}
    assert pinged == ["ping"]
    with pytest.raises(ServiceError, match="has an API already"):
        API(app, port=8080)
    app.extensions["pymacaron"].close()


def test_serving_an_api_that_was_not_loaded_is_refused(folder: Callable[..., Path]) -> None:
    service = Service(folder(files("one", "handlers")))
    api = API(Flask("one"), service=service).load_apis()
    with pytest.raises(ConfigError, match=r"names the API 'shop', which was not loaded \(loaded: who\)"):
        api.start(serve="shop")
    service.close()


def test_startup_and_shutdown_functions_run_once_in_a_process(service: Callable[..., Flask]) -> None:
    given = files("one", "handlers")
    given["pym-config.yaml"] += "startup: [handlers.start]\nshutdown: [handlers.stop]\n"
    given["handlers.py"] += "log = []\ndef start():\n    log.append('start')\ndef stop():\n    log.append('stop')\n"
    app = service(given)
    own = app.extensions["pymacaron"]
    own.on_startup(lambda: own.log.append("started"))
    import handlers  # type: ignore[import-not-found]

    own.log = handlers.log
    for _ in range(3):
        app.test_client().get("/who")
    own.stop()
    assert handlers.log == ["start", "started", "stop"]


def test_a_startup_function_that_fails_keeps_the_service_from_answering(service: Callable[..., Flask]) -> None:
    given = files("one", "handlers")
    given["pym-config.yaml"] += "startup: [handlers.start]\n"
    given["handlers.py"] += "def start():\n    raise RuntimeError('no database')\n"
    http = service(given).test_client()
    assert [http.get(path).status_code for path in ("/who", "/ready")] == [500, 503]


def test_load_swagger_and_get_model_reach_models(service: Callable[..., Flask], tmp_path: Path) -> None:
    own = service(files("one", "handlers")).extensions["pymacaron"]
    (tmp_path / "more.yaml").write_text(
        "swagger: '2.0'\ninfo: {title: T, version: '1'}\npaths: {}\n"
        "definitions: {Pet: {type: object, properties: {name: {type: string}}}}\n"
    )
    with own:
        apipool.load_swagger("more", str(tmp_path / "more.yaml"))
        assert apipool.more.Pet(name="Rex").to_json() == {"name": "Rex"}
        assert apipool.more.model.Pet is get_model("Pet")
        assert get_model("Me") is apipool.who.Me


def test_global_names_refuse_two_different_models_of_one_name(folder: Callable[..., Path]) -> None:
    schema = "swagger: '2.0'\ninfo: {title: T, version: '1'}\npaths: {}\n"
    schema += "definitions: {Pet: {type: object, properties: {%s: {type: string}}}}\n"
    service = Service(folder({"apis/a.yaml": schema % "name", "apis/b.yaml": schema % "title"}))
    api = API(Flask("one"), service=service)
    with pytest.raises(SpecError, match=r"(?s)Pet.*name.*title"):
        api.load_apis(global_names=True)
    service.close()


def test_cors_answers_the_origins_of_the_setting(service: Callable[..., Flask]) -> None:
    given = files("one", "handlers")
    given["pym-config.yaml"] += "cors: [https://shop.example]\n"
    http = service(given).test_client()
    allowed = http.get("/who", headers={"Origin": "https://shop.example"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Origin" not in http.get("/who", headers={"Origin": "https://other.example"}).headers


def test_the_version_is_that_of_the_image_or_of_git(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder(files("one", "handlers"))
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    service = Service(root)
    assert re.fullmatch(r"\d{6}-\d{4}-1-[0-9a-f]{6,}", service.version)
    service.close()
    monkeypatch.setenv("PYM_VERSION", "from-image")
    service = Service(root)
    assert service.version == "from-image"
    service.close()


def test_a_handler_module_of_another_service_is_refused(
    service: Callable[..., Flask], folder: Callable[..., Path]
) -> None:
    service(files("one", "server"), "one")
    with pytest.raises(StartError, match="the module 'server' of this process is that of the service in"):
        create_app(folder(files("two", "server"), "two"))


def test_a_startup_function_may_use_threads_that_ask_for_the_service(service: Callable[..., Flask]) -> None:
    given = files("one", "handlers")
    given["pym-config.yaml"] += "startup: [handlers.start]\n"
    given["handlers.py"] += """
from concurrent.futures import ThreadPoolExecutor
def start():
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: get_config().name).result(60) == "one"
"""
    assert service(given).test_client().get("/who").status_code == 200


def test_run_may_overlap_in_several_threads(service: Callable[..., Flask]) -> None:
    own = service(files("one", "first"), "one").extensions["pymacaron"]
    service(files("two", "second"), "two")
    both = threading.Barrier(2)

    def inside() -> str:
        both.wait(60)
        return str(get_config().name)

    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(own.run(inside))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == ["one", "one"]


def test_create_app_keeps_what_get_config_was_told_before(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder(files("here", "handlers"))
    monkeypatch.chdir(root)
    get_config().owner = "ada"
    app = create_app()
    assert app.extensions["pymacaron"].config.owner == "ada"
    assert in_a_new_thread(lambda: get_config().owner) == "ada"
    app.extensions["pymacaron"].close()


def test_a_failed_startup_function_is_not_tried_again(service: Callable[..., Flask]) -> None:
    given = files("one", "handlers")
    given["pym-config.yaml"] += "startup: [handlers.first, handlers.second]\n"
    given["handlers.py"] += "tried = []\ndef first():\n    tried.append(1)\ndef second():\n    raise RuntimeError\n"
    http = service(given).test_client()
    assert [http.get("/who").status_code for _ in range(3)] == [500, 503, 503]
    import handlers

    assert handlers.tried == [1]


def test_closing_a_service_leaves_an_import_path_of_others_alone(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder(files("one", "handlers"))
    monkeypatch.syspath_prepend(str(root))
    Service(root).close()
    assert str(root) in sys.path


@pytest.mark.parametrize("logger", ["shop", "gunicorn.error", "flask.app"])
def test_secrets_are_masked_whatever_logger_and_handler(
    logger: str, service: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "correct-horse")
    given = files("one", "handlers")
    given["pym-config.yaml"] += "env_secrets: [SHOP_PASSWORD]\npassword: SHOP_PASSWORD\n"
    app = service(given)
    log = logging.getLogger(logger)
    handler = logging.StreamHandler()
    log.addHandler(handler)
    try:
        log.error("password %s", app.extensions["pymacaron"].config.password)
    finally:
        log.removeHandler(handler)
    assert capsys.readouterr().err == "password ***\n"
