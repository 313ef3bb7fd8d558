"""The story of a request: read its arguments, call the handler, write the response."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from flask.globals import request_ctx
from werkzeug.wrappers import Response

from pymacaron.http.arguments import read_arguments
from pymacaron.http.call import Call
from pymacaron.http.incoming import Incoming
from pymacaron.http.plan import Plan
from pymacaron.http.problems import Problems
from pymacaron.http.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from _typeshed.wsgi import WSGIEnvironment

    from pymacaron.http.incoming import Holder
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
        """Answer the current request as a Flask view; `values` are the path parameters by the router's names."""
        context = request_ctx._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug documents it
        result = self.answer(context, context.request.environ, values)
        return result.response() if isinstance(result, Reply) else result

    def answer(self, context: Holder, environ: WSGIEnvironment, values: Mapping[str, str]) -> Reply | Response:
        """Answer one request; whatever is wrong leaves as an exception for http/errors."""
        plan = self._plan or self._compiled()
        if not self._service.started:
            self._service.start()
        return answer(plan, Incoming(context, environ, values), self._service)

    def _compiled(self) -> Plan:
        with self._lock:
            if self._plan is None:
                self._plan = self._compile()
            return self._plan


def answer(plan: Plan, incoming: Incoming, service: Service) -> Reply | Response:
    """Answer one request by its plan."""
    positional, keywords = read(plan, incoming)
    if plan.bound.call_keyword:
        keywords[plan.bound.call_keyword] = Call(plan.bound.api, plan.bound.operation, incoming.request, service)
    return plan.response.write(plan.handler(*positional, **keywords))


def read(plan: Plan, incoming: Incoming) -> tuple[Sequence[Any], dict[str, Any]]:
    """Return the handler's arguments; raises RequestError with all that is wrong with them."""
    if plan.body is None and not plan.arguments:
        return (), {}
    problems = Problems()
    positional = (plan.body.read(incoming, problems),) if plan.body else ()
    keywords = read_arguments(plan.arguments, incoming, problems)
    problems.raise_if_any()
    return positional, keywords
