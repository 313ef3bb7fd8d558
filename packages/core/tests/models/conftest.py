"""What the tests of models share: the pool of a document that is written as YAML, or given as data."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymacaron.models import ModelPool
from pymacaron.spec import load_document

HEADERS = {
    "2.0": "swagger: '2.0'\ninfo: {title: Shop, version: '1'}\npaths: {}\ndefinitions:\n",
    "3.0": "openapi: 3.0.3\ninfo: {title: Shop, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n",
    "3.1": "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths: {}\ncomponents:\n  schemas:\n",
}
MakePool = Callable[..., ModelPool]


@pytest.fixture
def pool(tmp_path: Path) -> MakePool:
    """Return the models of the given schemas, in a document of the given version; data becomes OpenAPI 3.1 in JSON."""

    def make(
        schemas: str | dict[str, Any],
        version: str = "3.1",
        name: str = "shop",
        import_class: Callable[[str], type] | None = None,
    ) -> ModelPool:
        if isinstance(schemas, str):
            file = tmp_path / f"{name}.yaml"
            depth = "  " if version == "2.0" else "    "
            file.write_text(HEADERS[version] + textwrap.indent(textwrap.dedent(schemas), depth), encoding="utf-8")
        else:
            file = tmp_path / f"{name}.json"
            info = {"title": "Shop", "version": "1"}
            document = {"openapi": "3.1.0", "info": info, "paths": {}, "components": {"schemas": schemas}}
            file.write_text(json.dumps(document), encoding="utf-8")
        return ModelPool(load_document(file), import_class)

    return make
