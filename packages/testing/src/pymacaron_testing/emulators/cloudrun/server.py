"""The emulator itself: an HTTP server on 127.0.0.1 that Google's libraries call as they call Google Cloud."""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote, urlsplit

from pymacaron_testing.emulators.cloudrun.containers import Containers, DockerContainers
from pymacaron_testing.emulators.cloudrun.faults import Fault, Faults
from pymacaron_testing.emulators.cloudrun.identity import Identities, claims_of
from pymacaron_testing.emulators.cloudrun.life import Life
from pymacaron_testing.emulators.cloudrun.project import ProjectOperations
from pymacaron_testing.emulators.cloudrun.services import ServiceOperations
from pymacaron_testing.emulators.cloudrun.state import Project, State
from pymacaron_testing.emulators.cloudrun.tasks import JobOperations, PoolOperations
from pymacaron_testing.emulators.cloudrun.wire import Refusal, error_body

__all__ = ["CloudRun"]

Operation = Callable[[str, dict[str, str], dict[str, Any]], dict[str, Any]]
PLACE = r"projects/[^/:]+/locations/[^/:]+"


@dataclass(frozen=True)
class _Route:
    """A method and a path, whose first group is the name of the resource.

    The permission begins with the name of its API; it is empty for the question which ones the caller has, which is
    one of the API `of`.
    """

    method: str
    path: str
    operation: Operation
    permission: str
    of: str = ""

    @property
    def api(self) -> str:
        """The API that has to be enabled, "" for that which tells which are."""
        name = self.of or self.permission.partition(".")[0]
        return "" if name == "serviceusage" else f"{name}.googleapis.com"


class CloudRun:
    """A running emulator, left by leaving its context.

    `delay` is the seconds that each change takes, `patience` those until a container must be ready. `calls` are the
    permissions that were asked for so far, such as "run.services.create", one for each call.

    Calls carry an access token, which `/token` gives to anybody; `expire` ends the one that was given, and with
    `revoked` there is no other. Identity tokens come from there as well, to the service account of an assertion that
    nobody checks; `identities` has those that were given.
    """

    def __init__(
        self,
        project: str = "rehearsal",
        region: str = "europe-west1",
        *,
        containers: Containers | None = None,
        delay: float = 0.05,
        patience: float = 30,
    ) -> None:
        self.state = State(project, region)
        self.faults: Faults[Fault] = Faults()
        self.calls: list[str] = []
        self.revoked = False
        self.token = secrets.token_urlsafe(32)
        self._life = Life(self.state, containers or DockerContainers(), delay, patience)
        self._routes = list(_routes(self.state, self._life))
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.answer = self._answer

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._life.end()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def project(self) -> Project:
        """What exists around Cloud Run."""
        return self.state.project

    @property
    def identities(self) -> Identities:
        """The identity tokens that are given."""
        return self.state.identities

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead deploys here."""
        return {"PYM_GCP_ENDPOINT": self.url}

    def expire(self) -> None:
        """Accept the token no more that was given so far."""
        self.token = secrets.token_urlsafe(32)

    @contextmanager
    def apply(self) -> Iterator[Self]:
        """Set the variables in this process until the block ends."""
        with patch.dict("os.environ", self.environment):
            yield self

    def _answer(self, method: str, target: str, content: bytes, authorization: str) -> tuple[int, bytes]:
        try:
            if target == "/token":
                return self._give_token(dict(parse_qsl(content.decode())).get("assertion"))
            if authorization != f"Bearer {self.token}":
                raise Refusal(401, "Request had invalid authentication credentials.")
            return 200, json.dumps(self._handle(method, target, content)).encode()
        except Refusal as refusal:
            return refusal.status, error_body(refusal)
        except Exception as error:
            traceback.print_exc()
            return 500, error_body(Refusal(500, f"the emulator failed: {error!r}"))

    def _give_token(self, assertion: str | None) -> tuple[int, bytes]:
        wanted = claims_of(assertion) if assertion else {}
        audience = wanted.get("target_audience")
        if self.revoked or (audience and not self.identities.seconds):
            return 400, json.dumps({"error": "invalid_grant", "error_description": "Token was revoked."}).encode()
        if audience:
            return 200, json.dumps({"id_token": self.identities.issue(wanted["iss"], audience)}).encode()
        return 200, json.dumps({"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"}).encode()

    def _handle(self, method: str, target: str, content: bytes) -> dict[str, Any]:
        parts = urlsplit(target)
        route, name = self._route(method, unquote(parts.path))
        self.calls.append(route.permission)
        self._check_api(route.api)
        granted = self.state.project.permissions
        if granted is not None and route.permission and route.permission not in granted:
            raise Refusal(403, f"Permission '{route.permission}' denied on resource '{name}' (or it may not exist).")
        fault = self.faults.next(route.permission)
        if fault is not None and fault.status and not fault.done:
            raise Refusal(fault.status, fault.message)
        with self.state.lock:
            reply = route.operation(name, dict(parse_qsl(parts.query)), json.loads(content or b"{}"))
            if "metadata" in reply:
                self.state.operations[reply["name"]] = reply
        _lose(fault)
        return reply

    def _check_api(self, api: str) -> None:
        if api and api not in self.state.project.apis:
            raise Refusal(
                403, f"{api} has not been used in this project before or it is disabled.", reason="SERVICE_DISABLED"
            )

    def _route(self, method: str, path: str) -> tuple[_Route, str]:
        for route in self._routes:
            if route.method == method and (found := re.fullmatch(route.path, path)):
                return route, found[1]
        raise Refusal(404, f"{method} {path} is not emulated")


def _lose(fault: Fault | None) -> None:
    """Hold back an answer, or lose it."""
    if fault is not None:
        time.sleep(fault.hang)
        if fault.status:
            raise Refusal(fault.status, fault.message)


def _routes(state: State, life: Life) -> Iterator[_Route]:
    yield from _resources("services", "run.services", ServiceOperations(state, life))
    yield from _resources("workerPools", "run.workerpools", PoolOperations(state, life))
    yield from _resources("jobs", "run.jobs", JobOperations(state, life))
    services, jobs = ServiceOperations(state, life), JobOperations(state, life)
    service, job = rf"/v2/({PLACE}/services/[^/:]+", rf"/v2/({PLACE}/jobs/[^/:]+"
    yield _Route("GET", rf"{service}):getIamPolicy", services.get_policy, "run.services.getIamPolicy")
    yield _Route("POST", rf"{service}):setIamPolicy", services.set_policy, "run.services.setIamPolicy")
    yield _Route("POST", rf"{service}):testIamPermissions", services.test_permissions, "", "run")
    yield _Route("GET", rf"{service})/revisions", services.list_revisions, "run.revisions.list")
    yield _Route("GET", rf"{service}/revisions/[^/:]+)", services.get_revision, "run.revisions.get")
    yield _Route("DELETE", rf"{service}/revisions/[^/:]+)", services.delete_revision, "run.revisions.delete")
    yield _Route("POST", rf"{job}):run", jobs.run, "run.jobs.run")
    yield _Route("GET", rf"{job})/executions", jobs.list_executions, "run.executions.list")
    yield _Route("GET", rf"{job}/executions/[^/:]+)", jobs.get_execution, "run.executions.get")
    yield _Route(
        "GET",
        rf"/v2/({PLACE}/operations/[^/:]+)",
        lambda name, query, body: _operation(state, name),
        "run.operations.get",
    )
    yield from _around(ProjectOperations(state, life))


def _resources(collection: str, permission: str, operations: Any) -> Iterator[_Route]:
    yield _Route("POST", rf"/v2/({PLACE})/{collection}", operations.create, f"{permission}.create")
    name = rf"/v2/({PLACE}/{collection}/[^/:]+)"
    yield _Route("GET", name, operations.get, f"{permission}.get")
    yield _Route("PATCH", name, operations.update, f"{permission}.update")
    yield _Route("DELETE", name, operations.delete, f"{permission}.delete")
    if hasattr(operations, "list"):
        yield _Route("GET", rf"/v2/({PLACE})/{collection}", operations.list, f"{permission}.list")


def _around(project: ProjectOperations) -> Iterator[_Route]:
    version = r"/v1/(projects/[^/:]+/secrets/[^/:]+/versions/[^/:]+)"
    registry = "artifactregistry.repositories"
    yield _Route("GET", version, project.get_version, "secretmanager.versions.get")
    yield _Route("POST", "/v2/(entries):list", project.list_entries, "logging.logEntries.list")
    yield _Route("GET", rf"/v1/({PLACE}/repositories/[^/:]+)", project.get_repository, f"{registry}.get")
    yield _Route("POST", rf"/v1/({PLACE})/repositories", project.create_repository, f"{registry}.create")
    api, accounts = r"/v1/(projects/[^/:]+/services/[^/:]+)", r"/v1/(projects/[^/:]+"
    yield _Route("GET", api, project.get_api, "serviceusage.services.get")
    yield _Route("POST", rf"{api}:enable", project.enable_api, "serviceusage.services.enable")
    yield _Route("GET", rf"{accounts}/serviceAccounts/[^/:]+)", project.get_account, "iam.serviceAccounts.get")
    yield _Route("POST", rf"{accounts})/serviceAccounts", project.create_account, "iam.serviceAccounts.create")
    yield _Route(
        "POST", r"/v3/(projects/[^/:]+):testIamPermissions", project.test_permissions, "", "cloudresourcemanager"
    )


def _operation(state: State, name: str) -> dict[str, Any]:
    """Show an operation: it is done when its resource has settled."""
    if name not in state.operations:
        raise Refusal(404, f"Operation '{name}' not found.")
    operation = state.operations[name]
    resource = state.resources.get(operation["metadata"].get("name", ""))
    return operation if resource is not None and resource.reconciling else operation | {"done": True}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    answer: Callable[[str, str, bytes, str], tuple[int, bytes]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, body = self.server.answer(self.command, self.path, content, self.headers.get("Authorization", ""))
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
        """Log nothing."""
