"""What can be wrong with a file itself, and on which line a node stands."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pymacaron.exceptions import SpecError
from pymacaron.spec import Place
from pymacaron.spec.jsontext import json_line, json_lines
from pymacaron.spec.limits import MAX_BYTES
from pymacaron.spec.reader import line_of, read_source
from pymacaron.spec.yamltext import parse_yaml

Write = Callable[..., Path]


def said_of(path: Path) -> list[str]:
    with pytest.raises(SpecError) as caught:
        read_source(path)
    return caught.value.problems


def test_a_file_that_is_none_is_told_by_its_name(here: Path) -> None:
    os.mkfifo(here / "pipe.yaml")
    with (here / "huge.yaml").open("wb") as huge:
        huge.truncate(MAX_BYTES + 1)
    assert said_of(here / "none.yaml") == ["none.yaml: there is no such file; correct the path, or write the file"]
    assert said_of(here / "a\0b.yaml") == [
        f"{here}/a\0b.yaml: there is no such file; correct the path, or write the file"
    ]
    assert said_of(here / "pipe.yaml") == ["pipe.yaml: this is no regular file; name the file of a document"]
    assert said_of(here / "huge.yaml") == ["huge.yaml: the file holds 67,108,865 bytes, more than 67,108,864; split it"]
    assert said_of(here.parent) == [f"{here.parent}: this is a folder; name the file of a document in it"]


YAML = """\
# a comment
openapi: 3.1.0
paths:
  /a:
    get: &get
      tags: [x,
             y]
    put: *get
  ? /b
  : parameters:
    - name: one
    -
      name: two
x: {<<: {m: 1},
    n: 2}
"""
JSON = """\
{
  "paths": {"/a": {
    "get": {"tags": ["x",
                     "y"]}}},

  "a\\"{b}": 1, "\\u00e9": [{}, [],
   {"last": null}]
}
"""
LINES = [
    ("shop.yaml", YAML, (), 2),
    ("shop.yaml", YAML, ("paths",), 3),
    ("shop.yaml", YAML, ("paths", "/a", "get"), 5),
    ("shop.yaml", YAML, ("paths", "/a", "get", "tags", "1"), 7),
    ("shop.yaml", YAML, ("paths", "/a", "put"), 8),
    ("shop.yaml", YAML, ("paths", "/a", "put", "tags"), 6),
    ("shop.yaml", YAML, ("paths", "/b"), 9),
    ("shop.yaml", YAML, ("paths", "/b", "parameters", "0"), 11),
    ("shop.yaml", YAML, ("paths", "/b", "parameters", "1", "name"), 13),
    ("shop.yaml", YAML, ("x", "m"), 14),
    ("shop.yaml", YAML, ("x", "n"), 15),
    ("shop.yaml", YAML, ("paths", "/a", "no", "such"), 4),
    ("shop.json", JSON, (), 1),
    ("shop.json", JSON, ("paths", "/a", "get"), 3),
    ("shop.json", JSON, ("paths", "/a", "get", "tags", "1"), 4),
    ("shop.json", JSON, ('a"{b}',), 6),
    ("shop.json", JSON, ("é", "1"), 6),
    ("shop.json", JSON, ("é", "2", "last"), 7),
    ("shop.json", JSON, ("é", "3"), 6),
    ("json.yaml", JSON, ("é", "2"), 7),
    ("flow.yaml", "{a: 1,\n b: 2}", ("b",), 2),
    ("broken.yaml", "a: [", ("a",), 1),
]


@pytest.mark.parametrize(("name", "text", "pointer", "line"), LINES)
def test_a_node_stands_on_the_line_of_its_key(
    write: Write, name: str, text: str, pointer: tuple[str, ...], line: int
) -> None:
    path = write(text, name)
    assert line_of(path, pointer) == line
    assert str(Place(path, pointer)) == f"{name}:{line}"


def test_a_line_is_found_anew_when_the_file_has_changed_and_is_1_when_it_is_gone(write: Write) -> None:
    path = write("a: 1\n")
    assert line_of(read_source(path), ("a",)) == 1
    write("\n\na: 1\n")
    assert line_of(path, ("a",)) == 3
    path.unlink()
    assert line_of(path, ("a",)) == 1


SAFE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters="\ufeff"))
DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | SAFE,
    lambda inner: st.lists(inner) | st.dictionaries(SAFE.filter(lambda key: len(key) < 500), inner),
    max_leaves=25,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(SAFE, DATA) | st.lists(DATA, min_size=1))
def test_data_written_as_json_reads_back_equal_as_json_and_as_yaml(write: Write, data: object) -> None:
    text = json.dumps(data)
    assert read_source(write(text, "data.json")).data == data
    assert read_source(write(text, "data.yaml")).data == data
    assert parse_yaml(json.dumps(data, ensure_ascii=False)) == data


TREES = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=15,
)


@given(TREES, st.data())
def test_a_line_that_is_looked_for_alone_is_the_one_that_a_scan_of_all_finds(
    document: object, data: st.DataObject
) -> None:
    text = json.dumps(document, indent=data.draw(st.sampled_from([None, 0, 2])))
    line, lines = json_lines(text)
    pointer: list[str] = []
    for _ in range(data.draw(st.integers(0, 5)) if lines else 0):
        if not lines:
            break
        pointer.append(data.draw(st.sampled_from(sorted(lines))))
        line, lines = lines[pointer[-1]]
    beyond = data.draw(st.sampled_from([[], ["nothing", "0"]]))
    assert json_line(text, [*pointer, *beyond]) == line
