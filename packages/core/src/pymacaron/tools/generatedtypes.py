"""The files that `pym generate` writes of an API: its models, the signatures of its handlers, and its client."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from pymacaron.client.names import operation_names
from pymacaron.models.pool import ModelPool
from pymacaron.models.source import model_statements
from pymacaron.models.syntax import assigned, call, constant, field, import_as, name, subscript, word
from pymacaron.tools.plaintypes import PlainTypes
from pymacaron.tools.signatures import Handler, arguments, bodiless, camel, function, handlers_of

__all__ = ["client_file", "handlers_file", "models_file"]

_TYPED = "pymacaron.models.typed"
_CALLED = "pymacaron.http.typed"
_RUNTIME = "pymacaron.models.generated"


def models_file(pool: ModelPool) -> list[ast.stmt]:
    """Return the module of the models: to type checkers their classes, to a running program those of its service."""
    return _split(
        f"The models of the API '{pool.name}'.",
        [_as(_TYPED, "_t"), *model_statements(pool.document, pool.planner, pool.names)],
        _runtime("models_of", pool.name),
    )


def handlers_file(pool: ModelPool, models: str, local: dict[str, str]) -> list[ast.stmt]:
    """Return the module of the signatures of an API's handlers, and of the proof that the functions have them.

    `models` is the module of the models; `local` tells of the module of each function that the service brings itself.
    """
    types = _types(pool)
    taken: set[str] = {"Handlers"}
    classes: list[ast.stmt] = []
    properties: dict[str, ast.stmt] = {}
    proofs: list[ast.stmt] = []
    imports = {module: f"_in_{index}" for index, module in enumerate(dict.fromkeys(local.values()), 1)}
    for handler in handlers_of(pool.document.operations):
        kinds = _protocols(handler, types, taken)
        classes += kinds
        told = _either(name(each.name) for each in kinds)
        takes = ast.arguments([ast.arg("self")], [], None, [], [], None, [])
        properties.setdefault(handler.function, function(handler.function, takes, told, bodiless(), [name("property")]))
        if handler.dotted in local and handler.operation.binding.decorate_server is None:
            module = local[handler.dotted]
            proofs.append(field(f"_{len(proofs) + 1}", told, _found(imports[module], module, handler.dotted)))
    api = _class("Handlers", [called("Protocol")], list(properties.values()))
    return _split(
        f"What the handlers of the API '{pool.name}' take and return.",
        [
            _as(_CALLED, "_c"),
            _as(_TYPED, "_t"),
            _as(models, "_m"),
            *(_as(module, own) for module, own in imports.items()),
            *classes,
            api,
            *proofs,
        ],
        [],
    )


def client_file(pool: ModelPool, models: str, *, raising: bool = False) -> list[ast.stmt]:
    """Return the module of an API's client, whose `client` and `aclient` are those of `apipool`.

    `raising` says that the settings have its errors raised, which are returned otherwise.
    """
    types = _types(pool)
    made: list[ast.stmt] = []
    for own, decorator in (
        ("Client", "raising_call" if raising else "client_call"),
        ("AsyncClient", "async_raising_call" if raising else "async_call"),
    ):
        methods: list[ast.stmt] = [
            function(
                method,
                arguments(operation, types, giving=True, receiver=True),
                types.result(operation, giving=False),
                bodiless(),
                [called(decorator)],
            )
            for method, operation in operation_names(pool.document).items()
        ]
        made.append(_class(own, [called("Protocol")], methods))
    told = [field("client", name("Client")), field("aclient", name("AsyncClient"))]
    return _split(
        f"The client of the API '{pool.name}'.",
        [_as(_CALLED, "_c"), _as(_TYPED, "_t"), _as(models, "_m"), *made, *told],
        _runtime("clients_of", pool.name),
    )


def called(own: str) -> ast.expr:
    """Return one of the words of `pymacaron.http.typed`."""
    return ast.Attribute(ast.Name("_c", ast.Load()), own, ast.Load())


def _types(pool: ModelPool) -> PlainTypes:
    return PlainTypes(pool, word, lambda own: ast.Attribute(ast.Name("_m", ast.Load()), own, ast.Load()))


def _protocols(handler: Handler, types: PlainTypes, taken: set[str]) -> list[ast.ClassDef]:
    """Return the class of functions that fit an operation, and that of those that ask for the call too."""
    returns = subscript(called("Answer"), types.result(handler.operation, giving=True))
    found = []
    more: list[tuple[str, ast.expr]] = []
    for suffix in ("", "_with_call"):
        own = camel(f"{handler.function}{suffix}", taken)
        taken.add(own)
        takes = arguments(handler.operation, types, giving=False, receiver=True, more=more)
        method = function("__call__", takes, returns, bodiless(handler.operation.summary))
        found.append(_class(own, [called("Protocol")], [method]))
        more = [("call", called("Call"))]
        if any(each.arg == "call" for each in takes.kwonlyargs):
            break
    return found


def _found(own: str, module: str, dotted: str) -> ast.expr:
    """Return what stands in a module under the rest of a dotted name."""
    found = name(own)
    for part in dotted.removeprefix(f"{module}.").split("."):
        found = ast.Attribute(found, part, ast.Load())
    return found


def _either(types: Iterable[ast.expr]) -> ast.expr:
    first, *others = types
    for other in others:
        first = ast.BinOp(first, ast.BitOr(), other)
    return first


def _class(own: str, bases: list[ast.expr], body: list[ast.stmt]) -> ast.ClassDef:
    made = ast.ClassDef(own, bases, [], body or [ast.Pass()], [])
    made.__dict__.update({"type_params": []} if "type_params" in ast.ClassDef._fields else {})
    return made


def _as(module: str, own: str) -> ast.stmt:
    return ast.Import([ast.alias(module, own)])


def _runtime(find: str, api: str) -> list[ast.stmt]:
    """Return how a running program finds what the module declares."""
    return [import_as(_RUNTIME, {find: None}), assigned("__getattr__", call(name(find), constant(api)))]


def _split(told: str, typed: list[ast.stmt], running: list[ast.stmt]) -> list[ast.stmt]:
    """Return a module that is one thing to type checkers and another to a running program."""
    return [
        ast.Expr(constant(told)),
        import_as("__future__", {"annotations": None}),
        import_as("typing", {"TYPE_CHECKING": None}),
        ast.If(name("TYPE_CHECKING"), typed, running),
    ]
