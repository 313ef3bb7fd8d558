"""What the tests of the wire share: parameters as the reader of documents makes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pymacaron.spec import Parameter, load_document
from pymacaron.wire import ParameterCodec, compile_codec

MakeCodec = Callable[..., ParameterCodec]

OPENAPI = """
openapi: {version}
info: {{title: Colors, version: "1"}}
paths:
  /colors{path}:
    get:
      parameters:
        - {written}
      responses: {{"200": {{description: Ok}}}}
"""
SWAGGER = """
swagger: "2.0"
info: {{title: Colors, version: "1"}}
paths:
  /colors{path}:
    post:
      consumes: [multipart/form-data]
      parameters:
        - {written}
      responses: {{"200": {{description: Ok}}}}
"""


@cache
def parameter_of(written: str, version: str = "3.2.0") -> Parameter:
    """Return the parameter `color` as a document declares it, in YAML's flow style."""
    template = SWAGGER if version == "2.0" else OPENAPI
    path = "/{color}" if "in: path" in written else ""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "colors.yaml"
        file.write_text(template.format(version=version, path=path, written=f"{{name: color, {written}}}"))
        return load_document(file).operations[0].parameters[0]


@pytest.fixture(scope="session")
def codec() -> MakeCodec:
    """Compile the codec of a parameter."""

    def make(written: str, version: str = "3.2.0", decoded: bool = False) -> ParameterCodec:
        return compile_codec(parameter_of(written, version), decoded=decoded)

    return make
