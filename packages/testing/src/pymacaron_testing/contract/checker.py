"""The check of an exchange: what in it the document of the service does not allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import unquote_to_bytes

from flask import Flask
from werkzeug.exceptions import HTTPException

from pymacaron.exceptions import RequestError
from pymacaron.http.dispatch import read
from pymacaron.http.endpoint import Endpoint
from pymacaron.http.handlers import bind
from pymacaron.http.incoming import Incoming
from pymacaron.http.mediatypes import is_json
from pymacaron.http.plan import Plan, compile_plan
from pymacaron.http.problems import escape
from pymacaron.http.responseheaders import declared_headers, misfits
from pymacaron.http.routenames import variable_names
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue
from pymacaron.spec import MediaType, Operation, Response
from pymacaron_testing.contract.exchange import Exchange

__all__ = ["Checker", "Found", "Violation"]

OF_THE_FRAMEWORK = {400, 401, 403, 405, 406, 413, 415, 431}
"""Statuses by which the framework refuses a request, whether or not the document declares them."""
USUAL_HEADERS = {
    "accept-ranges",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "permissions-policy",
    "pragma",
    "preference-applied",
    "referrer-policy",
    "retry-after",
    "server",
    "server-timing",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "via",
    "www-authenticate",
    "x-cloud-trace-context",
    "x-content-type-options",
    "x-envoy-upstream-service-time",
    "x-frame-options",
    "x-renewed-token",
    "x-request-id",
}
"""Headers that any response may carry without saying so: of HTTP, of browsers' safety, and of what stands in front."""
CORS = "access-control-"
"""How the headers start that a response to another origin carries (the Fetch standard, section 3.3)."""


@dataclass(frozen=True, order=True)
class Violation:
    """What broke the contract: the operation, where in the exchange, a JSON Pointer into a body, and the rule."""

    operation: str
    place: str
    pointer: str
    rule: str

    def __str__(self) -> str:
        where = f"{self.place} {self.pointer}" if self.pointer else self.place
        return f"{self.operation}: {where}: {self.rule}"


@dataclass(frozen=True)
class Found:
    """The operation of an exchange, its API, and the values of its path by the router's names."""

    api: str
    operation: Operation
    values: Mapping[str, str]

    @property
    def name(self) -> str:
        """The operation as people read it: its method and path."""
        return f"{self.operation.method.upper()} {self.operation.path}"


class Checker:
    """Holds exchanges against the documents that an app serves; the handlers behind them are never called."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._service = app.extensions["pymacaron"]
        self.pools: Mapping[str, ModelPool] = self._service.pools
        self._plans: dict[tuple[str, str], Plan] = {}

    def found(self, exchange: Exchange) -> Found | None:
        """Return the operation that a request called, None where it called none."""
        path = unquote_to_bytes(exchange.path).decode("utf-8", "replace")
        method = "GET" if exchange.method == "HEAD" else exchange.method
        adapter = self._app.url_map.bind("localhost")
        try:
            endpoint, values = adapter.match(path, method=method)
        except HTTPException:
            return None
        view = self._app.view_functions.get(endpoint)
        if not isinstance(view, Endpoint) or view.operation.method.upper() != method:  # Flask answers OPTIONS itself
            return None
        return Found(view.api, view.operation, values)

    def violations(self, exchange: Exchange, found: Found) -> list[Violation]:
        """Return what an exchange with an operation breaks."""
        told = list(self._of_response(exchange, found))
        if exchange.status < 400:
            told += self._of_request(exchange, found)
        return [Violation(found.name, *each) for each in told]

    def _of_request(self, exchange: Exchange, found: Found) -> Iterator[tuple[str, str, str]]:
        """Yield what the document forbids in a request that the service accepted."""
        environ = _environ(exchange)
        context = self._app.request_context(environ)
        try:
            with context:
                read(self._plan(found), Incoming(context, environ, found.values))
        except RequestError as error:
            for problem in error.problems or [{"in": "request", "name": "", "pointer": "", "message": str(error)}]:
                place = f"the accepted request, {problem['in']} {problem['name']}".rstrip()
                yield place, problem["pointer"], problem["message"]
        except HTTPException as error:
            yield "the accepted request", "", f"should have been refused with {error.code} {error.name}"

    def _plan(self, found: Found) -> Plan:
        key = (found.api, found.name)
        if key not in self._plans:
            pool = self.pools[found.api]
            bound = bind(self._service, found.api, found.operation)
            self._plans[key] = compile_plan(bound, None, pool, variable_names(found.operation))
        return self._plans[key]

    def _of_response(self, exchange: Exchange, found: Found) -> Iterator[tuple[str, str, str]]:
        status, responses = exchange.status, found.operation.responses
        keys = (str(status), f"{status // 100}XX", "default")
        declared = next((responses[key] for key in keys if key in responses), None)
        if declared is None:
            if status not in OF_THE_FRAMEWORK and responses:
                yield f"the status {status}", "", f"is not declared (declared: {', '.join(responses)})"
            return
        if status >= 500 and str(status) not in responses and f"{status // 100}XX" not in responses:
            yield f"the status {status}", "", "is an error of the server"
        yield from self._of_content(exchange, declared, self.pools[found.api])
        yield from self._of_headers(exchange, declared, self.pools[found.api])

    def _of_content(self, exchange: Exchange, declared: Response, pool: ModelPool) -> Iterator[tuple[str, str, str]]:
        place = f"the response {exchange.status}"
        if exchange.method == "HEAD" or not exchange.response_body:
            if declared.content and exchange.method != "HEAD" and exchange.status not in (204, 304):
                yield place, "", f"has no content; declared is {', '.join(declared.content)}"
            return
        if not declared.content:
            return
        written = exchange.header("Content-Type")
        media = _media_type(written, declared)
        if media is None:
            yield place, "", f"is {written or 'of no type'}; declared is {', '.join(declared.content)}"
        elif media.schema is not None and is_json(written):
            try:
                pool.codec(media.schema, "response").read_json(exchange.response_body)
            except InvalidValue as error:
                for problem in error.problems:
                    yield place, escape(problem.pointer), problem.sentence

    def _of_headers(self, exchange: Exchange, declared: Response, pool: ModelPool) -> Iterator[tuple[str, str, str]]:
        place = f"the response {exchange.status}"
        for sentence in misfits(exchange.response_headers, declared_headers(declared.headers, pool)):
            yield place, "", sentence
        known = {name.lower() for name in declared.headers} | USUAL_HEADERS
        for name in dict.fromkeys(name for name, _ in exchange.response_headers):
            if name.lower() not in known and not name.lower().startswith(CORS):
                yield place, "", f"the header {name} is not declared"


def _media_type(written: str, declared: Response) -> MediaType | None:
    """Return what a response declares for a Content-Type: the very type, else a range that holds it."""
    plain = written.partition(";")[0].strip().lower()
    ranges = (plain, f"{plain.partition('/')[0]}/*", "*/*")
    by_name = {name.partition(";")[0].strip().lower(): media for name, media in declared.content.items()}
    return next((by_name[name] for name in ranges if name in by_name), None)


def _environ(exchange: Exchange) -> dict[str, object]:
    """Return the WSGI environ of a request (PEP 3333)."""
    headers = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in exchange.request_headers}
    content_type = headers.pop("HTTP_CONTENT_TYPE", None)
    headers.pop("HTTP_CONTENT_LENGTH", None)
    return {
        **headers,
        "REQUEST_METHOD": exchange.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(exchange.path).decode("latin-1"),
        "QUERY_STRING": exchange.query,
        "REQUEST_URI": exchange.target,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        **({"CONTENT_TYPE": content_type} if content_type else {}),
        **({"CONTENT_LENGTH": str(len(exchange.request_body))} if exchange.request_body else {}),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(exchange.request_body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
