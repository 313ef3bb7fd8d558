"""The story of a request: read its arguments, call the handler, write the response."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import TYPE_CHECKING, Any

from flask import Request, request
from werkzeug.wrappers import Response

from pymacaron.http.arguments import read_arguments
from pymacaron.http.call import Call
from pymacaron.http.plan import Plan
from pymacaron.http.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymacaron.service import Service

__all__ = ["Endpoint"]


class Endpoint:
    """The Flask view of one operation; its plan is compiled by the first request."""

    def __init__(self, service: Service, compile_plan: Callable[[], Plan]) -> None:
        self._service = service
        self._compile = compile_plan
        self._lock = threading.Lock()
        self._plan: Plan | None = None

    def __call__(self, **values: str) -> Response:
        """Answer the current request; `values` are the path parameters by the router's names."""
        plan = self._plan or self._compiled()
        if not self._service.started:
            self._service.start()
        return answer(plan, request, values, self._service)

    def _compiled(self) -> Plan:
        with self._lock:
            if self._plan is None:
                self._plan = self._compile()
            return self._plan


def answer(plan: Plan, request: Request, values: dict[str, str], service: Service) -> Response:
    """Answer one request by its plan; whatever is wrong leaves as an exception for http/errors."""
    positional, keywords = read(plan, request, values)
    if plan.bound.call_keyword:
        keywords[plan.bound.call_keyword] = Call(plan.bound.api, plan.bound.operation, _real(request), service)
    return plan.response.write(called(plan, positional, keywords))


def called(plan: Plan, positional: list[Any], keywords: dict[str, Any]) -> Any:
    """Return what the handler returns; a coroutine runs to its end in a loop of its own."""
    try:
        result = plan.bound.handler(*positional, **keywords)
        return asyncio.run(result) if inspect.iscoroutine(result) else result
    except SystemExit as error:  # it would end the server
        raise RuntimeError(f"{plan.bound.operation.binding.server} called sys.exit()") from error


def read(plan: Plan, request: Request, values: dict[str, str]) -> tuple[list[Any], dict[str, Any]]:
    """Return the handler's arguments; raises RequestError with all that is wrong with them."""
    problems = Problems()
    positional = [] if plan.body is None else [plan.body.read(request, problems)]
    if positional == [None] and plan.bound.body_may_be_omitted:
        positional = []
    keywords = read_arguments(plan.arguments, request, values, problems)
    problems.raise_if_any()
    return positional, keywords


def _real(request: Request) -> Request:
    """Return the request behind Flask's proxy, which a handler may keep."""
    real: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug documents it
    return real
