"""A whole service of PyMacaron 2 is migrated by `pym migrate --fix`, then tested and served as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tokenkit import SECRET

STALL = {
    "pym-config.yaml": """\
# The stall on the market.
name: stall
live_host: https://stall.example.com
with_async: "true"
jwt_secret: STALL_JWT_SECRET   # of our vault
jwt_issuer: stall.example.com
jwt_audience: stall
default_user_id: tester
docker_repo: market
docker_base: pymacaron/pymacaron:210801-1200-7
env_secrets:
  - STALL_JWT_SECRET
""",
    "apis/stall.yaml": """\
swagger: '2.0'
info:
  title: Stall
  version: '1.0'
host: stall.example.com
basePath: /v1
schemes: [https]
paths:
  # What the stall sells
  /fruit/{name}:
    get:
      produces: [application/json]
      x-bind-server: stall.api.get_fruit
      parameters:
        - {name: name, in: path, type: string, required: true}
      responses:
        200: {description: A fruit., schema: {$ref: '#/definitions/Fruit'}}
        default: {description: An error., schema: {$ref: '#/definitions/Error'}}
  /orders:
    post:
      produces: [application/json]
      x-bind-server: stall.api.order
      x-decorate-server: pymacaron.auth.requires_auth
      parameters:
        - {name: order, in: body, required: true, schema: {$ref: '#/definitions/Order'}}
      responses:
        200: {description: It is ordered., schema: {$ref: '#/definitions/Order'}}
        default: {description: An error., schema: {$ref: '#/definitions/Error'}}
definitions:
  Fruit:
    type: object
    properties:
      name: {type: string, required: true}
      cents: {type: integer}
  Order:
    type: object
    required: [fruit]
    properties:
      fruit: {type: string}
      pieces:
        type: integer
        required: false
      buyer: {type: string}
  Error:
    type: object
    properties:
      error: {type: string}
      error_description: {type: string}
      error_id: {type: string}
      status: {type: integer}
""",
    "apis/stall_models.py": "# This is an auto-generated file - DO NOT EDIT!!!\n"
    "from pymacaron.model import PymacaronBaseModel\n",
    "stall/__init__.py": "",
    "stall/prices.py": "PRICES = {'pear': 40, 'plum': 15}\n\n\ndef price(name):\n    return PRICES[name]\n",
    "stall/api.py": '''\
"""What the stall does."""
from pymacaron.auth import get_userid
from pymacaron.exceptions import PyMacaronException
from pymacaron.log import pymlogger
from pymacaron_async import asynctask
from pymacaron_core.swagger.apipool import ApiPool

from stall.prices import PRICES, price

log = pymlogger(__name__)


class NoSuchFruit(PyMacaronException):
    code = "NO_SUCH_FRUIT"
    status = 404


@asynctask
def tell_the_farmer(fruit, pieces):
    log.info("%s more of %s", pieces, fruit)


def get_fruit(name):
    if name not in PRICES:
        raise NoSuchFruit("we sell no %s" % name)
    # ApiPool knows the models of every API
    return ApiPool.stall.model.Fruit(name=name, cents=price(name))


def order(order):
    tell_the_farmer(order.fruit, order.pieces or 1)
    return ApiPool.stall.model.Order(fruit=order.fruit, pieces=order.pieces or 1, buyer=get_userid())
''',
    "server.py": """\
import os

from flask import Flask
from pymacaron import API, letsgo

app = Flask(__name__)


def start(port=80, debug=False):
    here = os.path.dirname(os.path.realpath(__file__))
    api = API(app, port=port, debug=debug)
    api.load_apis(os.path.join(here, "apis"))
    api.start(serve=["stall"])


letsgo(__name__, callback=start)
""",
    "test/test_prices.py": """\
from nose.tools import assert_in, eq_

from stall.prices import PRICES, price


class TestPrices:
    def setup(self):
        self.fruit = "pear"

    def test_a_pear(self):
        assert_in(self.fruit, PRICES)
        eq_(price(self.fruit), 20 + 20)
""",
    "testaccept/test_stall.py": """\
import os

from pymacaron_unit.testcase import PyMacaronTestCase


class Tests(PyMacaronTestCase):
    def test_fruit(self):
        self.assertGetReturnDict("fruit/plum", {"name": "plum", "cents": 15})
        self.assertGetReturnError("fruit/nail", 404, "NO_SUCH_FRUIT")

    def test_order(self):
        self.assertPostReturnError("orders", {"fruit": "plum"}, 401, "AUTHORIZATION_HEADER_MISSING")
        auth = "Bearer " + os.environ["PYM_JWT_TOKEN"]
        expected = {"fruit": "plum", "pieces": 1, "buyer": "tester"}
        self.assertPostReturnDict("orders", {"fruit": "plum"}, expected, auth=auth)
""",
    "requirements.txt": "pymacaron==2.0.345\npymacaron-core\npymacaron-unit>=1.0.10  # for testaccept\nnose\n",
    "bin/test.sh": "set -e\nnosetests -xv test\n",
    "bin/accept.sh": "set -e\nrun_acceptance_tests --local --gen-token\n",
    "bitbucket-pipelines.yml": "pipelines:\n  default:\n    - step:\n        script:\n"
    "          - pip install pymacaron-unit nose\n          - nosetests -xv test\n",
    "Dockerfile.extra": "RUN sudo apt-get update && sudo apt-get install -y curl\n",
}

FOUND = """\
Dockerfile.extra:1: error dockerfile-extra
apis/stall.yaml:6: error base-path
apis/stall.yaml:33: error required-boolean
apis/stall.yaml:37: warning required-properties
apis/stall.yaml:42: error required-boolean
apis/stall_models.py:1: warning generated-file
bin/test.sh:2: error nose-command
bitbucket-pipelines.yml:5: error requirement
bitbucket-pipelines.yml:5: error requirement
bitbucket-pipelines.yml:6: error nose-command
pym-config.yaml:4: error with-async
pym-config.yaml:4: warning with-async
pym-config.yaml:9: warning docker-wheels
pym-config.yaml:10: error docker-base
requirements.txt:1: error requirement
requirements.txt:1: error requirement-missing
requirements.txt:1: error requirement-missing
requirements.txt:2: error requirement
requirements.txt:3: error requirement
requirements.txt:4: error requirement
stall/api.py:4: error import
stall/api.py:6: warning import
test/test_prices.py:1: error nose
test/test_prices.py:7: error nose-fixture
testaccept/test_stall.py:3: warning import
"""

LEFT = """\
apis/stall.yaml:37: warning required-properties
pym-config.yaml:4: warning with-async
pym-config.yaml:9: warning docker-wheels
"""


def run(root: Path, *command: str, code: int = 0) -> str:
    """Run a command in the folder with our commands first, and return what it prints."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYM_") and name != "PORT"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    more = {"STALL_JWT_SECRET": SECRET, "PYM_TASKS_DIR": str(root / "tasks")}
    done = subprocess.run(
        command, cwd=root, env={**kept, "PATH": path, **more}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@dataclass(frozen=True)
class Migrated:
    """The service in a folder, what was found in it, what was mended, and what is left."""

    root: Path
    found: str
    mended: str
    left: str


@pytest.fixture(scope="module")
def stall(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    """Write the old service into a folder, see its tests fail, and migrate it."""
    root = tmp_path_factory.mktemp("stall")
    for name, text in STALL.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    run(root, "sh", "bin/test.sh", code=127)
    before = json.loads(run(root, "pym", "migrate", "--json", code=1))
    after = json.loads(run(root, "pym", "migrate", "--fix", "--json"))
    mended, left = (told([each for each in after if each["fixed"] is fixed]) for fixed in (True, False))
    return Migrated(root, told(before), mended, left)


def told(findings: list[dict[str, Any]]) -> str:
    """Return place, severity and rule of each finding."""
    return "".join(f"{each['file']}:{each['line']}: {each['severity']} {each['rule']}\n" for each in findings)


def test_it_finds_what_a_service_of_pymacaron_2_has_to_change(stall: Migrated) -> None:
    assert stall.found == FOUND


def test_it_leaves_what_a_person_has_to_decide(stall: Migrated) -> None:
    assert stall.left == LEFT
    assert stall.mended.count("\n") == FOUND.count("\n") - LEFT.count("\n")


def test_the_migrated_service_is_healthy(stall: Migrated) -> None:
    assert run(stall.root, "pym", "doctor").count("ok: ") >= 5


def test_the_migrated_service_passes_its_tests(stall: Migrated) -> None:
    assert "1 passed" in run(stall.root, "sh", "bin/test.sh")


def test_the_migrated_service_is_served_at_its_old_urls(stall: Migrated) -> None:
    assert "2 passed" in run(stall.root, "sh", "bin/accept.sh")


def test_the_requirements_are_those_of_version_3(stall: Migrated) -> None:
    wanted = [
        "pymacaron>=3",
        "pymacaron-testing>=3  # for testaccept",
        "pytest",
        "pymacaron-auth>=3",
        "pymacaron-async>=3",
    ]
    assert (stall.root / "requirements.txt").read_text() == "".join(f"{line}\n" for line in wanted)


def test_comments_and_layout_stay(stall: Migrated) -> None:
    config = STALL["pym-config.yaml"].replace('with_async: "true"', "with_async: true")
    config = config.replace("docker_base: pymacaron/pymacaron:210801-1200-7\n", "") + "ignore_base_path: true\n"
    assert (stall.root / "pym-config.yaml").read_text() == config
    document = STALL["apis/stall.yaml"].replace("{type: string, required: true}", "{type: string}", 1)
    assert (stall.root / "apis/stall.yaml").read_text() == document.replace("        required: false\n", "")
    assert "# ApiPool knows the models" in (stall.root / "stall/api.py").read_text()
