"""A service with one operation for each handler, and the reports that it makes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from pymacaron.crash import set_error_reporter

OPERATION = """\
  /{name}/{{id}}:
    get:
      x-bind-server: handlers.{name}
      parameters:
        - {{name: id, in: path, required: true, schema: {{type: string}}}}
        - {{name: q, in: query, schema: {{type: string}}}}
      responses: {{default: {{description: ok}}}}
    post:
      x-bind-server: handlers.{name}
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]
      requestBody: {{required: true, content: {{application/json: {{schema: {{type: object}}}}}}}}
      responses: {{default: {{description: ok}}}}
"""


def files_of(code: str, config: str = "", more: str = "") -> dict[str, str]:
    """Return the files of a service with GET and POST /<name>/{id} for each function `name(*body, id, q)` of a code."""
    names = re.findall(r"^(?:async )?def ([a-z]\w*)", code, re.MULTILINE)
    paths = "".join(OPERATION.format(name=name) for name in names)
    return {
        "apis/it.yaml": f"openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}{more}",
        "handlers.py": code,
        "pym-config.yaml": f"name: demo\n{config}report_call_exceeding_ms: 60000\n",  # for a machine that is busy
    }


class Reported:
    """An app, and all that its error_reporter was told."""

    def __init__(self, app: Flask) -> None:
        self.service = app.extensions["pymacaron"]
        self.client = app.test_client()
        self._told: list[tuple[str, dict[str, Any], BaseException | None]] = []
        with self.service:
            set_error_reporter(lambda title, data, exception: self._told.append((title, data, exception)))

    @property
    def told(self) -> list[tuple[str, dict[str, Any], BaseException | None]]:
        """Every report, once all were delivered."""
        assert self.service.flush_reports(60)
        return self._told


@pytest.fixture
def reported(service: Callable[..., Flask]) -> Callable[..., Reported]:
    """Make a service of handlers and settings, with more of the document and more files."""

    def make(code: str, config: str = "", more: str = "", files: dict[str, str] | None = None) -> Reported:
        return Reported(service({**files_of(code, config, more), **(files or {})}))

    return make
