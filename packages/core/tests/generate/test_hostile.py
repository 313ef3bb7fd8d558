"""Whatever a document is called inside, what is generated of it is valid Python that does nothing."""

from __future__ import annotations
import __future__

import ast
import builtins
import json
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from pymacaron.exceptions import SpecError
from pymacaron.http import typed as called
from pymacaron.models import ModelPool, typed
from pymacaron.models.source import model_statements
from pymacaron.models.syntax import module_text
from pymacaron.spec import load_document
from pymacaron.tools.files import generated_text
from pymacaron.tools.generatedtypes import client_file, handlers_file, models_file
from pymacaron.tools.signatures import handlers_of
from pymacaron.tools.stubs import with_stubs

ODD = [
    "canary()",
    "'+canary()+'",
    '"""\ncanary()\n"""',
    "'''\ncanary()\n'''",
    "\\",
    "\\'",
    "\n",
    "\r",
    "\x00",
    "\ud800",
    "\u202e",
    "{canary()}",
    "%s",
    "# canary()",
    "=canary()",
    "x: canary()",
    "__class__",
    "__init__",
    "__debug__",
    "__getattr__",
    "__x",
    "_x",
    "None",
    "class",
    "import",
    "match",
    "type",
    "ﬁsh",
    "fish",
    "\u212aelvin",
    "Kelvin",
    "\u0430",
    "ª",
    "x" * 10_000,
    "_t",
    "_m",
    "_in_1",
    "_Part_1",
    "self",
    "body",
    "call",
    "Any",
    "str",
    "list",
    "property",
    "canary",
    "TYPE_CHECKING",
    "annotations",
    "model_config",
    "model_fields",
    "root",
    "copy",
    "Handlers",
    "Client",
    "client",
    "",
    " ",
    "1",
    "a/b~c%d",
    "PymacaronBaseModel",
]
NAMES = st.sampled_from(ODD) | st.text(max_size=8)
DATA = st.recursive(
    NAMES | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=3,
)
WORDS = {"_t": {*typed.__all__}, "_c": {*called.__all__}}


def schemas(names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Make schemas that refer to each other by any of the names."""
    escaped = names.map(lambda name: name.replace("~", "~0").replace("/", "~1").replace("%", "%25"))
    leaves = st.one_of(
        st.fixed_dictionaries({"enum": st.lists(DATA, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"type": st.just("string"), "default": NAMES, "description": NAMES}),
        st.fixed_dictionaries({"type": st.just("string"), "pattern": NAMES, "format": NAMES}),
        st.fixed_dictionaries({"type": st.sampled_from(["integer", "number", "boolean", "null"]), "default": DATA}),
        st.fixed_dictionaries({"$ref": escaped.map(lambda name: f"#/components/schemas/{name}")}),
    )

    def compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(
            st.fixed_dictionaries(
                {
                    "type": st.just("object"),
                    "title": NAMES,
                    "properties": st.dictionaries(NAMES, inner, max_size=4),
                    "required": st.lists(NAMES, max_size=2),
                    "additionalProperties": inner | st.booleans(),
                }
            ),
            st.fixed_dictionaries({"type": st.just("array"), "items": inner, "default": DATA}),
            st.fixed_dictionaries({"items": inner}),
            st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries(
                {"oneOf": st.lists(inner, min_size=1, max_size=3), "discriminator": st.just({"propertyName": "type"})}
            ),
        )

    return st.recursive(leaves, compound, max_leaves=5)


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    schema = schemas(st.sampled_from(names))
    content = {"application/json": {"schema": draw(schema)}}
    parameters = draw(st.lists(NAMES, max_size=3, unique=True))
    function = draw(st.sampled_from([name for name in ODD if name.isidentifier()]))
    operation = {
        "operationId": draw(NAMES),
        "summary": draw(NAMES),
        "x-bind-server": f"handlers.{function}",
        "parameters": [{"name": name, "in": "query", "schema": draw(schema)} for name in parameters],
        "requestBody": {"content": content},
        "responses": {"200": {"description": draw(NAMES), "content": content}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": draw(NAMES), "version": draw(NAMES)},
        "paths": {"/a": {"post": operation}},
        "components": {"schemas": {name: draw(schema) for name in names}},
    }


def pool_of(document: dict[str, Any]) -> ModelPool | None:
    """Return the models of a document, None where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "any.json")
        file.write_text(json.dumps(document), encoding="utf-8")
        try:
            pool = ModelPool(load_document(file))
            assert pool.names
        except SpecError:
            return None
        return pool


def texts(pool: ModelPool) -> Iterator[str]:
    handlers = handlers_of(pool.document.operations)
    local = {handler.dotted: "handlers" for handler in handlers}
    for statements in (
        models_file(pool),
        handlers_file(pool, "apis.any_models", local),
        client_file(pool, "apis.any_models"),
    ):
        yield generated_text(statements)
    yield (
        with_stubs(Path("/nowhere/handlers.py"), "handlers", [(each, pool, "apis.any_models") for each in handlers])
        or ""
    )


def foreign(tree: ast.AST) -> Iterator[str]:
    """Yield every call and import that is none of the generator's own."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=word)) if word in WORDS.get(module, ()):
                pass
            case ast.Call(func=ast.Name(id="models_of" | "clients_of")):
                pass
            case ast.Call():
                yield ast.unparse(node)
            case ast.Import(names=names) if {each.name for each in names} <= {
                "pymacaron.models.typed",
                "pymacaron.http.typed",
                "apis.any_models",
                "handlers",
            }:
                pass
            case ast.ImportFrom(module=module) if module in {
                "__future__",
                "typing",
                "datetime",
                "uuid",
                "ipaddress",
                "pymacaron.models.generated",
                "apis.any_models",
            }:
                pass
            case ast.Import() | ast.ImportFrom() | ast.Lambda() | ast.JoinedStr() | ast.Global() | ast.Delete():
                yield ast.unparse(node)


def run(text: str, namespace: dict[str, Any]) -> None:
    """Execute a text where nothing can be called by name but what it is given."""
    code = compile(text, "generated", "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True)
    exec(code, namespace)


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sung: list[str] = []
    monkeypatch.setattr(builtins, "canary", lambda *_: sung.append("ran"), raising=False)
    return sung


@settings(
    deadline=None,
    max_examples=150,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(document=documents())
def test_whatever_a_document_holds_its_files_are_valid_and_do_nothing(
    canary: list[str], document: dict[str, Any]
) -> None:
    pool = pool_of(document)
    assume(pool is not None)
    assert pool is not None
    found = list(texts(pool))
    for text in found:
        tree = ast.parse(text)
        assert list(foreign(tree)) == []
        assert "\x00" not in text
        text.encode("utf-8")
    allowed = {"typing", "__future__", "pymacaron.models.generated"}

    def importing(name: str, *arguments: Any) -> Any:
        assert name in allowed
        return __import__(name, *arguments)

    for text in found[:3]:
        run(text, {"__builtins__": {"__import__": importing}, "__name__": "generated"})
    typed_branch(pool)
    assert canary == []


def typed_branch(pool: ModelPool) -> None:
    """Execute the classes too, which a running program never does."""
    module = types.ModuleType("hostile_models")
    module.__dict__["_t"] = typed
    sys.modules[module.__name__] = module
    try:
        run(module_text(model_statements(pool.document, pool.planner, pool.names)), module.__dict__)
    finally:
        del sys.modules[module.__name__]


def nested(levels: int, wrap: Callable[[Any], Any]) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(levels):
        schema = wrap(schema)
    return schema


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: {"type": "array", "items": inner},
        lambda inner: {"items": inner},
        lambda inner: {"anyOf": [{"type": "array", "items": inner}, {"type": "object"}]},
        lambda inner: {"anyOf": [{"items": inner, "type": "array"}, {"items": {}, "minItems": 2, "type": "array"}]},
    ],
    ids=["arrays", "arrays without a type", "unions by type", "unions by branch"],
)
def test_what_is_nested_deeply_stays_short_and_valid(wrap: Callable[[Any], Any]) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Deep", "version": "1"},
        "paths": {},
        "components": {"schemas": {"Deep": nested(45, wrap)}},
    }
    pool = pool_of(document)
    assert pool is not None
    text = generated_text(models_file(pool))
    compile(text, "generated", "exec")
    assert len(text) < 40_000
