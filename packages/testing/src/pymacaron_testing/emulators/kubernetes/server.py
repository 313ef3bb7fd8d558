"""The cluster itself: an HTTP server on 127.0.0.1, the file that leads clients to it, and what runs behind it."""

from __future__ import annotations

import base64
import json
import secrets
import select
import socket
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from pymacaron_testing.emulators.kubernetes import schemas
from pymacaron_testing.emulators.kubernetes.api import Answer, Api, CutOffError, Request
from pymacaron_testing.emulators.kubernetes.containers import Containers, DockerContainers
from pymacaron_testing.emulators.kubernetes.controllers import Controllers
from pymacaron_testing.emulators.kubernetes.faults import Faults
from pymacaron_testing.emulators.kubernetes.kinds import GKE_GROUPS, KINDS, kind
from pymacaron_testing.emulators.kubernetes.state import State
from pymacaron_testing.emulators.kubernetes.wire import Object

__all__ = ["CONTEXT", "Kubernetes"]

CONTEXT = "emulator"
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


class Kubernetes:
    """A running cluster, left by leaving its context.

    `gke` is whether it knows the kinds of GKE, `without` are groups that it does not know at all. `version` is that of
    Kubernetes, the newest whose schemas are installed. `backoff` is the first pause of a container that crashes, in
    seconds. `lag` is how many seconds a pod that is being deleted still gets requests, as balancers learn of it late,
    `delay` after how many seconds, at most, anything happens that a change leads to.
    `calls` are the operations that were asked for so far, such as "patch deployments"; `permissions` are those
    that callers may, and None for all.
    """

    def __init__(
        self,
        *,
        gke: bool = True,
        without: tuple[str, ...] = (),
        version: str = "",
        containers: Containers | None = None,
        backoff: float = 0.5,
        lag: float = 0,
        delay: float = 0,
    ) -> None:
        left_out = {*without, *(() if gke else GKE_GROUPS)}
        kinds = tuple(one for one in KINDS if one.group not in left_out)
        self.state = State()
        self.token = secrets.token_urlsafe(24)
        self._controllers = Controllers(self.state, containers or DockerContainers(), backoff, lag, delay)
        self.api = Api(self.state, kinds, version or schemas.newest(), self.token, self._controllers.logs)
        self._controllers.bind(self.api.operations)
        self._folder = tempfile.TemporaryDirectory(prefix="pymacaron-kubernetes-")
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self.api
        for name in NAMESPACES:
            self.add_namespace(name)
        self._write_kubeconfig()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self._controllers.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.api.is_over = True
        self._server.shutdown()
        self._server.server_close()
        self._controllers.stop()
        self._folder.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def kubeconfig(self) -> Path:
        """The file that leads clients here, by its context `emulator`."""
        return Path(self._folder.name) / "config"

    @property
    def faults(self) -> Faults:
        """What goes wrong on demand."""
        return self.api.faults

    @property
    def calls(self) -> list[str]:
        """What was asked for so far."""
        return self.api.calls

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead deploys here."""
        return {"KUBECONFIG": str(self.kubeconfig)}

    @contextmanager
    def apply(self) -> Iterator[Self]:
        """Set the variables in this process until the block ends."""
        with patch.dict("os.environ", self.environment):
            yield self

    def permit(self, operations: set[str] | None) -> None:
        """Let callers do these operations alone, or everything."""
        self.api.permissions = operations

    def url_of(self, hostname: str) -> str | None:
        """Return the URL at which what an Ingress or an HTTPRoute says of a hostname is served here, or nothing."""
        return self._controllers.addresses.url_of(hostname)

    def url_of_service(self, namespace: str, name: str) -> str | None:
        """Return the URL of a service, or nothing."""
        return self._controllers.addresses.url_of_service(namespace, name)

    def add_namespace(self, name: str) -> None:
        """Create a namespace, with its default service account."""
        from pymacaron_testing.emulators.kubernetes.defaults import fill

        one: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        fill(one)
        with self.state.lock:
            self.state.add(kind("Namespace"), one)
        self._controllers.add_account(name)

    def add_secret(self, namespace: str, name: str, values: Mapping[str, str]) -> None:
        """Add a Secret, whether or not its namespace is there yet."""
        metadata = {"name": name, "namespace": namespace}
        data = {key: base64.b64encode(text.encode()).decode() for key, text in values.items()}
        with self.state.lock:
            self.state.add(kind("Secret"), {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})

    def _write_kubeconfig(self) -> None:
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "clusters": [{"name": CONTEXT, "cluster": {"server": self.url}}],
            "users": [{"name": CONTEXT, "user": {"token": self.token}}],
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        }
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(json.dumps(content))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    api: Api


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Answer one request; a caller who is gone is no error."""
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def _serve(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.title(): value for name, value in self.headers.items()}
        try:
            answer = self.server.api.answer(Request(self.command, self.path, headers, content))
        except CutOffError:
            self.close_connection = True
            return
        except Exception as error:
            traceback.print_exc()
            status: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
            answer = Answer(500, status | {"reason": "InternalError", "code": 500, "message": f"emulator: {error!r}"})
        if isinstance(answer.body, dict):
            self._send(answer, answer.body)
        else:
            self._stream(answer, answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _send(self, answer: Answer, body: Object) -> None:
        content = json.dumps(body).encode()
        self.send_response(answer.code)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, answer: Answer, parts: Iterator[Any]) -> None:
        self.send_response(answer.code)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in parts:
            content = part if isinstance(part, bytes) else json.dumps(part).encode() + b"\n" if part else b""
            if self._is_gone():
                return
            if content:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        self.wfile.write(b"0\r\n\r\n")

    def _is_gone(self) -> bool:
        """Tell whether the caller hung up: a watch without news would not notice."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
        """Log nothing."""
