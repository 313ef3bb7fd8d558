"""Rules about paths and operations: routes, responses, security."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from pymacaron.client.names import operation_names
from pymacaron.exceptions import SpecError
from pymacaron.spec import Operation, Place
from pymacaron.spec.paths import VARIABLE
from pymacaron_testing.lint.reading import said
from pymacaron_testing.lint.records import Found
from pymacaron_testing.lint.subject import Subject

__all__ = ["ambiguous", "unanswered", "uncallable", "unprotected", "unreachable"]


def ambiguous(subject: Subject) -> Iterator[Found]:
    """Find two paths of one method that match the same request, neither of them more exactly."""
    by_shape: dict[tuple[str, int], list[Operation]] = {}
    for operation in subject.document.operations:
        by_shape.setdefault((operation.method, operation.path.count("/")), []).append(operation)
    for operations in by_shape.values():
        for one, other in combinations(operations, 2):
            if _both_match(one.path, other.path):
                named = f"{one.method.upper()} {other.path}"
                told = f"{named} and {one.path} at {one.place} both match '{_shared(one.path, other.path)}'"
                yield other.place, f"{told}, and which one answers is not defined; change one of the two paths"


def _both_match(one: str, other: str) -> bool:
    """Tell whether some path matches two templates of which each is the more exact one somewhere."""
    winners = set()
    for first, second in zip(one.split("/"), other.split("/"), strict=True):
        if first == second or ("{" in first and "{" in second):
            continue
        if "{" not in first and "{" not in second:
            return False
        if not _is_whole(first) and not _is_whole(second):
            return False
        winners.add("{" in first)
    return len(winners) == 2


def _is_whole(segment: str) -> bool:
    return VARIABLE.fullmatch(segment) is not None


def _shared(one: str, other: str) -> str:
    pairs = zip(one.split("/"), other.split("/"), strict=True)
    return "/".join(second if "{" in first else first for first, second in pairs)


def unreachable(subject: Subject) -> Iterator[Found]:
    """Find paths that no request can reach, and those that declare nothing to be reached."""
    yield from said("unreachable-path")(subject)
    paths = subject.data.get("paths")
    declared = {operation.path for operation in subject.document.operations}
    for path in paths if isinstance(paths, dict) else ():
        place = Place(subject.path, ("paths", path))
        if path.startswith("x-"):
            continue
        segments = path.split("/")[1:]
        if any(segment in (".", "..") for segment in segments) or "" in segments[:-1]:
            told = f"the path '{path}' has a segment that clients and servers take out ('.', '..' or an empty one)"
            yield place, f"{told}, so that no request reaches it; write it without"
        elif any(character.isspace() for character in path):
            told = f"the path '{path}' holds a blank, which no request's path can; write the path without it"
            yield place, told
        elif path not in declared:
            yield place, f"the path '{path}' declares no operation; add one, or remove the path"


def uncallable(subject: Subject) -> Iterator[Found]:
    """Find operations that clients cannot name; those of one operationId are found by the rule for that."""
    operations = subject.document.operations
    counted = Counter(each.operation_id for each in operations if each.binding.client is None)
    places = {
        str(place): place
        for each in operations
        if each.binding.client is not None or counted[each.operation_id] == 1
        for place in (each.place, each.place.child("x-bind-client"))
    }
    try:
        operation_names(subject.document)
    except SpecError as error:
        for problem in error.problems:
            place, _, sentence = problem.partition(": ")
            if place in places:
                yield places[place], sentence


def unanswered(subject: Subject) -> Iterator[Found]:
    """Find operations that tell nothing of errors."""
    for operation in subject.document.operations:
        if operation.responses and not any(status[0] in "45d" for status in operation.responses):
            told = f"{_named(operation)} declares no response for errors"
            yield operation.place.child("responses"), f"{told}; add a 'default', or those of 4XX and 5XX that it gives"


def unprotected(subject: Subject) -> Iterator[Found]:
    """Find operations that anybody may call though nobody wrote that this is so."""
    document = subject.document
    if not document.operations or "security" in subject.data:
        return
    if not document.security_definitions:
        told = "the document knows no security scheme, so anybody may call every operation"
        yield subject.place, f"{told}; define one and ask for it by 'security', or write 'security: []' at the top"
        return
    for operation in document.operations:
        if operation.security is None and not _is_meant(subject, operation):
            told = f"{_named(operation)} asks nobody to authenticate"
            yield operation.place, f"{told}; add a 'security', or write 'security: []' to say that this is meant"


def _is_meant(subject: Subject, operation: Operation) -> bool:
    """Tell whether an operation says itself that nobody has to authenticate."""
    node = subject.node(operation.place)
    return isinstance(node, dict) and "security" in node


def _named(operation: Operation) -> str:
    return f"{operation.method.upper()} {operation.path}"
