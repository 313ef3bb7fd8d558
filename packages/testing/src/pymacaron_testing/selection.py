"""Which operations of a service are meant by a name: "GET /pets/{id}", or an operationId."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pymacaron.documents import find_documents
from pymacaron.exceptions import StartError
from pymacaron.models.pool import ModelPool
from pymacaron.service import Service
from pymacaron.spec import Operation
from pymacaron.text import did_you_mean

__all__ = ["Selected", "called", "operations_of", "selected"]


@dataclass(frozen=True)
class Selected:
    """An operation of a document that the service itself serves."""

    pool: ModelPool
    operation: Operation

    @property
    def name(self) -> str:
        """The operation as people read it: its method and path."""
        return f"{self.operation.method.upper()} {self.operation.path}"

    def base(self, *, ignored: bool) -> str:
        """Return the path before its own, which is that of its first server unless base paths are ignored."""
        return self.operation.full_paths(ignore_base_path=ignored)[0].removesuffix(self.operation.path)

    @property
    def names(self) -> set[str]:
        """What it can be called by."""
        return {self.name, *filter(None, (self.operation.operation_id,))}


class Parent:
    """Stands for whatever class a schema names by x-parent: nothing of the service is imported."""


def operations_of(service: Service) -> list[Selected]:
    """Return the operations of a service's documents, but for those that it does not serve.

    Raises SpecError for a document that cannot be read.
    """
    found = find_documents(service.root / service.config.apis, service.references)
    documents = [service.load_document(name, path).document for name, path in found.items()]
    pools = [ModelPool(document, lambda dotted: Parent) for document in documents]
    return [
        Selected(pool, operation)
        for pool in pools
        for operation in pool.document.operations
        if not operation.binding.skipped
    ]


def called(operations: Iterable[Selected], name: str) -> list[Selected]:
    """Return the operations of a name, of several documents perhaps; raises StartError where there is none."""
    known = list(operations)
    found = [each for each in known if name in each.names]
    if not found:
        names = dict.fromkeys(each for one in known for each in sorted(one.names))
        hint = did_you_mean(name, names) or f": name one such as '{next(iter(names), 'GET /ping')}'"
        raise StartError(f"no operation is called '{name}'{hint}")
    return found


def selected(operations: Sequence[Selected], only: Sequence[str], exclude: Sequence[str]) -> list[Selected]:
    """Return the operations that `only` names, all where it names none, but for those that `exclude` names.

    Raises StartError for a name that is none's, and where nothing is left.
    """
    wanted = [each for name in only for each in called(operations, name)] if only else list(operations)
    unwanted = [each for name in exclude for each in called(operations, name)]
    kept = [each for each in operations if each in wanted and each not in unwanted]
    if not kept:
        raise StartError("no operation is left: name others by --only and --exclude")
    return kept
