"""The fixtures work in the tests of any service, wherever it is, and cost those nothing who use none."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pymacaron_testing import fixtures

Lay = Callable[[Mapping[str, str]], Path]
Run = Callable[..., str]

PETS = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
components: {securitySchemes: {mine: {type: apiKey, in: header, name: X-Key}}}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      x-bind-server: pets.get_pet
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        "200":
          description: A pet.
          content: {application/json: {schema: {type: object, properties: {name: {type: string}, id: {type: integer}}}}}
  /me:
    get:
      operationId: getMe
      x-bind-server: pets.get_me
      security: [{mine: []}]
      responses: {"200": {description: Who calls., content: {application/json: {schema: {type: object}}}}}
"""
HANDLERS = """
import atexit
from pathlib import Path

from pymacaron import Call

atexit.register(Path(__file__).with_name("ended").touch)


def get_pet(id):
    return {"id": id, "name": "Rex"}


def get_me(call: Call):
    return {"user": call.identity.user_id}
"""
KEYS = """
from pymacaron import hookimpl
from pymacaron.exceptions import AuthenticationError
from pymacaron.plugins.records import Authenticator, Identity, SecurityScheme, TokenIssuer


def bind(definition, scopes):
    def authenticate(incoming):
        for key in incoming.header("HTTP_X_KEY"):
            return Identity(key.removeprefix("key of "), definition.name)
        return None

    return Authenticator(authenticate, AuthenticationError)


@hookimpl
def pym_security_schemes(config):
    return [SecurityScheme("apiKey", bind)]


@hookimpl
def pym_token_issuers(config):
    return [TokenIssuer("keys", lambda user_id: f"key of {user_id or 'nobody'}")]
"""
SERVICE = {
    "pym-config.yaml": "name: pets\nplugins: {disable: [auth], local: [keys]}\n",
    "apis/pets.yaml": PETS,
    "pets.py": HANDLERS,
    "keys.py": KEYS,
}
TESTS = '''
import json
import urllib.request
from pathlib import Path

import pytest

from pymacaron import apipool, current_service, hookimpl
from pymacaron.exceptions import PyMacaronException

ROOT = Path(__file__).parents[1]
FILES = {name: (ROOT / name).read_text() for name in ("apis/pets.yaml", "pets.py", "keys.py")}
FILES["pym-config.yaml"] = "name: other\\nplugins: {disable: [auth], local: [keys]}\\n"


def test_the_service_around_the_test_is_loaded(pym_service):
    made = pym_service()
    assert made.service.name == "pets"
    assert made.root == Path(__file__).parents[1]
    assert current_service() is made.service
    assert made.client.get("/pets/3").json == {"id": 3, "name": "Rex"}


@pytest.mark.parametrize("again", [1, 2])
def test_files_make_a_service_anew_for_each_test(pym_service, again):
    assert pym_service(FILES).service.name == "other"
    assert not hasattr(__import__("pets"), "seen")
    __import__("pets").seen = True


def test_a_folder_makes_a_service_and_is_loaded_once(pym_service, tmp_path):
    root = pym_service(FILES, name="first").root
    assert pym_service(root) is pym_service(str(root))


def test_two_of_one_name_are_refused(pym_service):
    pym_service(FILES)
    with pytest.raises(PyMacaronException, match="the test has a service 'service' already: hand that over"):
        pym_service(FILES)


def test_the_client_stays_in_the_process(pym_service, pym_client):
    made = pym_service(FILES)
    pet = pym_client(made).get_pet(id=3)
    assert (pet.id, pet.name) == (3, "Rex")
    assert pym_client(made, api="pets") is made.api()


def test_the_client_of_the_service_around_the_test(pym_client):
    assert pym_client().get_pet(id=4).id == 4


def test_tokens_come_from_the_issuers_of_the_service(pym_service, pym_token):
    made = pym_service(FILES)
    assert pym_token(made) == "key of nobody"
    token = pym_token(made, user_id="ada")
    assert made.client.get("/me", headers={"X-Key": token}).json == {"user": "ada"}


def test_no_issuer_is_told(pym_token):
    files = {**FILES, "pym-config.yaml": "name: other\\nplugins: {disable: [auth]}\\n"}
    files["apis/pets.yaml"] = files["apis/pets.yaml"].replace("security: [{mine: []}]", "security: []")
    with pytest.raises(PyMacaronException, match="no plugin of <Service other in .*> makes tokens: configure one"):
        pym_token(files)


def test_the_server_answers_by_http(pym_server, pym_service):
    made = pym_service(FILES)
    url = pym_server(made)
    assert url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(f"{url}/pets/5") as reply:
        assert json.load(reply) == {"id": 5, "name": "Rex"}
    Path("served").write_text(str(made.root))


def test_the_server_ended_with_its_test():
    assert (Path(Path("served").read_text()) / "ended").exists()


def test_the_server_that_does_not_start_is_told(pym_server):
    with pytest.raises(PyMacaronException, match="before it was ready"):
        pym_server({**FILES, "pets.py": "1 / 0"})


def test_the_plugin_manager_is_empty_but_for_what_it_is_given(pym_plugins):
    import keys

    assert pym_plugins().plugins() == []
    (plugin,) = pym_plugins(keys).plugins()
    assert (plugin.name, plugin.status, plugin.hooks) == (
        "keys", "active", ("pym_security_schemes", "pym_token_issuers")
    )


class Outside:
    """Calls to a cloud."""

    region = "north"

    def push(self, image: str, *, tag: str = "latest") -> None:
        raise RuntimeError

    def status(self, name: str) -> str:
        raise RuntimeError


def test_the_recorder_writes_down_what_would_be_done(recorder):
    cloud = recorder(Outside(), status=lambda name: f"{name} runs")
    assert (cloud.region, cloud.push("shop", tag="3"), cloud.status("shop")) == ("north", None, "shop runs")
    assert list(map(str, cloud.done)) == ["push(image='shop', tag='3')", "status(name='shop')"]
    assert cloud.done[0].arguments == {"image": "shop", "tag": "3"}


def test_the_recorder_answers_and_raises_what_it_was_told(recorder):
    assert recorder(Outside(), status="gone").status("shop") == "gone"
    with pytest.raises(OSError, match="no network"):
        recorder(Outside(), push=OSError("no network")).push("shop")


def test_the_recorder_refuses_calls_that_the_real_thing_would_not_take(recorder):
    with pytest.raises(TypeError, match="too many positional arguments"):
        recorder(Outside()).push("shop", "3")
    with pytest.raises(AttributeError, match="pull"):
        recorder(Outside()).pull("shop")
    with pytest.raises(AttributeError, match="pull"):
        recorder(Outside(), pull=None)
    with pytest.raises(AssertionError, match=r"status\\(\\) returns something, and the recorder was not told what"):
        recorder(Outside()).status("shop")
'''


def test_the_fixtures_work_in_the_tests_of_a_service_elsewhere(laid: Lay, run_pytest: Run) -> None:
    printed = run_pytest(laid({**SERVICE, "tests/test_pets.py": TESTS}))
    assert f"\n{TESTS.count('def test_') + 1} passed" in printed, printed


def test_a_test_that_is_in_no_service_is_told_what_to_give(laid: Lay, run_pytest: Run) -> None:
    printed = run_pytest(laid({"test_it.py": "def test_it(pym_service):\n    pym_service()\n"}))
    assert "has a pym-config.yaml: name the service's folder, or its files" in printed


def test_an_api_is_named_where_there_are_several(laid: Lay, run_pytest: Run) -> None:
    more = PETS.replace("/pets/{id}", "/dogs/{id}").replace("/me", "/us")
    test = "def test_it(pym_client):\n    assert pym_client(api='dogs').get_pet(id=1).id == 1\n    pym_client()\n"
    printed = run_pytest(laid({**SERVICE, "apis/dogs.yaml": more, "test_it.py": test}))
    assert "has the APIs dogs, pets: name one, as pym_client(api='dogs')" in printed
    assert "1 failed" in printed


def test_the_fixtures_import_nothing_before_they_are_used() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import pymacaron_testing.fixtures; "
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['pymacaron_testing']"


def test_pytest_tells_of_each_fixture(laid: Lay, run_pytest: Run) -> None:
    told = run_pytest(laid({}), "--fixtures")
    for name in fixtures.__all__:
        assert re.search(rf"^{name} -- .*\n    [A-Z].+", told, re.MULTILINE), name
