"""Models that a handler returns as an error: those of a document with error, error_description and status."""

from __future__ import annotations

from typing import Any

from pymacaron.exceptions import PyMacaronException

__all__ = ["PLAIN", "raise_if_error"]

KEYS = {"error", "error_description", "status"}
MOST_KNOWN = 1000

PLAIN: set[type] = {dict, list, str, type(None)}
"""Classes of results that are no errors."""


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


def raise_if_error(result: Any) -> None:
    """Raise what a model says whose status is one of an error; a class that says nothing is noted in PLAIN."""
    kind = result.__class__
    if not getattr(kind, "model_fields", {}).keys() >= KEYS:
        if len(PLAIN) < MOST_KNOWN:
            PLAIN.add(kind)
        return
    status, code = result.status, result.error
    if type(status) is int and 400 <= status <= 599 and isinstance(code, str):
        raise ReturnedError(status, result.model_dump(mode="json", by_alias=True))
