"""What a request becomes: who may ask it, which fault it meets, and which operation answers it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pymacaron_testing.emulators.kubernetes.discovery import discover
from pymacaron_testing.emulators.kubernetes.faults import Fault, Faults
from pymacaron_testing.emulators.kubernetes.kinds import BY_PATH, Kind
from pymacaron_testing.emulators.kubernetes.rest import Asked, Operations
from pymacaron_testing.emulators.kubernetes.state import State
from pymacaron_testing.emulators.kubernetes.watching import watch
from pymacaron_testing.emulators.kubernetes.wire import Object, Refusal, forbidden, read_body

__all__ = ["Answer", "Api", "CutOffError"]

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
Logs = Callable[[Asked], Iterator[bytes | None]]


class CutOffError(Exception):
    """No answer: the connection is cut off."""


@dataclass(frozen=True)
class Answer:
    """An answer: an object, or a stream of objects or bytes, in which nothing means a pause."""

    code: int
    body: Object | Iterator[Object | bytes | None]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    content: bytes


class Api:
    """The API: `token` is what callers must bear; `permissions` are what they may, such as "patch deployments"."""

    def __init__(self, state: State, kinds: tuple[Kind, ...], version: str, token: str, logs: Logs) -> None:
        self.state, self.faults, self.calls = state, Faults(), list[str]()
        self.permissions: set[str] | None = None
        self.operations = Operations(state, version)
        self._kinds, self._version, self._token, self._logs = kinds, version, token, logs
        self.is_over = False

    def answer(self, request: Request) -> Answer:
        """Answer a request; raises CutOffError."""
        try:
            return self._answer(request)
        except Refusal as refusal:
            pause = refusal.details.get("retryAfterSeconds")
            return Answer(refusal.code, refusal.status(), {"Retry-After": str(pause)} if pause else {})

    def _answer(self, request: Request) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            raise Refusal(401, "Unauthorized", "Unauthorized")
        parts = urlsplit(request.target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if request.method == "GET" and (found := discover(parts.path, self._kinds, self._version)) is not None:
            return Answer(200, found)
        if parts.path.startswith("/apis/authorization.k8s.io/v1/selfsubject"):
            return Answer(201, self._review(read_body(request.content, "json")))
        asked = self._asked(request, unquote(parts.path), query)
        operation = _operation(request.method, asked)
        self.calls.append(operation)
        self._authorize(operation, asked)
        fault = self.faults.next(operation)
        if fault is not None and not fault.done:
            _meet(fault, before=True)
        answer = self._do(operation, request.method, asked)
        if fault is not None:
            time.sleep(fault.hang)
            _meet(fault, before=False)
        return answer

    def _asked(self, request: Request, path: str, query: Mapping[str, str]) -> Asked:
        parts = [part for part in path.split("/") if part]
        group, rest = ("", parts[1:]) if parts[:1] == ["api"] else (parts[1] if len(parts) > 1 else "", parts[2:])
        version, rest = (rest[0], rest[1:]) if rest else ("", [])
        namespace = ""
        if len(rest) > 2 and rest[0] == "namespaces" and (rest[2] not in ("status", "finalize")):
            namespace, rest = rest[1], rest[2:]
        kind = BY_PATH.get((group, version, rest[0] if rest else ""))
        if kind not in self._kinds or len(rest) > 3 or (namespace and not kind.is_namespaced):
            raise Refusal(404, "NotFound", "the server could not find the requested resource")
        name, below = [*rest[1:], "", ""][:2]
        if below and below not in kind.subresources:
            raise Refusal(404, "NotFound", "the server could not find the requested resource")
        content_type = request.headers.get("Content-Type", "application/json").partition(";")[0].strip()
        body = read_body(request.content, content_type) if request.content else None
        agent = (request.headers.get("User-Agent") or "unknown").partition("/")[0]
        partial = "as=PartialObjectMetadata;" in request.headers.get("Accept", "")
        return Asked(kind, namespace, name, below, query, body, content_type, agent, partial)

    def _authorize(self, operation: str, asked: Asked) -> None:
        if self.permissions is not None and operation not in self.permissions:
            raise forbidden(asked.kind, asked.name, self._denial(operation, asked))

    def _denial(self, operation: str, asked: Asked) -> str:
        verb = operation.partition(" ")[0]
        place = f' in the namespace "{asked.namespace}"' if asked.namespace else " at the cluster scope"
        what = f'resource "{asked.kind.plural}" in API group "{asked.kind.group}"'
        return f'User "emulator" cannot {verb} {what}{place}'

    def _review(self, body: Any) -> Object:
        wanted = (body.get("spec") or {}).get("resourceAttributes") or {}
        below = f"/{wanted['subresource']}" if wanted.get("subresource") else ""
        operation = f"{wanted.get('verb')} {wanted.get('resource')}{below}"
        allowed = self.permissions is None or operation in self.permissions
        return {**body, "metadata": {"creationTimestamp": None}, "status": {"allowed": allowed}}

    def _do(self, operation: str, method: str, asked: Asked) -> Answer:
        verb = operation.partition(" ")[0]
        if verb == "watch":
            events = watch(self.state, asked, lambda: self.is_over)
            return Answer(200, events, {"Content-Type": "application/json"})
        if asked.subresource == "log":
            return Answer(200, self._logs(asked), {"Content-Type": "text/plain"})
        with self.state.lock:
            if asked.subresource == "eviction":
                return Answer(201, self.operations.evict(asked))
            before = self.state.get(asked.kind.kind, asked.namespace, asked.name)
            result = self._works()[verb](asked)
        applied = method == "PATCH" and before is None
        return Answer(201 if method == "POST" or applied else 200, result)

    def _works(self) -> Mapping[str, Callable[[Asked], Object]]:
        do = self.operations
        return {
            "get": do.get,
            "list": do.list,
            "create": do.create,
            "update": do.update,
            "patch": do.patch,
            "delete": do.delete,
            "deletecollection": do.delete_all,
        }


def _operation(method: str, asked: Asked) -> str:
    """Return the verb and the resource of a request, as RBAC names them."""
    resource = asked.kind.plural + (f"/{asked.subresource}" if asked.subresource else "")
    if method == "GET" and asked.option("watch") in ("true", "True", "1"):
        return f"watch {resource}"
    if method == "GET":
        return f"get {resource}" if asked.name else f"list {resource}"
    if method == "DELETE" and not asked.name:
        return f"deletecollection {resource}"
    if method not in VERBS:
        raise Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    return f"{VERBS[method]} {resource}"


def _meet(fault: Fault, before: bool) -> None:
    if fault.hang and before:
        return
    if fault.reset:
        raise CutOffError
    if fault.status:
        details = {"retryAfterSeconds": fault.retry_after} if fault.retry_after else {}
        raise Refusal(fault.status, fault.reason, fault.message, details)
