"""Service: the one object that owns configuration, plugins and APIs; and which service is the current one."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pymacaron.client.registry import Clients
from pymacaron.config import Config, load_config, plugin_settings, read_config_file
from pymacaron.exceptions import BindingError, NotReadyError, ServiceError, SpecError
from pymacaron.modules import Modules
from pymacaron.plugins.collect import Hooks
from pymacaron.plugins.manager import PluginManager
from pymacaron.spec.references import References

if TYPE_CHECKING:
    from pymacaron.models.pool import ModelPool
    from pymacaron.report.desk import Desk, Reporter
    from pymacaron.report.prometheus import Metrics

__all__ = ["Service", "adopt", "current_service", "open_services"]

Result = TypeVar("Result")
ErrorDecorator = Callable[[dict[str, Any]], dict[str, Any] | None]

log = logging.getLogger(__name__)

_entered: ContextVar[tuple[Service, ...]] = ContextVar("pymacaron_service", default=())
_making: ContextVar[bool] = ContextVar("pymacaron_service_making", default=False)
_open: weakref.WeakSet[Service] = weakref.WeakSet()
_lock = threading.RLock()
_every: weakref.WeakSet[Service] = weakref.WeakSet()


def _be_another_process() -> None:
    for service in _every:
        service.started = False


os.register_at_fork(after_in_child=_be_another_process)


class Service:
    """A folder with pym-config.yaml, its plugins and its APIs.

    Raises ConfigError for what is wrong in pym-config.yaml, and ServiceError where another open service of this process
    owns a module of the same name. `with service:` makes it the current service of the running thread or task.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] = ".",
        *,
        env: str | None = None,
        secrets: Literal["required", "ignored"] = "required",
    ) -> None:
        self.root = Path(root).resolve()
        self.env = env
        self.closing: list[Callable[[], object]] = []
        file = read_config_file(self.root, env)
        self._modules = Modules(self.root)
        self._modules.claim()
        self._release = weakref.finalize(self, self._modules.release)
        self._release.atexit = False
        making = _making.set(True)
        try:
            self.plugins = PluginManager(plugin_settings(file))
            self.hooks = Hooks(self.plugins)
            self.config: Config = load_config(file, self.hooks.config_sections(), secrets=secrets)
        except BaseException:
            self.close()
            raise
        finally:
            _making.reset(making)
        folders: dict[str, str] = self.config.get("schema_folders") or {}
        self.references = References(self.root, {url: self.root / folder for url, folder in folders.items()})
        self.pools: dict[str, ModelPool] = {}
        self.clients = Clients(self)
        self.closing.append(self.clients.close)
        self.load_clients = self.clients.load
        self.served: dict[str, Literal["own", "plugin"]] = {}
        self.publishing: tuple[str, Sequence[str] | None] | None = None
        self._starting = threading.RLock()
        self.started = False
        """Whether the start-up functions ran in this very process."""
        _every.add(self)
        self._failure: Exception | None = None
        self._startup: list[Callable[[], object]] = []
        self._shutdown: list[Callable[[], object]] = []
        self.ping_hooks: list[Callable[[], object]] = []
        self.ready_checks: list[Callable[[], str | None]] = []  # each gives a sentence where requests are not wanted
        self.error_reporter: Reporter | None = None
        self.error_decorator: ErrorDecorator | None = None
        self.error_callback: Callable[[Exception], Any] | None = None
        self.metrics: Metrics | None = None
        self._desk: Desk | None = None
        _open.add(self)

    def __repr__(self) -> str:
        return f"<Service {self.name} in {self.root}>"

    def __enter__(self) -> Service:
        _entered.set((*_entered.get(), self))
        return self

    def __exit__(self, *exception: object) -> None:
        _entered.set(_entered.get()[:-1])

    def close(self) -> None:
        """Give up the folder's module names and stop being a candidate for the current service; reports go out."""
        for close in self.closing:
            close()
        self.flush_reports()
        _open.discard(self)
        self._release()

    @property
    def reports(self) -> Desk:
        """Where reports are submitted, in this very process."""
        if self._desk is None or self._desk.pid != os.getpid():
            from pymacaron.report.desk import Desk

            self._desk = Desk(self)
        return self._desk

    def flush_reports(self, seconds: float = 3.0) -> bool:
        """Deliver the reports that wait, within some seconds; returns whether that was done."""
        desk = self.__dict__.get("_desk")
        return desk is None or desk.pid != os.getpid() or desk.flush(seconds)

    @property
    def name(self) -> str:
        """The `name` of pym-config.yaml."""
        return str(self.config.name)

    @cached_property
    def version(self) -> str:
        """PYM_VERSION where it is set, else <date>-<time>-<commits>-<sha> of the last commit, else "unknown"."""
        if version := os.environ.get("PYM_VERSION"):
            return version
        from pymacaron.outside import git

        commit = git(self.root, "log", "-1", "--format=%cd-%h", "--date=format:%y%m%d-%H%M", "--abbrev=6")
        commits = git(self.root, "rev-list", "--count", "HEAD")
        if not commit or not commits:
            return "unknown"
        moment, _, sha = commit.rpartition("-")
        return f"{moment}-{commits}-{sha}"

    def import_dotted(self, dotted: str) -> Any:
        """Return what a dotted name means to this service; raises BindingError with half a sentence."""
        return self._modules.import_dotted(dotted)

    def load_document(
        self, name: str, path: str | os.PathLike[str], *, strict: bool = False, lenient: bool = False
    ) -> ModelPool:
        """Read one OpenAPI document and make its models reachable as `apipool.<name>`.

        With `lenient`, undeclared properties are taken whatever `strict_properties` says. Raises SpecError for its
        errors and, with `strict`, for what is a warning otherwise.
        """
        from pymacaron.models.pool import ModelPool
        from pymacaron.spec import load_document

        self.clients.only.discard(name)
        location = Path(path).absolute()
        inside = location.is_relative_to(self.root)
        document = load_document(location, name=name, references=self.references if inside else None)
        problems = list(document.problems)
        if document.defaults:
            from pymacaron.models.defaults import wrong_defaults

            problems += wrong_defaults(document)
        if strict and problems:
            raise SpecError(*map(str, problems))
        for problem in problems:
            log.warning("%s", problem)
        self.pools[name] = ModelPool(
            document,
            self.import_dotted,
            responses=self.config.get("validate_responses") or "strict",
            strict_properties=not lenient and bool(self.config.get("strict_properties")),
            clients=self.clients.of,
        )
        return self.pools[name]

    def load_apis(
        self, path: str | os.PathLike[str], ignore: Iterable[str] = (), *, strict: bool = False, lenient: bool = False
    ) -> list[ModelPool]:
        """Read every document of a folder, except those named in `ignore`; an API has the name of its file's stem.

        Raises SpecError with the problems of all documents, with `strict` their warnings too, or ConfigError where
        there is no document at all.
        """
        from pymacaron.documents import find_documents

        found = find_documents(self.root / path, self.references, set(ignore))
        problems: list[str] = []
        pools = []
        for name, document in found.items():
            try:
                pools.append(self.load_document(name, document, strict=strict, lenient=lenient))
            except SpecError as error:
                problems += error.problems
        if problems:
            raise SpecError(*problems)
        return pools

    def on_startup(self, function: Callable[[], Result]) -> Callable[[], Result]:
        """Call a function in every process that serves, before its first request; usable as a decorator."""
        self._startup.append(function)
        return function

    def on_shutdown(self, function: Callable[[], Result]) -> Callable[[], Result]:
        """Call a function in every process that served, as it stops; usable as a decorator."""
        self._shutdown.append(function)
        return function

    def start(self) -> None:
        """Run the start-up functions, once in each process, and see to it that `stop()` runs as the process ends.

        What they raise is raised, and NotReadyError by every further call: such a process never serves.
        """
        with self._starting:
            if self.started:
                return
            if self._failure is not None:
                raise NotReadyError(f"{self.name} did not start: its log tells why") from self._failure
            try:
                for function in [*self._named("startup"), *self._startup]:
                    self.run(function)
            except Exception as error:
                self._failure = error
                raise
            self.started = True
            atexit.register(_stop_at_exit, weakref.ref(self))

    def check_functions(self) -> None:
        """Raise BindingError where `startup` or `shutdown` names a function that cannot be found."""
        for key in ("startup", "shutdown"):
            self._named(key)

    def _named(self, key: str) -> list[Callable[[], object]]:
        """Return the functions that a setting names."""
        functions = []
        for index, dotted in enumerate(self.config.get(key) or []):
            try:
                functions.append(self.import_dotted(dotted))
            except BindingError as error:
                place = self.config.config_file.place(key, str(index))
                raise BindingError(f"{place}: {key} names '{dotted}', but {error}") from error.__cause__
        return functions

    def stop(self) -> None:
        """Run the shutdown functions, last registered first, in a process that was started."""
        if not self.started:
            return
        self.started = False
        try:
            for function in reversed([*self._named("shutdown"), *self._shutdown]):
                self.run(function)
        finally:
            self.clients.close()
            self.flush_reports()

    def run(self, function: Callable[..., Result], *arguments: Any, **keywords: Any) -> Result:
        """Call a function with this service as the current one: what a new thread of several services needs."""
        with self:
            return function(*arguments, **keywords)


def open_services() -> list[Service]:
    """Return the services of this process that are not closed."""
    return list(_open)


def current_service() -> Service:
    """Return the service that the running code belongs to.

    That is, in this order: the one of the nearest `with service:`; the one of the Flask app whose context is active;
    the only open one of the process, which is what a new thread sees. Where there is none yet, one is made of the
    current folder. Raises ServiceError where several are open and none of them was chosen.
    """
    entered = _entered.get()
    service = entered[-1] if entered else _of_flask()
    if service is not None:
        return service
    if len(_open) > 1:
        gc.collect()
    with _lock:
        living = list(_open)
        if not living:
            return _implicit_service()
    if len(living) > 1:
        names = " and ".join(sorted(repr(service) for service in living))
        raise ServiceError(f"this code belongs to none of {names}: run it under 'with service:' or by service.run()")
    return living[0]


_implicit: Service | None = None


def _implicit_service() -> Service:
    global _implicit
    if _making.get():
        raise ServiceError("get_config() was called while its service is being made: call it inside functions")
    _implicit = Service()
    return _implicit


def adopt(root: Path, env: str | None) -> Service:
    """Return the service of a folder for an app: the one that `get_config()` made before, or a new one."""
    global _implicit
    with _lock:
        made, _implicit = _implicit, None
        if made is None:
            return Service(root, env=env)
        if made.root == root.resolve() and made.env == env:
            return made
        if made.root == root.resolve():
            raise ServiceError(
                f"get_config() was called before the service was told to use --env {env}: "
                "call it inside functions, not while modules are imported"
            )
        made.close()
        return Service(root, env=env)


def _stop_at_exit(reference: weakref.ref[Service]) -> None:
    service = reference()
    if service is not None:
        service.stop()


def _of_flask() -> Service | None:
    flask = sys.modules.get("flask")
    if flask is None or not flask.has_app_context():
        return None
    service: Service | None = flask.current_app.extensions.get("pymacaron")
    return service
