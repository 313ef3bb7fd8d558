"""The wire of Google's APIs: JSON read strictly as messages of the libraries; messages and errors written as JSON."""

from __future__ import annotations

import json
import uuid
from typing import Any

from google.protobuf import json_format  # type: ignore[import-untyped,unused-ignore]
from google.protobuf.message import Message  # type: ignore[import-untyped,unused-ignore]

__all__ = ["NAMES", "Refusal", "error_body", "operation_body", "read", "write"]

NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class Refusal(Exception):
    """A request that is refused: `status` is of HTTP, `name` that of google.rpc.Code, `reason` that of an ErrorInfo."""

    def __init__(self, status: int, message: str, name: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.reason = status, message, reason
        self.name = name or NAMES.get(status, "UNKNOWN")


def read(kind: Any, data: Any) -> Any:
    """Return a message of a type from JSON; raises Refusal for a field that the type does not have."""
    message = kind.pb(kind()) if hasattr(kind, "pb") else kind()
    try:
        json_format.ParseDict(data or {}, message)
    except json_format.ParseError as error:
        raise Refusal(400, f"Invalid JSON payload received: {error}") from None
    return kind.wrap(message) if hasattr(kind, "wrap") else message


def write(message: Any) -> dict[str, Any]:
    """Return a message as the JSON of a reply."""
    plain = message if isinstance(message, Message) else type(message).pb(message)
    result: dict[str, Any] = json_format.MessageToDict(plain)
    return result


def error_body(refusal: Refusal) -> bytes:
    """Return the body of an error (google.rpc.Status)."""
    error: dict[str, Any] = {"code": refusal.status, "message": refusal.message, "status": refusal.name}
    if refusal.reason:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": refusal.reason}]
    return json.dumps({"error": error}).encode()


def operation_body(parent: str, message: Any, done: bool = False) -> dict[str, Any]:
    """Return a long-running operation about a message, which is its result where it is done."""
    plain = type(message).pb(message)
    content = {"@type": f"type.googleapis.com/{plain.DESCRIPTOR.full_name}", **write(message)}
    body = {"name": f"{parent}/operations/{uuid.uuid4()}", "metadata": content, "done": done}
    return body | {"response": content} if done else body
