"""`$ref`: by position only, across files within the root folder only, never over the network."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron.spec import Document, Place, References, load_document, read_document
from pymacaron.spec.references import BrokenReferenceError

Write = Callable[..., Path]
HEAD = "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\n"


def components(schemas: str) -> str:
    return f"{HEAD}components:\n  schemas:\n{schemas}"


def test_references_lead_to_nodes_of_any_file_in_the_root(write: Write) -> None:
    pets = write("Pet: {}\na/b~c: {type: string}\n~1: {type: number}\nlist: [{type: integer}]\n", "models/pets.yaml")
    write('{"type": "boolean", "x": {"$ref": "../shop.yaml#/components/schemas/Own"}}', "models/flag.json")
    path = write(
        components(
            "    Own: {type: 'null'}\n"
            "    Pet: {$ref: 'models/pets.yaml#/Pet'}\n"
            "    Escaped: {$ref: './models/../models/pets.yaml#/a~1b~0c'}\n"
            "    Percent: {$ref: 'mod%65ls/pets.yaml#/%61~1b%7E0c'}\n"
            "    Tilde: {$ref: 'models/pets.yaml#/~01'}\n"
            "    Item: {$ref: 'models/pets.yaml#/list/0'}\n"
            "    Whole: {$ref: models/flag.json}\n"
            "    Chain: {$ref: '#/components/schemas/Pet'}\n"
        )
    )
    document = load_document(path)
    found = {name: schema.reference for name, schema in document.schemas.items()}
    assert {name: schema and schema.place for name, schema in found.items()} == {
        "Own": None,
        "Pet": Place(pets, ("Pet",)),
        "Escaped": Place(pets, ("a/b~c",)),
        "Percent": Place(pets, ("a/b~c",)),
        "Tilde": Place(pets, ("~1",)),
        "Item": Place(pets, ("list", "0")),
        "Whole": Place(path.parent / "models/flag.json"),
        "Chain": Place(path, ("components", "schemas", "Pet")),
    }
    assert found["Escaped"] == found["Percent"]
    assert found["Chain"] is not None
    assert found["Chain"].reference == found["Pet"]
    assert sorted(file.name for file in document.files) == ["flag.json", "pets.yaml", "shop.yaml"]


def test_a_reference_counts_by_its_position_only(document: Callable[..., Document]) -> None:
    text = components(
        "    Pet:\n"
        "      type: object\n"
        "      properties: {$ref: {type: string}, tag: {enum: [{$ref: nowhere}], const: {$ref: nowhere}}}\n"
        "      default: {$ref: 'https://example.com/never'}\n"
        "      example: {$ref: /etc/passwd}\n"
        "      examples: [{$ref: nowhere}]\n"
        "      x-note: {$ref: nowhere}\n"
    )
    pet = document(text).schemas["Pet"]
    assert pet.reference is None
    assert [child.keywords.get("type") for child in pet.children("properties").values()] == ["string", None]


def test_cycles_are_kept(document: Callable[..., Document]) -> None:
    text = components("    Node: {type: object, properties: {next: {$ref: '#/components/schemas/Node'}}}\n")
    node = document(text).schemas["Node"]
    assert node.child("properties", "next").reference == node


def test_a_definition_beside_a_reference_is_found(document: Callable[..., Document]) -> None:
    text = components("    A: {$ref: '#/components/schemas/A/$defs/B', $defs: {B: {type: string}}}\n")
    found = document(text).schemas["A"].reference
    assert found is not None
    assert found.keywords == {"type": "string"}


BROKEN = {
    "'#/components/schemas/Pett'": "'$ref: #/components/schemas/Pett' points to nothing (did you mean 'Pet'?)",
    "'#/components/parameters/a'": (
        "'$ref: #/components/parameters/a' points to nothing: there is no 'parameters' in '#/components'; "
        "define it, or correct the reference"
    ),
    "'#/info/version/1'": (
        "'$ref: #/info/version/1' points to nothing: there is no '1' in '#/info/version'; "
        "define it, or correct the reference"
    ),
    "'#pet'": "'$ref: #pet' names no node; write '#/' and the way to it from the top",
    "none.yaml": (
        "'$ref: none.yaml' names a file that cannot be read: none.yaml: there is no such file; "
        "correct the path, or write the file"
    ),
    "broken.yaml": (
        "'$ref: broken.yaml' names a file that cannot be read: "
        "broken.yaml:2: the key 'a' stands on line 1 already; remove or rename one of the two"
    ),
    "a%00b.yaml": "'$ref: a%00b.yaml' names no file; correct it",
    "../secret.yaml": ("'$ref: ../secret.yaml' leads out of the folder .; copy what it names into that folder"),
    "link.yaml": "'$ref: link.yaml' leads out of the folder .; copy what it names into that folder",
    "'%2e%2e/secret.yaml'": (
        "'$ref: %2e%2e/secret.yaml' leads out of the folder .; copy what it names into that folder"
    ),
    "/etc/hosts": "'$ref: /etc/hosts' is an absolute path; write it relative to this file",
    "'%2Fetc/hosts'": "'$ref: %2Fetc/hosts' is an absolute path; write it relative to this file",
    "https://example.com/a.yaml": (
        "'$ref: https://example.com/a.yaml' is a URL, and nothing is fetched; keep a copy beside this file"
    ),
    "file:///etc/hosts": "'$ref: file:///etc/hosts' is a URL, and nothing is fetched; keep a copy beside this file",
    "//example.com/a": "'$ref: //example.com/a' is a URL, and nothing is fetched; keep a copy beside this file",
    "3": "a '$ref' is text, but this one is none; write the way to a schema in quotes",
    "{a: b}": "a '$ref' is text, but this one is none; write the way to a schema in quotes",
    "'#/components/schemas/Odd'": "this '$ref' leads back to itself by way of shop.yaml:6; break the circle",
}


@pytest.mark.parametrize("ref", BROKEN, ids=list(BROKEN))
def test_a_broken_reference_is_told_with_its_line(
    write: Write, problems: Callable[..., list[str]], here: Path, ref: str
) -> None:
    write("a: 1\na: 2\n", "broken.yaml")
    (here.parent / "secret.yaml").write_text("type: string\n")
    (here / "link.yaml").symlink_to(here.parent / "secret.yaml")
    text = components(f"    Pet: {{type: object}}\n    Odd: {{$ref: {ref}}}\n")
    assert problems(text) == [f"shop.yaml:6: {BROKEN[ref]}"]


def test_a_circle_of_references_is_told_once(problems: Callable[..., list[str]]) -> None:
    text = components(
        "".join(f"    {one}: {{$ref: '#/components/schemas/{two}'}}\n" for one, two in ("AB", "BC", "CA"))
    )
    assert problems(text) == ["shop.yaml:5: this '$ref' leads back to itself by way of shop.yaml:5; break the circle"]


def test_a_broken_file_is_told_once(write: Write, problems: Callable[..., list[str]]) -> None:
    write("a: [", "broken.yaml")
    text = components("".join(f"    S{number}: {{$ref: 'broken.yaml#/{number}'}}\n" for number in range(9)))
    assert len(problems(text)) == 1


def test_the_root_may_be_wider_than_the_folder_of_the_document(write: Write, here: Path) -> None:
    write("type: string\n", "models/pet.yaml")
    path = write(components("    Pet: {$ref: ../models/pet.yaml}\n"), "apis/shop.yaml")
    _, found = read_document(path)
    assert [str(problem) for problem in found] == [
        "apis/shop.yaml:5: '$ref: ../models/pet.yaml' leads out of the folder apis; copy what it names into that folder"
    ]
    assert load_document(path, root=here).schemas["Pet"].reference is not None
    shared = References(here)
    assert load_document(path, references=shared).schemas["Pet"] == load_document(path, root=here).schemas["Pet"]
    with pytest.raises(BrokenReferenceError, match="points to nothing"):
        shared.resolve(Place(path), "../models/pet.yaml#/nothing")


OPENED = """
import pathlib, sys
opened = []
def note(event, arguments):
    if event == "open" and sys.argv[2] in str(arguments[0]):
        opened.append(str(arguments[0]))
    if event.startswith("socket.") or event.startswith("urllib."):
        opened.append(event)
from pymacaron.spec import read_document
read_document(pathlib.Path(sys.argv[1]))
sys.addaudithook(note)
_, problems = read_document(pathlib.Path(sys.argv[1]))
print(len(problems), *sorted({pathlib.Path(path).name for path in opened}))
"""


def test_nothing_outside_the_root_is_opened(write: Write, here: Path) -> None:
    canary = here.parent / "canary.yaml"
    canary.write_text("type: string\n")
    (here / "link.yaml").symlink_to(canary)
    (here / "up").symlink_to(here.parent)
    refs = ["../canary.yaml", "link.yaml", "up/canary.yaml", str(canary), canary.as_uri(), "http://127.0.0.1:9/a.yaml"]
    path = write(components("".join(f"    S{at}: {{$ref: '{ref}'}}\n" for at, ref in enumerate(refs))))
    told = subprocess.run(
        [sys.executable, "-c", OPENED, path, here.parent], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.split() == [str(len(refs)), "shop.yaml"]


def test_thousands_of_files_are_read_in_linear_time(write: Write) -> None:
    count = 3_000
    for number in range(count):
        write(
            f"type: object\nproperties:\n  next: {{$ref: s{(number + 1) % count}.yaml}}\n"
            f"  back: {{$ref: '../shop.yaml#/components/schemas/First'}}\n",
            f"parts/s{number}.yaml",
        )
    path = write(components("    First: {$ref: parts/s0.yaml}\n"))
    start = time.process_time()
    document = load_document(path)
    assert len(document.files) == count + 1
    assert time.process_time() - start < 20
