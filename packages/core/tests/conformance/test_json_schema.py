"""Every mandatory case of the JSON Schema Test Suite, put through a real service in both directions."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from pymacaron import create_app

REPOSITORY = Path(__file__).parents[4]
FOLDER = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance") / "json-schema"
VERSIONS = {"draft4": "3.0.4", "draft2020-12": "3.1.1"}
CODE = """\
def take(body):
    return {}


def echo(body):
    return body
"""
MISSED: set[str] = set()
"""What is judged otherwise, as told in docs/reference/conformance.md; a line without its status."""
CONFIG = "name: conformance\nlog_level: CRITICAL\nschema_folders: {'http://localhost:1234/': remotes}\n"

if not FOLDER.is_dir():
    pytest.skip("no conformance data: set PYM_CONFORMANCE_DIR to its folder", allow_module_level=True)


@dataclass(frozen=True)
class Group:
    """The cases of one schema, which is served as operations of its number."""

    number: int
    file: str
    schema: Any
    cases: list[dict[str, Any]]

    @property
    def operations(self) -> dict[str, Any]:
        """The paths that take instances of the schema, and that answer with lists of them."""
        reference = {"$ref": f"../cases/{self.number}.json"}
        listed = {"type": "array", "items": reference}
        taken = {"content": {"application/json": {"schema": reference}}, "required": True}
        given = {"200": {"description": "echo", "content": {"application/json": {"schema": listed}}}}
        free = {"content": {"application/json": {}}, "required": True}
        return {
            f"/request/{self.number}": {
                "post": {"x-bind-server": "echo.take", "requestBody": taken, "responses": {"200": {"description": ""}}}
            },
            f"/response/{self.number}": {
                "post": {"x-bind-server": "echo.echo", "requestBody": free, "responses": given}
            },
        }


def groups(draft: str) -> list[Group]:
    found = [
        (path.stem, group) for path in sorted((FOLDER / draft).glob("*.json")) for group in json.loads(path.read_text())
    ]
    return [
        Group(number, f"{file}: {group['description']}", group["schema"], group["tests"])
        for number, (file, group) in enumerate(found)
    ]


@pytest.fixture(scope="module", params=VERSIONS)
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Serve every schema of a draft, each in a file of its own."""
    root = tmp_path_factory.mktemp(request.param)
    for folder in ("apis", "cases"):
        (root / folder).mkdir()
    shutil.copytree(FOLDER / "remotes", root / "remotes")
    (root / "pym-config.yaml").write_text(CONFIG)
    (root / "echo.py").write_text(CODE)
    found = groups(request.param)
    for group in found:
        (root / "cases" / f"{group.number}.json").write_text(json.dumps(group.schema))
    document = {
        "openapi": VERSIONS[request.param],
        "info": {"title": "Conformance", "version": "1"},
        "paths": {path: item for group in found for path, item in group.operations.items()},
    }
    (root / "apis" / "suite.json").write_text(json.dumps(document))
    app = create_app(root)
    yield request.param, found, app.test_client()
    app.extensions["pymacaron"].close()


def test_every_case_of_the_suite_is_judged_as_it_says(suite: Any, capsys: pytest.CaptureFixture[str]) -> None:
    draft, found, client = suite
    table, told = [], []
    for direction, refusal in (("request", 400), ("response", 500)):
        right, missed = judged(client, found, direction, refusal)
        table.append(f"{draft:14} {direction:9} {right} of {right + len(missed)}")
        told += missed
    with capsys.disabled():
        print("", *table, sep="\n")  # noqa: T201  the table is what the command is for
    told = [line for line in told if line.rpartition(": ")[0] not in MISSED]
    assert not told, "\n".join(told)


def judged(client: FlaskClient, found: list[Group], direction: str, refusal: int) -> tuple[int, list[str]]:
    """Return how many verdicts are those of the suite, and a line for each other one."""
    right, missed = 0, []
    for group in found:
        for case in group.cases:
            instance = [case["data"]] if direction == "response" else case["data"]
            reply = client.post(
                f"/{direction}/{group.number}", data=json.dumps(instance), content_type="application/json"
            )
            expected = 200 if case["valid"] else refusal
            code = (reply.json or {}).get("error") if refusal == reply.status_code else ""
            if reply.status_code == expected and code in ("", "INVALID_PARAMETER", "BAD_RESPONSE"):
                right += 1
            else:
                missed.append(f"{direction} {group.number} {group.file}: {case['description']}: {reply.status_code}")
    return right, missed
