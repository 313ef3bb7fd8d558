"""Documents of Swagger 2.0 and OpenAPI 3.0 in the words of OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.spec import Place, is_api
from pymacaron.spec.grammar import rebuilt
from pymacaron.spec.references import absolute
from pymacaron.text import shown
from pymacaron.tools.bundle import bundle
from pymacaron.tools.convertschema import newer_schema
from pymacaron.tools.convertswagger import Swagger

__all__ = ["VERSION", "convert"]

VERSION = "3.1.1"


def convert(
    path: Path, root: Path | None = None, warn: Callable[[str], object] = lambda sentence: None
) -> dict[str, Any]:
    """Return a document as OpenAPI 3.1, in one piece; `warn` is told what 3.1 has no words for.

    Raises SpecError for a document that is broken, or that is 3.1 or newer already.
    """
    data = bundle(path, root)
    if not is_api(data) or str(data.get("openapi", "")).startswith(("3.1", "3.2")):
        raise SpecError(f"{shown(path)}: this is OpenAPI {data.get('openapi')} already; nothing is to be done")
    if "swagger" in data:
        return Swagger(data, VERSION, warn).document()
    return {**rebuilt(data, "document", Place(absolute(path)), False, _newer), "openapi": VERSION}


def _newer(node: dict[str, Any], kind: str, place: Place) -> tuple[dict[str, Any], Place | None]:
    """Return an object of OpenAPI 3.0 in 3.1's words: only its schemas differ."""
    return (newer_schema(node, old=False), None) if kind == "schema" else (node, place)
