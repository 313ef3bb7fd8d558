"""The document that schemathesis is given: one file, which says what the framework itself may answer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pymacaron.spec import Operation
from pymacaron.spec.bundle import bundle
from pymacaron.spec.references import References
from pymacaron_testing.contract.checker import OF_THE_FRAMEWORK

__all__ = ["fuzzed_document"]


def fuzzed_document(path: Path, references: References, operations: Iterable[Operation]) -> dict[str, Any]:
    """Return a document as one, in which the given operations declare all refusals of the framework too.

    `pym test` lets them pass as well. Raises SpecError for a reference that leads nowhere.
    """
    data = bundle(path, references)
    for operation in operations:
        item = data["paths"].get(operation.path)
        written = item.get(operation.method) if isinstance(item, dict) else None
        if isinstance(written, dict):
            written["responses"] = {**written.get("responses", {}), **_refusals(operation)}
    return data


def _refusals(operation: Operation) -> dict[str, Any]:
    declared = operation.responses
    if "default" in declared or "4XX" in declared or not declared:
        return {}
    undeclared = [str(status) for status in sorted(OF_THE_FRAMEWORK) if str(status) not in declared]
    return {status: {"description": "Refused by the framework."} for status in undeclared}
