"""`--image`: the service of an image is run for a command, asked where its port is, and removed whatever happens.

The engine is played by a script in the place of the command `docker`, which keeps what it is asked.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.wrappers import Request, Response

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      x-bind-server: pets.list_pets
      responses: {"200": {description: All pets., content: {application/json: {schema: {type: array}}}}}
"""
TESTS = """
from pymacaron_testing import PyMacaronTestCase


class TestPets(PyMacaronTestCase):
    def test_there_are_pets(self):
        assert self.assertGetReturnJson("/pets") == ["Rex"]
"""
DOCKER = """#!/bin/sh
echo "$*" >> "$DOCKER_TOLD"
case "$1" in
    run)
        if [ -n "$DOCKER_REFUSES" ]; then
            echo "docker: $DOCKER_REFUSES" >&2
            echo "Run 'docker run --help' for more information" >&2
            exit 125
        fi
        echo c0ffee ;;
    inspect) echo "${DOCKER_STATE:-true 0}" ;;
    port) echo "$DOCKER_PORT" ;;
    logs) echo "the last words of the service" >&2 ;;
esac
"""
FILES = {
    "pym-config.yaml": "name: pets\nenv_secrets: [PETS_SECRET, PETS_OTHER]\n",
    "apis/pets.yaml": DOCUMENT,
    "testaccept/test_pets.py": TESTS,
}

Tested = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Keep what docker is asked."""
    return tmp_path / "told"


@pytest.fixture
def tested(laid: Callable[..., Path], tmp_path: Path, told: Path) -> Tested:
    """Run `pym test` on an image."""

    def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        root = laid({**FILES, "bin/docker": DOCKER})
        (root / "bin" / "docker").chmod(0o755)
        kept = {name: text for name, text in os.environ.items() if not name.startswith("PYM_")}
        path = {"PATH": f"{root / 'bin'}:{os.environ['PATH']}", "DOCKER_TOLD": str(told)}
        return subprocess.run(
            [sys.executable, "-m", "pymacaron", "test", "--image", "shop:1", *options, "--", "-q"],
            cwd=root,
            env={**kept, **path, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def pets(request: Request) -> Response:
    """Answer as the service of the image."""
    return Response('["Rex"]', content_type="application/json")


def test_an_image_is_run_with_the_secrets_that_are_there_tested_and_removed(
    tested: Tested, told: Path, serve: Callable[..., str]
) -> None:
    port = serve(pets).removeprefix("http://")
    done = tested(DOCKER_PORT=port, PETS_SECRET="xyz-not-told")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    first, *_, last = told.read_text().splitlines()
    assert first == "run -d -p 127.0.0.1::8080 -e PETS_SECRET shop:1"
    assert last == "rm -f -v c0ffee"


def test_a_test_that_fails_brings_the_log_of_the_image(tested: Tested, serve: Callable[..., str]) -> None:
    port = serve(lambda request: Response("[]", content_type="application/json")).removeprefix("http://")
    done = tested(DOCKER_PORT=port)
    assert "1 failed" in done.stdout
    assert "The last lines of the service's log:\n  the last words of the service\n" in done.stderr


@pytest.mark.parametrize(
    ("environment", "error"),
    [
        ({"DOCKER_STATE": "false 3"}, "the service ended with 3 before it was ready"),
        ({"DOCKER_PORT": "127.0.0.1:9"}, "http://127.0.0.1:9 was not ready within 0.5 s"),
    ],
)
def test_an_image_that_does_not_get_ready_is_told_with_its_log_and_removed(
    tested: Tested, told: Path, environment: dict[str, str], error: str
) -> None:
    done = tested("--start-timeout", "0.5", **environment)
    assert done.returncode == 1
    assert error in done.stderr
    assert "the last words of the service" in done.stderr
    assert told.read_text().splitlines()[-1] == "rm -f -v c0ffee"


def test_what_docker_refuses_is_told(tested: Tested) -> None:
    done = tested(DOCKER_REFUSES="there is no image shop:1")
    assert done.returncode == 1
    assert "docker run ended with 125: docker: there is no image shop:1" in done.stderr


def test_a_missing_docker_is_told(tested: Tested, tmp_path: Path) -> None:
    done = tested(PATH=str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert "--image needs the command docker: install Docker's client" in done.stderr
