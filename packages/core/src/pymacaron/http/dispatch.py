"""The story of a request: read its arguments, call the handler, write the response."""

from __future__ import annotations

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
    result = plan.handler(*positional, **keywords)
    return plan.response.write(result)


def read(plan: Plan, request: Request, values: dict[str, str]) -> tuple[list[Any], dict[str, Any]]:
    """Return the handler's arguments; raises RequestError with all that is wrong with them."""
    problems = Problems()
    positional = [plan.body.read(request, problems)] if plan.body else []
    keywords = read_arguments(plan.arguments, request, values, problems)
    problems.raise_if_any()
    return positional, keywords


def _real(request: Request) -> Request:
    """Return the request behind Flask's proxy, which a handler may keep."""
    real: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug documents it
    return real
