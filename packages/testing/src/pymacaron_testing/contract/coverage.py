"""How much of its document a run of tests exercised: operations, statuses, parameters and media types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from pymacaron.models.pool import ModelPool
from pymacaron.spec import Operation
from pymacaron_testing.contract.checker import Found
from pymacaron_testing.contract.exchange import Exchange

__all__ = ["Coverage", "Covered"]

OURS = ("ping", "auth")
"""APIs that a service has without its doing."""


@dataclass
class Covered:
    """What of one operation can be exercised, and whether it was: `items` maps "status 200" and the like to calls."""

    api: str
    operation: str
    calls: int = 0
    items: dict[str, int] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """What was not exercised."""
        return [item for item, count in self.items.items() if not count]


class Coverage:
    """Counts exchanges by what they exercise; the built-in operations are left out."""

    def __init__(self, pools: Mapping[str, ModelPool]) -> None:
        self.operations = {
            (name, operation.method, operation.path): Covered(
                name, f"{operation.method.upper()} {operation.path}", 0, dict.fromkeys(_items(operation), 0)
            )
            for name, pool in pools.items()
            if name not in OURS
            for operation in pool.document.operations
        }

    def add(self, exchange: Exchange, found: Found) -> None:
        """Count an exchange."""
        covered = self.operations.get((found.api, found.operation.method, found.operation.path))
        if covered is None:
            return
        covered.calls += 1
        for item in _exercised(exchange, found.operation):
            if item in covered.items:
                covered.items[item] += 1

    @property
    def percent(self) -> float:
        """The share of operations and their items that were exercised."""
        rows = self.operations.values()
        possible = sum(1 + len(row.items) for row in rows)
        done = sum(bool(row.calls) + len(row.items) - len(row.missing) for row in rows)
        return 100 * done / possible if possible else 100.0


def _items(operation: Operation) -> Iterator[str]:
    for status in operation.responses:
        yield f"status {status}"
    for parameter in operation.parameters:
        yield f"{parameter.location} {parameter.name}"
    yield from (f"request {name}" for name in (operation.body.content if operation.body else ()))
    yield from (f"response {name}" for name in _response_types(operation))


def _response_types(operation: Operation) -> list[str]:
    return list(dict.fromkeys(name for response in operation.responses.values() for name in response.content))


def _exercised(exchange: Exchange, operation: Operation) -> Iterator[str]:
    status = exchange.status
    keys = (str(status), f"{status // 100}XX", "default")
    yield from (f"status {key}" for key in [next((key for key in keys if key in operation.responses), "")])
    headers = {name.lower(): text for name, text in exchange.request_headers}
    present = {
        "query": {name for name, _ in parse_qsl(exchange.query, keep_blank_values=True)},
        "header": set(headers),
        "cookie": {pair.partition("=")[0].strip() for pair in headers.get("cookie", "").split(";")},
    }
    for parameter in operation.parameters:
        name = parameter.name.lower() if parameter.location == "header" else parameter.name
        if parameter.location not in present or _is_among(name, present[parameter.location]):
            yield f"{parameter.location} {parameter.name}"
    yield f"request {_plain(headers.get('content-type', ''))}"
    yield f"response {_plain(exchange.header('content-type'))}"


def _plain(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _is_among(name: str, names: set[str]) -> bool:
    """Tell whether a parameter is there, be it spread over names such as filter[a]."""
    return name in names or any(other.startswith(f"{name}[") for other in names)
