"""A start imports no more than it needs: the rest comes with the first request, or before a server forks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

LATER = ["pymacaron.models.base", "pymacaron.models.maker", "pymacaron.http.plan", "pymacaron.http.dispatch"]
RARELY = ["jsonschema_rs", "pymacaron.servers.development", "pymacaron.cli.serve", "flask_cors", "gunicorn"]
RARELY += ["pymacaron.docsite.routes"]
DOCUMENT = """\
openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /pets:
    get:
      x-bind-server: pets.listed
      responses:
        200: {description: Pets., content: {application/json: {schema: {type: array, items: {type: string}}}}}
"""
FILES = {"apis/pets.yaml": DOCUMENT, "pets.py": "def listed():\n    return []\n"}
IMPORTED = """
import json, sys
from pymacaron import create_app
app = create_app()
{then}
print(json.dumps([name for name in {names} if name in sys.modules]))
"""
REQUEST = "assert app.test_client().get('/pets').json == []"
FORK = "from pymacaron.http.routes import import_for_requests; import_for_requests()"


@pytest.mark.parametrize(("then", "imported"), [("", []), (REQUEST, LATER), (FORK, LATER)])
def test_a_start_leaves_to_the_first_request_what_only_requests_need(
    then: str, imported: list[str], folder: Callable[..., Path]
) -> None:
    script = IMPORTED.format(then=then, names=[*LATER, *RARELY])
    done = subprocess.run([sys.executable, "-c", script], cwd=folder(FILES), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == imported


def test_what_a_start_made_is_not_walked_by_the_next_collection(folder: Callable[..., Path]) -> None:
    script = "import gc; from pymacaron import create_app; app = create_app(); print(gc.get_count()[0], gc.isenabled())"
    done = subprocess.run([sys.executable, "-c", script], cwd=folder(FILES), capture_output=True, text=True, check=True)
    young, enabled = done.stdout.split()
    assert int(young) < 1_000
    assert enabled == "True"
