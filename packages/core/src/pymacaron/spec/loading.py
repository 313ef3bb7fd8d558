"""From the path of a file to its document, whatever its version."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.spec.cursor import Cursor, Report, kind
from pymacaron.spec.document import Document
from pymacaron.spec.documentreader import DocumentReader
from pymacaron.spec.place import Place, Problem
from pymacaron.spec.reader import UnreadableError
from pymacaron.spec.references import References, absolute

__all__ = ["load_document", "read_document"]

_OPENAPI_3 = re.compile(r"3\.[012](\.\d.*)?")


def load_document(
    path: Path, *, root: Path | None = None, name: str | None = None, references: References | None = None
) -> Document:
    """Read an OpenAPI document; raise SpecError with a sentence for each of its errors.

    References may lead anywhere inside `root`, the folder of the document unless given; `references` shares the files
    that were read, and its root, between documents. The document's name is the stem of its file unless given.
    """
    document, problems = read_document(path, root=root, name=name, references=references)
    errors = [str(problem) for problem in problems if not problem.warning]
    if document is None or errors:
        raise SpecError(*errors)
    return document


def read_document(
    path: Path, *, root: Path | None = None, name: str | None = None, references: References | None = None
) -> tuple[Document | None, list[Problem]]:
    """Return what can be read of an OpenAPI document, and all its problems in the order of their lines.

    The document is None for a file that cannot be parsed or is no OpenAPI document.
    """
    file = absolute(path)
    references = references or References(root or file.parent)
    report = Report()
    try:
        data = references.source(file).data
    except UnreadableError as error:
        return None, [Problem(Place(file, (), line), sentence) for line, sentence in error.found]
    reader = _reader(data, Place(file), report, references)
    document = reader.read(name or path.stem) if reader else None
    return document, sorted(report.problems, key=lambda problem: _order(problem, file))


def _order(problem: Problem, file: Path) -> tuple[bool, str, int]:
    place = problem.place
    return place.file != file, str(place.file), place.line


def _reader(data: Any, place: Place, report: Report, references: References) -> DocumentReader | None:
    """Return the reader of a document's version, None with an error where there is none."""
    if not isinstance(data, dict):
        report.error(
            place, f"this is no OpenAPI document: its top is {kind(data)}; name a file with 'openapi' or 'swagger'"
        )
        return None
    root = Cursor(data, place, report, references)
    if "openapi" in data and _OPENAPI_3.fullmatch(version := str(data["openapi"])):
        from pymacaron.spec.openapi3 import OpenApi3Reader

        return OpenApi3Reader(root, version)
    if "swagger" in data and str(data["swagger"]) == "2.0":
        from pymacaron.spec.swagger2 import Swagger2Reader

        return Swagger2Reader(root, "2.0")
    key = next((key for key in ("openapi", "swagger") if key in data), None)
    if key is None:
        report.error(place, "this is no OpenAPI document: neither 'openapi' nor 'swagger' stands at its top; add one")
    else:
        report.error(
            place.child(key), f"'{key}: {data[key]}' is not known here; use Swagger 2.0, or OpenAPI 3.0, 3.1 or 3.2"
        )
    return None
