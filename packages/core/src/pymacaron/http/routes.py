"""Operations bound to a Flask app: handlers found, routes added, and all that does not fit told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from flask import Flask
from werkzeug.routing import Map, Rule

from pymacaron.exceptions import BindingError, StartError
from pymacaron.http.endpoint import Endpoint
from pymacaron.http.handlers import BoundOperation, bind
from pymacaron.http.names import free
from pymacaron.http.routenames import VARIABLE, endpoint_names, variable_names
from pymacaron.http.security import Guard, Guards
from pymacaron.models.pool import ModelPool
from pymacaron.modules import BrokenModuleError
from pymacaron.spec import DEFAULT_LIMITS, Operation
from pymacaron.text import one_line

if TYPE_CHECKING:
    from pymacaron.http.endpoint import Answer
    from pymacaron.service import Service

__all__ = ["add_routes", "import_for_requests"]

OURS = Path(__file__).parents[1]


def add_routes(app: Flask, service: Service, pools: Iterable[ModelPool]) -> None:
    """Add the routes of every operation of the given APIs; raises StartError with all that keeps them from serving."""
    problems: list[str] = []
    broken = BrokenModules()
    taken: dict[tuple[str, str], Operation] = {}
    ready: list[Callable[[], None]] = []
    guards = Guards(service)
    endpoints = set(app.view_functions)
    for pool in pools:
        own_methods = {(operation.path, operation.method.upper()) for operation in pool.document.operations}
        names = endpoint_names(pool.name, pool.document, endpoints)
        endpoints.update(names.values())
        for operation in pool.document.operations:
            if operation.binding.skipped:
                continue
            unverified = guards.unverified(pool.document, operation)
            problems += [*unbound(operation), *unverified, *collisions(operation, service, taken)]
            try:
                if operation.binding.server and not broken.counts(operation.binding.server):
                    bound, rules = bind(service, pool.name, operation), _rules(operation, service, own_methods)
                    guard = None if unverified else guards.guard(pool.document, operation, bound.handler)
                    endpoint = names[operation.method, operation.path]
                    ready.append(partial(_add, app, service, pool, bound, guard, rules, endpoint))
            except BrokenModuleError as error:
                broken.add(error)
            except BindingError as error:
                problems += error.problems
    problems += broken.problems()
    if problems:
        raise StartError(*problems) from broken.cause
    for add in ready:
        add()


class BrokenModules:
    """Modules that raise as they are imported: each is told once, however many operations it keeps from serving."""

    def __init__(self) -> None:
        self.cause: BaseException | None = None
        self._found: dict[str, tuple[BrokenModuleError, int]] = {}

    def add(self, error: BrokenModuleError) -> None:
        """Keep the error of a module that was tried for the first time."""
        self.cause = self.cause or error.__cause__
        self._found[error.module] = (error, 0)

    def counts(self, dotted: str) -> bool:
        """Return whether a handler is of a module that is known to be broken, and count it."""
        for module, (error, others) in self._found.items():
            if dotted.startswith(f"{module}."):
                self._found[module] = (error, others + 1)
                return True
        return False

    def problems(self) -> list[str]:
        """Return a sentence for each module."""
        return [f"{error}{f' (and {others} more)' if others else ''}" for error, others in self._found.values()]


def unbound(operation: Operation) -> list[str]:
    """Return a sentence for an operation that names no function."""
    if operation.binding.server:
        return []
    return [
        f"{operation.place}: {operation.method.upper()} {operation.path} is bound to no function: "
        "write 'x-bind-server: module.function' below it, or 'x-no-bind-server: true'"
    ]


def collisions(operation: Operation, service: Service, taken: dict[tuple[str, str], Operation]) -> list[str]:
    """Return a sentence for each route of an operation that another operation has already."""
    found = []
    for path in operation.full_paths(ignore_base_path=service.config.ignore_base_path):
        key = (operation.method, VARIABLE.sub("{}", path))
        if other := taken.get(key):
            ours = other.place.file.is_relative_to(OURS) or operation.place.file.is_relative_to(OURS)
            step = "write 'plugins: {disable: [pymacaron.apis.plugin]}'" if ours else "remove one of the two operations"
            found.append(
                f"{operation.place}: {operation.method.upper()} {path} is served by {other.place} already: {step}"
            )
        taken.setdefault(key, operation)
    return found


def _rules(operation: Operation, service: Service, own_methods: set[tuple[str, str]]) -> list[OperationRule]:
    """Return the routing rules of an operation, with HEAD beside GET, and OPTIONS, unless the document has its own."""
    method = operation.method.upper()
    implied = {"OPTIONS"} | ({"HEAD"} if method == "GET" else set())
    methods = {method} | {name for name in implied if (operation.path, name) not in own_methods}
    rules: list[OperationRule] = []
    for path in operation.full_paths(ignore_base_path=service.config.ignore_base_path):
        rule = OperationRule(_pattern(path, operation), methods=methods, merge_slashes=False)
        try:
            rule.empty().bind(Map(), rebind=True)
        except (ValueError, SyntaxError) as error:
            raise BindingError(f"{operation.place}: the path {path} cannot be routed: {one_line(error)}") from None
        rule.methods = methods
        rule.provide_automatic_options = method != "OPTIONS"  # type: ignore[attr-defined]
        rules.append(rule)
    return rules


class OperationRule(Rule):
    """The routing rule of an operation, which knows what its bodies may hold, and whether they are kept in memory.

    It compiles its builders of URLs when url_for first needs one: most never do.
    """

    limits = DEFAULT_LIMITS
    keeps_body = False

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = cache(super()._compile_builder)
        return lambda rule, **values: compiled(append_unknown)(rule, **values)


def _add(
    app: Flask,
    service: Service,
    pool: ModelPool,
    bound: BoundOperation,
    guard: Guard | None,
    rules: Iterable[OperationRule],
    endpoint: str,
) -> None:
    operation = bound.operation
    for rule in rules:
        rule.endpoint = endpoint
        rule.limits = operation.limits
        rule.keeps_body = bool(operation.form_media_types) or (operation.body is not None and not bound.body_as_file)
        app.url_map.add(rule)
    app.view_functions[endpoint] = Endpoint(service, bound, partial(_prepared, service, pool, bound, guard))


def _prepared(service: Service, pool: ModelPool, bound: BoundOperation, guard: Guard | None) -> Answer:
    """Compile the plan of an operation; its imports wait for the first request."""
    from pymacaron.http.dispatch import answer
    from pymacaron.http.plan import compile_plan

    return partial(answer, compile_plan(bound, guard, pool, variable_names(bound.operation)), service)


def import_for_requests() -> None:
    """Import what the first request would: before a server forks, so that its workers share it."""
    import pymacaron.http.dispatch
    import pymacaron.http.plan
    import pymacaron.models.maker  # noqa: F401


def _pattern(path: str, operation: Operation) -> str:
    """Return a path template in werkzeug's words; a parameter never spans a slash (OpenAPI 3.1, section 4.8.8.1)."""
    variables = variable_names(operation)
    for name in VARIABLE.findall(path):
        if name not in variables:
            variables[name] = free("base", set(variables.values()))
    parts = VARIABLE.split(path)
    return "".join(
        f"<{variables[part]}>" if index % 2 else _static(part, operation) for index, part in enumerate(parts)
    )


def _static(text: str, operation: Operation) -> str:
    """Return the text between variables as the router sees it, which is decoded (RFC 3986, section 2.1)."""
    decoded = unquote(text)
    if "<" in decoded or ">" in decoded:
        raise BindingError(f"{operation.place}: the path {operation.path} cannot be routed: take out '<' and '>'")
    return decoded
