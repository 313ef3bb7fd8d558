"""The story of a request: read its arguments, call the handler, write the response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymacaron.http.arguments import read_arguments
from pymacaron.http.call import Call
from pymacaron.http.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response

    from pymacaron.http.incoming import Incoming
    from pymacaron.http.plan import Plan
    from pymacaron.http.reply import Reply
    from pymacaron.service import Service

__all__ = ["answer"]


def answer(plan: Plan, service: Service, incoming: Incoming) -> Reply | Response:
    """Answer one request by its plan; whatever is wrong leaves as an exception for http/errors."""
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
