"""The Flask app of a mock: a service of its own, in which one function answers every operation."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from flask import Flask

from pymacaron.app import bind_service
from pymacaron.models.pool import ModelPool
from pymacaron.plugins.manager import PluginManager
from pymacaron.service import Service
from pymacaron.spec import Binding, Document, Operation
from pymacaron_testing.mock.answers import Mock
from pymacaron_testing.mock.errors import shape_errors

__all__ = ["mock_app", "settings_of"]

HANDLER = Binding(server="pymacaron_testing.mock.answers.answer")
PLUGIN = "pymacaron_testing.mock.plugin"


class Parent:
    """Stands for whatever class a schema names by x-parent or x-persist: a mock imports nothing of the service."""


def mock_app(
    documents: Sequence[Path],
    *,
    seed: int = 0,
    token: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Flask:
    """Return the Flask app that mocks some documents.

    The same `seed` gives the same values. Where a security scheme is required, any credential passes, or only one that
    is `token` where that is given. `settings` are those of pym-config.yaml that concern documents, with absolute paths;
    `settings_of` takes them from a service. Raises SpecError for a document that cannot be read.
    """
    service = _service({**(settings or {}), **({"mock_token": token} if token else {})})
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


def settings_of(service: Service) -> dict[str, Any]:
    """Return the settings of a service that tell how its documents are read and routed."""
    folders = service.config.get("schema_folders") or {}
    return {
        "ignore_base_path": bool(service.config.get("ignore_base_path")),
        "schema_folders": {url: str(service.root / folder) for url, folder in folders.items()},
    }


def _service(settings: Mapping[str, Any]) -> Service:
    """Return a service whose only plugins are core's and the mock's."""
    others = [plugin.name for plugin in PluginManager().plugins() if plugin.origin == "entry point"]
    plugins = {"local": [PLUGIN], "disable": others}
    with tempfile.TemporaryDirectory(prefix="pym-mock-") as folder:
        text = yaml.safe_dump({"name": "mock", "plugins": plugins, **settings})
        (Path(folder) / "pym-config.yaml").write_text(text, encoding="utf-8")
        return Service(folder)


def _mocked(document: Document) -> Document:
    return replace(document, operations=tuple(map(_bound, document.operations)))


def _bound(operation: Operation) -> Operation:
    return replace(operation, binding=HANDLER)
