"""Real documents, and whatever hypothesis thinks of: every model builds, and reads back what it wrote."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pymacaron.models import ModelPool, PymacaronBaseModel
from pymacaron.spec import load_document

REPOSITORY = Path(__file__).resolve().parents[4]
CONFORMANCE = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance")
SECONDS = 10


@pytest.mark.parametrize("name", ["github", "telegram"])
def test_every_model_of_a_large_document_builds(name: str) -> None:
    file = CONFORMANCE / "openapi" / "large" / f"{name}.json"
    if not file.exists():
        pytest.skip("no conformance data: set PYM_CONFORMANCE_DIR to its folder")
    models = ModelPool(load_document(file))
    started = time.process_time()
    for component in models.model_names():
        model = models.get_model(component)
        model.model_rebuild()
        assert issubclass(model, PymacaronBaseModel)
        assert model.__pydantic_complete__
    assert time.process_time() - started < SECONDS


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
SCALARS: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "text": ({"type": "string"}, st.text(st.characters(exclude_categories=["Cs"]))),
    "integer": ({"type": "integer"}, st.integers()),
    "number": ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False)),
    "truth": ({"type": "boolean"}, st.booleans()),
    "day": ({"type": "string", "format": "date"}, st.dates()),
    "moment": ({"type": "string", "format": "date-time"}, st.datetimes(timezones=OFFSETS)),
    "uuid": ({"type": "string", "format": "uuid"}, st.uuids()),
    "bytes": ({"type": "string", "format": "byte"}, st.binary()),
    "choice": ({"enum": ["a", 1, True]}, st.sampled_from(["a", 1, True])),
    "maybe": ({"type": ["string", "null"]}, st.none() | st.text(st.characters(exclude_categories=["Cs"]))),
}


def _schema_and_values(draw: Any, depth: int) -> tuple[dict[str, Any], st.SearchStrategy[Any]]:
    kind = draw(st.sampled_from([*SCALARS, *(["array", "map", "object"] if depth else [])]))
    if kind == "array":
        schema, values = _schema_and_values(draw, depth - 1)
        return {"type": "array", "items": schema}, st.lists(values, max_size=3)
    if kind == "map":
        schema, values = _schema_and_values(draw, depth - 1)
        names = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
        return {"type": "object", "additionalProperties": schema}, st.dictionaries(names, values, max_size=3)
    if kind == "object":
        return _object(draw, depth - 1)
    return SCALARS[kind]


def _object(draw: Any, depth: int) -> tuple[dict[str, Any], st.SearchStrategy[Any]]:
    names = draw(st.lists(st.sampled_from(["a", "b-c", "class", "copy", "_id", "x y"]), unique=True, max_size=4))
    members = {name: _schema_and_values(draw, depth) for name in names}
    required = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    schema = {"type": "object", "properties": {n: s for n, (s, _) in members.items()}, "required": required}
    values = st.fixed_dictionaries(
        {name: members[name][1] for name in required},
        optional={name: members[name][1] for name in names if name not in required},
    )
    return schema, values


@st.composite
def schemas_and_values(draw: Any) -> tuple[dict[str, Any], Any]:
    schema, values = _object(draw, 3)
    return schema, draw(values)


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(case=schemas_and_values())
def test_what_a_model_writes_it_reads_back_equal(pool: Any, case: tuple[dict[str, Any], Any]) -> None:
    schema, value = case
    model = pool({"Thing": schema}).Thing
    thing = model(**value)
    written = thing.to_json()
    read = model.from_json(written)
    assert read == thing
    assert read.to_json() == written == json.loads(thing.model_dump_json())
