"""Errors of a mock in the shape that its document declares for them, as the real service would send them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, request
from werkzeug.wrappers import Response

from pymacaron.http.endpoint import Endpoint
from pymacaron.http.mediatypes import is_json
from pymacaron.models.pool import ModelPool
from pymacaron.spec import Operation, Schema
from pymacaron_testing.mock.responses import json_or_first

__all__ = ["plain_error", "shape_errors"]


def shape_errors(
    app: Flask,
    pools: Mapping[str, ModelPool],
    accepts: Callable[[Schema, Any], bool],
    make: Callable[[Schema, str], Any],
) -> None:
    """Rewrite the JSON of errors that do not fit what their operation declares for their status."""

    @app.after_request
    def shape(response: Response) -> Response:
        view = app.view_functions.get(request.endpoint or "")
        operation = view.operation if isinstance(view, Endpoint) and view.api in pools else None
        schema = _declared(operation, response.status_code) if operation and response.status_code >= 400 else None
        written = response.get_json(silent=True) if schema and is_json(response.mimetype or "") else None
        if schema and isinstance(written, dict) and not accepts(schema, written):
            made = make(schema, f"error {response.status_code}")
            response.set_data(json.dumps(_told(made, written, lambda value: accepts(schema, value))))
        return response


def _declared(operation: Operation, status: int) -> Schema | None:
    keys = (str(status), f"{status // 100}XX", "default")
    declared = next((operation.responses[key] for key in keys if key in operation.responses), None)
    media = json_or_first(declared)
    return media.schema if media and is_json(media.name) else None


def plain_error(status: int) -> dict[str, Any]:
    """Return what the framework itself tells of a status."""
    phrase = http.client.responses.get(status, "Error")
    return {
        "error": phrase.upper().replace(" ", "_").replace("-", "_").replace("'", ""),
        "error_description": phrase,
        "status": status,
    }


def _told(made: Any, written: Mapping[str, Any], fits: Callable[[Any], bool]) -> Any:
    """Return a made error that tells, wherever it can, what an error of the framework's own shape told."""
    status, text = written.get("status"), written.get("error_description")
    for name in made if isinstance(made, dict) else ():
        for value in (written.get(name), status, text):
            changed = {**made, name: value}
            if value is not None and type(value) is type(made[name]) and fits(changed):
                made = changed
                break
    return made
