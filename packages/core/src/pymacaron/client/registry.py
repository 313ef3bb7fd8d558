"""Clients: which APIs the current service calls, and the client of each."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymacaron.client.names import operation_names
from pymacaron.client.options import Options, options_of, url_variable
from pymacaron.documents import SUFFIXES, find_documents
from pymacaron.exceptions import BindingError, ConfigError, ServiceError, SpecError
from pymacaron.spec import Operation
from pymacaron.text import did_you_mean, shown

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.client.asynchronous import AsyncClient
    from pymacaron.client.connections import Connection
    from pymacaron.client.synchronous import Client
    from pymacaron.models.pool import ModelPool
    from pymacaron.service import Service

__all__ = ["ApiClients", "Clients", "load_clients"]

HTTP = ("http://", "https://")


@dataclass(frozen=True)
class ApiClients:
    """The two clients of one API."""

    client: Client
    aclient: AsyncClient


class Clients:
    """The clients of one service: `only` are the APIs that were loaded to be called, and are not served."""

    def __init__(self, service: Service) -> None:
        self._service = weakref.ref(service)
        self._app: weakref.ref[Flask] | None = None
        self._local: set[str] = set()
        self._made: dict[str, tuple[ModelPool, ApiClients]] = {}
        self._open: list[Connection] = []
        self._lock = threading.RLock()
        self.only: set[str] = set()
        weakref.finalize(service, _close, self._open)

    def load(
        self, path: str | os.PathLike[str] | None = None, apis: Iterable[str] | None = None, *, local: bool = False
    ) -> list[ModelPool]:
        """Read the documents of a folder that `apis` names, or all, to call these APIs by `apipool.<api>.client`.

        They are not served, unless `load_apis` reads them too. With `local`, the service itself serves them, and calls
        stay in its process. Raises StartError with all that keeps them from being called.
        """
        if find_spec("httpx2") is None:
            from pymacaron.client.library import httpx

            httpx()
        service = self._owner()
        folder = service.root / (path or service.config.get("apis"))
        if apis is None:
            found = find_documents(folder, service.references)
        else:
            known = {} if path else {name: pool.document.path for name, pool in service.pools.items()}
            found = _named(folder, [apis] if isinstance(apis, str) else apis, known)
        problems: list[str] = []
        pools = []
        for name, document in found.items():
            try:
                pools.append(self._loaded(name, document, local=local))
            except SpecError as error:
                problems += error.problems
        if problems:
            raise SpecError(*problems)
        return pools

    def serve(self, app: Flask) -> None:
        """Take the app that serves the service, for local calls."""
        self._app = weakref.ref(app)

    def of(self, pool: ModelPool) -> ApiClients:
        """Return the clients of an API, made when they are first asked for."""
        found = self._made.get(pool.name)
        if found is None or found[0] is not pool:
            with self._lock:
                found = self._made[pool.name] = (pool, self._clients(pool))
        return found[1]

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        _close(self._open)

    def _loaded(self, name: str, document: Path, *, local: bool) -> ModelPool:
        service = self._owner()
        pool = service.pools.get(name)
        if pool is None:
            pool = service.load_document(name, document, lenient=not local)
            self.only.update(() if local else {name})
        elif pool.document.path != document.absolute():
            raise SpecError(f"{shown(document)}: the API '{name}' was loaded from {shown(pool.document.path)} already")
        if local:
            self._local.add(name)
        self._made.pop(name, None)
        from pymacaron.client.paging import paging_of

        operations = operation_names(pool.document).values()
        for operation in operations:
            paging_of(operation)
            self._decorator(operation)
        options = options_of(name, service.config)
        for operation in operations if not local else ():
            _base(pool, options, operation)
        return pool

    def _clients(self, pool: ModelPool) -> ApiClients:
        from pymacaron.client.asynchronous import AsyncCall, AsyncClient, AsyncConnection
        from pymacaron.client.calls import Prepared, Target
        from pymacaron.client.connections import Connection
        from pymacaron.client.library import httpx
        from pymacaron.client.synchronous import Call, Client

        httpx()
        config = self._owner().config
        options = options_of(pool.name, config)
        transports: tuple[Callable[[], Any] | None, Callable[[], Any] | None] = (None, None)
        local = pool.name in self._local
        if local:
            from pymacaron.client.local import AsyncLocalTransport, LocalTransport

            transports = (lambda: LocalTransport(self._served), lambda: AsyncLocalTransport(self._served))
        target = Target(
            (lambda _: "http://localhost") if local else (lambda operation: _base(pool, options, operation)),
            local=local,
            ignore_base_path=bool(config.get("ignore_base_path")),
        )
        prepared = {
            name: Prepared(name, operation, pool, target, self._decorator(operation))
            for name, operation in operation_names(pool.document).items()
        }
        connection, asynchronous = Connection(transports[0]), AsyncConnection(transports[1])
        self._open.append(connection)
        return ApiClients(
            Client(pool.name, {name: Call(each, connection, options) for name, each in prepared.items()}),
            AsyncClient(pool.name, {name: AsyncCall(each, asynchronous, options) for name, each in prepared.items()}),
        )

    def _decorator(self, operation: Operation) -> Callable[[Any], Any] | None:
        dotted = operation.binding.decorate_request
        if dotted is None:
            return None
        place = f"{operation.place}: {operation.method.upper()} {operation.path}"
        try:
            function = self._owner().import_dotted(dotted)
        except BindingError as error:
            raise BindingError(f"{place} has its requests decorated by '{dotted}', but {error}") from error.__cause__
        if not callable(function):
            raise BindingError(f"{place} has its requests decorated by '{dotted}', which is no function")
        return function  # type: ignore[no-any-return]

    def _owner(self) -> Service:
        service = self._service()
        if service is None:
            raise ServiceError("the service of this client is gone: keep the app that create_app() returns")
        return service

    def _served(self) -> Any:
        app = None if self._app is None else self._app()
        if app is None:
            raise ServiceError(
                f"{self._owner().name} is called in its own process, but its app is not there: call start() before, "
                "and keep the app that create_app() returns"
            )
        return app


def load_clients(
    path: str | os.PathLike[str] | None = None, apis: Iterable[str] | None = None, *, local: bool = False
) -> None:
    """Make the APIs of a folder callable as `apipool.<api>.client` in the current service: see Clients.load."""
    from pymacaron.service import current_service

    current_service().load_clients(path, apis, local=local)


def _base(pool: ModelPool, options: Options, operation: Operation) -> str:
    """Return the URL before the path of an operation; raises ConfigError where nothing tells it."""
    found = options.url or next((url for url in operation.servers if url.startswith(HTTP)), None)
    if found is None:
        setting = f"'clients: {{{pool.name}: {{url: ...}}}}' in pym-config.yaml"
        raise ConfigError(
            f"{operation.place}: nothing tells where the API '{pool.name}' is served: name a server with its host in "
            f"the document, or set {setting} or {url_variable(pool.name)}"
        )
    if "@" in found.partition("://")[2].partition("/")[0]:
        raise ConfigError(f"{operation.place}: the URL of the API '{pool.name}' holds credentials: remove them")
    return found


def _named(folder: Path, names: Iterable[str], known: Mapping[str, Path]) -> dict[str, Path]:
    """Return the documents of some names: those that are known already, else those of a folder."""
    found: dict[str, Path] = {}
    for name in names:
        if name in known:
            found[name] = known[name]
            continue
        candidates = [folder / f"{name}{suffix}" for suffix in sorted(SUFFIXES)]
        existing = [candidate for candidate in candidates if candidate.is_file()]
        if not existing:
            stems = [path.stem for path in folder.glob("*") if path.suffix in SUFFIXES]
            raise ConfigError(f"{shown(folder)} has no document '{name}.yaml'{did_you_mean(name, stems)}")
        found[name] = existing[0]
    return found


def _close(connections: list[Connection]) -> None:
    for connection in connections:
        connection.close()
