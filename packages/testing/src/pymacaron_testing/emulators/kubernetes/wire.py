"""Refusals as Kubernetes words them, times and quantities as it writes them, and bodies of requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymacaron_testing.emulators.kubernetes.kinds import Kind

__all__ = [
    "Cause",
    "Object",
    "Refusal",
    "already_exists",
    "bad_request",
    "conflict",
    "forbidden",
    "in_seconds",
    "invalid",
    "not_found",
    "now",
    "now_precisely",
    "read_body",
    "seconds_of",
]

Object = dict[str, Any]
MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


@dataclass(frozen=True)
class Cause:
    """What is wrong with a field: `reason` is a CauseType, such as "FieldValueInvalid"."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"


class Refusal(Exception):
    """A request that is refused: `code` is of HTTP, `reason` a StatusReason, `details` those of the Status."""

    def __init__(self, code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.details = code, reason, message, dict(details or {})

    def status(self) -> Object:
        """Return the Status object."""
        body = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }
        return {name: value for name, value in body.items() if value != {} or name == "metadata"}


def _details(kind: Kind, name: str, causes: Iterable[Cause] = (), title: str = "") -> Object:
    details: Object = {"name": name, "kind": title or kind.plural}
    details |= {"group": kind.group} if kind.group else {}
    listed = [{"reason": one.reason, "message": one.message, "field": one.field} for one in causes]
    return details | ({"causes": listed} if listed else {})


def not_found(kind: Kind, name: str) -> Refusal:
    """There is no such object."""
    return Refusal(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def already_exists(kind: Kind, name: str) -> Refusal:
    """There is one already."""
    return Refusal(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', _details(kind, name))


def conflict(kind: Kind, name: str, message: str = MODIFIED) -> Refusal:
    """Somebody else was faster."""
    sentence = f'Operation cannot be fulfilled on {kind.resource} "{name}": {message}'
    return Refusal(409, "Conflict", sentence, _details(kind, name))


def invalid(kind: Kind, name: str, causes: Iterable[Cause]) -> Refusal:
    """Fields are wrong."""
    causes = list(causes)
    told = [f"{one.field}: {one.message}" for one in causes]
    text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    title = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    message = f'{title} "{name}" is invalid: {text}'
    return Refusal(422, "Invalid", message, _details(kind, name, causes, kind.kind))


def forbidden(kind: Kind, name: str, message: str) -> Refusal:
    """Nobody may do that, or the caller may not."""
    return Refusal(403, "Forbidden", f'{kind.resource} "{name}" is forbidden: {message}', _details(kind, name))


def bad_request(message: str) -> Refusal:
    """A request that cannot be read."""
    return Refusal(400, "BadRequest", message)


def now() -> str:
    """Return the time as metav1.Time writes it: RFC 3339, of seconds."""
    return in_seconds(0)


def in_seconds(seconds: float) -> str:
    """Return a time to come."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def now_precisely() -> str:
    """Return the time as metav1.MicroTime writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds_of(time: str) -> float:
    """Return a time of Kubernetes as seconds of the epoch."""
    return datetime.fromisoformat(time).timestamp()


def read_body(content: bytes, content_type: str) -> Any:
    """Return the object of a body in JSON, or in YAML where its type says so; raises Refusal."""
    try:
        if "yaml" in content_type:
            import yaml

            return yaml.safe_load(content)
        return json.loads(content or b"{}")
    except ValueError as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from None
    except Exception as error:  # PyYAML's errors have no base among the built-in ones
        raise bad_request(f"error parsing YAML: {' '.join(str(error).split())}") from None
