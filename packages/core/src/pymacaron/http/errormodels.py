"""Models that a handler returns as an error: those of a document with error, error_description and status."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pymacaron.exceptions import PyMacaronException

__all__ = ["is_error_model", "raise_if_error"]

KEYS = {"error", "error_description", "status"}


class ReturnedError(PyMacaronException):
    """An instance of such a model, on its way to the caller."""

    def __init__(self, status: int, reply: dict[str, Any]) -> None:
        super().__init__(
            reply.get("error_description") or "", user_message=reply.get("user_message"), error_id=reply.get("error_id")
        )
        self.code, self.status = reply["error"], status  # type: ignore[misc]
        self._reply = reply

    def to_json(self) -> dict[str, Any]:
        """Return the JSON of the model, with what is missing in it."""
        told = {key: value for key, value in self._reply.items() if value is not None}
        return {**super().to_json(), **told, "status": self.status}


@lru_cache(maxsize=1024)
def is_error_model(kind: type) -> bool:
    """Tell whether a class is a model with all three properties."""
    return getattr(kind, "model_fields", {}).keys() >= KEYS


def raise_if_error(result: Any) -> None:
    """Raise what a model says where its status is one of an error."""
    status, code = result.status, result.error
    if type(status) is int and 400 <= status <= 599 and isinstance(code, str):
        raise ReturnedError(status, result.model_dump(mode="json", by_alias=True))
