"""The one handler."""

from typing import Any

from pymacaron import apipool


def hello() -> Any:
    """Greet by a model of the document."""
    return apipool.hello.Hello(message="Hello world!")
