"""The Flask app of a mock: a service of its own, in which one function answers every operation."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml
from flask import Flask

from pymacaron.app import bind_service
from pymacaron.models.pool import ModelPool
from pymacaron.plugins.manager import PluginManager
from pymacaron.service import Service
from pymacaron.spec import Binding, Document, Operation
from pymacaron_testing.mock.answers import Mock
from pymacaron_testing.mock.errors import shape_errors

__all__ = ["mock_app"]

HANDLER = Binding(server="pymacaron_testing.mock.answers.answer")
PLUGIN = "pymacaron_testing.mock.plugin"


class Parent:
    """Stands for whatever class a schema names by x-parent: a mock imports nothing of the service."""


def mock_app(
    documents: Sequence[Path], *, seed: int = 0, token: str | None = None, folders: Mapping[str, Path] | None = None
) -> Flask:
    """Return the Flask app that mocks some documents.

    The same `seed` gives the same values. Where a security scheme is required, any credential passes, or only one that
    is `token` where that is given. `folders` maps URL prefixes of references to folders, as `schema_folders` does.
    Raises SpecError for a document that cannot be read.
    """
    service = _service(token, folders or {})
    app = Flask(service.name)
    app.extensions["pymacaron"] = service
    for path in documents:
        document = service.load_document(path.stem, path).document
        pool = ModelPool(_mocked(document), lambda dotted: Parent)
        service.pools[document.name] = pool
    app.extensions["pymacaron_mock"] = mock = Mock(service.pools, seed)
    shape_errors(app, service.pools, mock.accepts, mock.value)
    bind_service(app, service, list(service.pools))
    return app


def _service(token: str | None, folders: Mapping[str, Path]) -> Service:
    """Return a service whose only plugins are core's and the mock's."""
    others = [plugin.name for plugin in PluginManager().plugins() if plugin.origin == "entry point"]
    settings = {
        "name": "mock",
        "plugins": {"local": [PLUGIN], "disable": others},
        **({"mock_token": token} if token else {}),
        **({"schema_folders": {url: str(folder) for url, folder in folders.items()}} if folders else {}),
    }
    with tempfile.TemporaryDirectory(prefix="pym-mock-") as folder:
        (Path(folder) / "pym-config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        return Service(folder)


def _mocked(document: Document) -> Document:
    return replace(document, operations=tuple(map(_bound, document.operations)))


def _bound(operation: Operation) -> Operation:
    return replace(operation, binding=HANDLER)
