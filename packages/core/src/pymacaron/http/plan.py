"""The plan of one operation: everything about it that can be decided before the first request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pymacaron.http.acceptance import Acceptance
from pymacaron.http.arguments import ArgumentReader, readers
from pymacaron.http.body import BodyReader, body_reader
from pymacaron.http.handlers import BoundOperation
from pymacaron.http.response import ResponseWriter, response_writer
from pymacaron.http.security import Guard, Guarded
from pymacaron.models.pool import ModelPool

__all__ = ["Plan", "compile_plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request of one operation walks: authenticate, read the arguments, call the handler, write the response.

    `guard` is None where nobody has to authenticate, and `handler` is the function that it lets callers to.
    """

    bound: BoundOperation
    handler: Callable[..., Any]
    guard: Guard | None
    arguments: tuple[ArgumentReader, ...]
    body: BodyReader | None
    response: ResponseWriter
    acceptance: Acceptance


def compile_plan(bound: BoundOperation, guard: Guard | None, pool: ModelPool, variables: Mapping[str, str]) -> Plan:
    """Compile the plan of an operation; `variables` maps its path parameters to the router's names."""
    operation = bound.operation
    where = f"{operation.method.upper()} {operation.path} ({operation.binding.server})"
    return Plan(
        bound,
        bound.handler.handler if isinstance(bound.handler, Guarded) else bound.handler,
        guard,
        readers(bound, pool, variables),
        body_reader(operation.body, pool, operation.limits, streamed=bound.body_as_file) if operation.body else None,
        response_writer(operation, pool, where),
        Acceptance(operation),
    )
