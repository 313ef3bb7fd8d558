"""The emulator itself: an HTTP server on 127.0.0.1 that boto3 calls as it calls Elastic Beanstalk."""

from __future__ import annotations

import re
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from pymacaron_testing.emulators.beanstalk.environments import EnvironmentOperations
from pymacaron_testing.emulators.beanstalk.faults import Fault, Faults
from pymacaron_testing.emulators.beanstalk.life import Life, Outside
from pymacaron_testing.emulators.beanstalk.machines import Machines
from pymacaron_testing.emulators.beanstalk.state import State
from pymacaron_testing.emulators.beanstalk.wire import Refusal, error_body, read_request, response_body

__all__ = ["Beanstalk"]

Authorize = Callable[[str, str, dict[str, Any]], bool]


class Beanstalk:
    """A running emulator.

    `delay` is the seconds that each state of an environment takes, `patience` those until it must be healthy.
    `authorize` gets the access key, the operation and its parameters, and tells whether the call is allowed. `calls`
    are the names of all operations that were called, `faults` those to come.
    """

    def __init__(
        self,
        machines: Machines,
        outside: Outside,
        *,
        delay: float = 0.05,
        patience: float = 30,
        authorize: Authorize | None = None,
    ) -> None:
        self.machines = machines
        self.state, self.faults = State(), Faults[Fault]()
        self.calls: list[str] = []
        self.life = Life(self.state, machines, outside, delay, patience)
        self._operations = EnvironmentOperations(self.state, self.life)
        self._authorize = authorize
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.answer, self._server.texts = self.answer, self.state.texts
        self.state.url = self.url

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.life.end()
        for address in (*self.state.addresses.values(), *(one.endpoint for one in self.state.environments)):
            address.close()

    def turn(self, name: str, health: str, looks: int = 1) -> None:
        """Have the next looks at a Ready environment find it "Yellow", "Red" or "Grey", whatever it is."""
        with self.state.lock:
            self.state.environment(name).shown += [health] * looks

    def answer(self, body: str, access_key: str) -> tuple[int, bytes]:
        """Return status and XML of the answer to a request."""
        request = str(uuid.uuid4())
        try:
            operation, parameters = read_request(body)
            self.calls.append(operation)
            fault = self.faults.next(operation)
            self._meet(fault, before=True)
            self._permit(access_key, operation, parameters)
            answer = response_body(operation, self._done(operation, parameters, request), request)
            self._meet(fault, before=False)
        except Refusal as refusal:
            return refusal.status, error_body(refusal.code, str(refusal), request, refusal.status)
        except Exception as error:
            traceback.print_exc()
            return 500, error_body("InternalFailure", f"the emulator is broken: {error!r}", request, 500)
        return 200, answer

    def _done(self, operation: str, parameters: dict[str, Any], request: str) -> dict[str, Any] | None:
        from botocore import xform_name

        with self.state.lock:
            self._operations.request = request
            return self._operations.find(xform_name(operation))(parameters)

    def _permit(self, access_key: str, operation: str, parameters: dict[str, Any]) -> None:
        if self._authorize and not self._authorize(access_key, operation, parameters | self._application(parameters)):
            message = f"User is not authorized to perform: elasticbeanstalk:{operation}"
            raise Refusal("AccessDenied", message, 403)

    def _application(self, parameters: dict[str, Any]) -> dict[str, str]:
        names = {parameters.get("EnvironmentName"), parameters.get("SourceEnvironmentName")} - {None}
        found = [one.application for one in self.state.environments if one.name in names]
        return {"ApplicationName": found[-1]} if found else {}

    def _meet(self, fault: Fault | None, before: bool) -> None:
        if fault and fault.hang and not before:
            time.sleep(fault.hang)
        elif fault and fault.code and fault.done != before:
            raise Refusal(fault.code, fault.message, fault.status)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answer: Callable[[str, str], tuple[int, bytes]]
    texts: dict[str, str]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        signed = re.search(r"Credential=([^/]+)/\d{8}/[^/]+/elasticbeanstalk/", self.headers.get("Authorization", ""))
        status, content = self.server.answer(body, signed[1] if signed else "")
        try:
            self._send(status, content)
        except ConnectionError:
            self.close_connection = True

    def do_GET(self) -> None:
        text = self.server.texts.get(self.path)
        self._send(404 if text is None else 200, (text or "").encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
        """Log nothing."""
