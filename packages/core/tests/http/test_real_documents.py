"""Documents written by others are served: every operation answers, every model is built, defects are warnings."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pymacaron import create_app
from pymacaron.exceptions import SpecError
from pymacaron.models import ModelPool
from pymacaron.spec import Operation, Parameter, Schema
from pymacaron.spec.reader import read_source

REPOSITORY = Path(__file__).parents[4]
FOLDER = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance") / "openapi"
FRAGMENTS = {"Error.yaml", "NewPet.yaml", "Pet.yaml", "parameters.yaml"}
DOCUMENTS = sorted(
    path for path in FOLDER.rglob("*") if path.suffix in (".json", ".yaml") and path.name not in FRAGMENTS
)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
SAMPLES = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
ANYBODY = """
from pymacaron import hookimpl
from pymacaron.plugins.records import Authenticator, Identity, SecurityScheme

KINDS = [("http", "basic"), ("http", "bearer"), ("apiKey", None), ("oauth2", None), ("openIdConnect", None)]


def bind(definition, scopes):
    return Authenticator(lambda incoming: Identity("anybody", definition.name, frozenset(scopes)), PermissionError)


@hookimpl
def pym_security_schemes(config):
    return [SecurityScheme(type_, bind, scheme) for type_, scheme in KINDS]
"""

if not DOCUMENTS:
    pytest.skip("no conformance data: set PYM_CONFORMANCE_DIR to its folder", allow_module_level=True)


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


@pytest.fixture
def laid(tmp_path: Path) -> Callable[[Path], Path]:
    """Make a service of a document: its operations bound, with a plugin that lets anybody pass any security scheme."""

    def lay(path: Path) -> Path:
        for folder in ("apis", "common"):
            (tmp_path / folder).mkdir()
        for fragment in path.parent.glob("*.yaml"):
            if fragment.name in FRAGMENTS:
                shutil.copyfile(fragment, tmp_path / "apis" / fragment.name)
                shutil.copyfile(fragment, tmp_path / "common" / fragment.name)
        data, names = bound(read_source(path).data)
        (tmp_path / "apis" / "document.json").write_text(json.dumps(data, indent=1))
        (tmp_path / "pym-config.yaml").write_text("name: real\nplugins: {disable: [auth], local: [anybody]}\n")
        (tmp_path / "anybody.py").write_text(ANYBODY)
        handlers = (f"def {name}(*body, **parameters):\n    return {{}}\n" for name in names)
        (tmp_path / "handlers.py").write_text("\n\n".join(handlers))
        return tmp_path

    return lay


def bound(data: Any) -> tuple[Any, list[str]]:
    """Bind each operation of a document to a function of its own; return the names of the functions too."""
    names: list[str] = []
    for item in (data.get("paths") or {}).values():
        for method in METHODS:
            if method in item:
                names.append(f"operation_{len(names)}")
                item[method]["x-bind-server"] = f"handlers.{names[-1]}"
    return data, names


@pytest.fixture
def serve(laid: Callable[[Path], Path]) -> Iterator[Callable[[Path], Flask]]:
    """Serve a document by handlers that all return {}."""
    made: list[Flask] = []

    def make(path: Path) -> Flask:
        made.append(create_app(laid(path)))
        return made[0]

    yield make
    for app in made:
        app.extensions["pymacaron"].close()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_operation_of_a_document_is_routed_and_every_model_is_built(
    path: Path, serve: Callable[[Path], Flask]
) -> None:
    app = serve(path)
    pool: ModelPool = app.extensions["pymacaron"].pools["document"]
    client = app.test_client()
    operations = pool.document.operations
    assert len(operations) == len(bound(read_source(path).data)[1])
    unanswered = [told for operation in operations if (told := misanswered(client, operation))]
    assert not unanswered, "\n".join(unanswered)
    for component in pool.model_names():
        model = pool.get_model(component)
        model.model_rebuild()
        assert model.__pydantic_complete__


def misanswered(client: FlaskClient, operation: Operation) -> str | None:
    """Return what an operation answered that is neither its handler's reply nor a refusal that tells its reason."""
    reply = requested(client, operation)
    error = (reply.get_json(silent=True) or {}).get("error") if reply.status_code >= 400 else None
    if reply.status_code < 400 or (reply.status_code, error) in ((500, "BAD_RESPONSE"), (400, "INVALID_PARAMETER")):
        return None
    return f"{operation.method} {operation.path}: {reply.status}, {reply.text[:300]}"


def requested(client: FlaskClient, operation: Operation) -> TestResponse:
    """Send an operation the least that it asks for."""
    values = {parameter.name: sample(parameter.schema) for parameter in operation.parameters}
    needed = [parameter for parameter in operation.parameters if parameter.required]
    path = re.sub(r"\{([^{}]*)\}", lambda found: text(values.get(found[1], "1")), operation.full_paths()[0])
    body: dict[str, Any] = {}
    if operation.body and operation.body.content:
        content_type, media = next(iter(operation.body.content.items()))
        body = {"content_type": content_type.replace("*", "plain"), "data": json.dumps(sample(media.schema))}
    return client.open(
        path,
        method=operation.method.upper(),
        query_string={name: text(values[name]) for name in names_in(needed, "query")},
        headers={name: text(values[name]) for name in names_in(needed, "header")},
        **body,
    )


def names_in(parameters: list[Parameter], location: str) -> list[str]:
    return [parameter.name for parameter in parameters if parameter.location == location]


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def sample(schema: Schema | None) -> Any:
    """Return a value that a schema is likely to take."""
    if schema is None:
        return {}
    keywords = schema.resolved.keywords if isinstance(schema.resolved.keywords, dict) else {}
    for key in ("example", "default"):
        if key in keywords:
            return keywords[key]
    if "enum" in keywords:
        return keywords["enum"][0]
    type_ = keywords.get("type", "object" if "properties" in keywords else "string")
    if type_ == "object":
        properties = schema.resolved.children("properties")
        return {name: sample(properties[name]) for name in keywords.get("required", ()) if name in properties}
    return SAMPLES.get(type_, "1") if isinstance(type_, str) else "1"


@pytest.mark.parametrize("name", ["large/github.json"])
def test_a_defect_of_a_document_is_a_warning_with_its_place_that_strict_refuses(
    name: str, laid: Callable[[Path], Path], caplog: pytest.LogCaptureFixture
) -> None:
    root = laid(FOLDER / name)
    create_app(root).extensions["pymacaron"].close()
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warned
    assert all(re.match(rf"{root}/apis/document\.json:\d+: ", told) for told in warned)
    with pytest.raises(SpecError) as refused:
        create_app(root, strict=True)
    assert list(refused.value.problems) == warned
