"""The story of a request: authenticate, read its arguments, call the handler, write the response."""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any

from pymacaron.http.arguments import read_arguments
from pymacaron.http.call import Call
from pymacaron.http.errormodels import PLAIN, raise_if_error
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
    incoming.limits = plan.bound.operation.limits
    identity = None if plan.guard is None else plan.guard(incoming)
    plan.acceptance.check(incoming.environ)
    positional, keywords = read(plan, incoming)
    if plan.bound.call_keyword:
        call = Call(plan.bound.api, plan.bound.operation, incoming.request, service, identity)
        keywords[plan.bound.call_keyword] = call
    result = called(plan, positional, keywords)
    if result.__class__ not in PLAIN:
        raise_if_error(result)
    return plan.response.write(result, incoming.environ)


def read(plan: Plan, incoming: Incoming) -> tuple[Sequence[Any], dict[str, Any]]:
    """Return the handler's arguments; raises RequestError with all that is wrong with them."""
    if plan.body is None and not plan.arguments:
        return (), {}
    problems = Problems()
    positional = () if plan.body is None else (plan.body.read(incoming, problems),)
    if positional == (None,) and plan.bound.body_may_be_omitted:
        positional = ()
    keywords = read_arguments(plan.arguments, incoming, problems)
    problems.raise_if_any()
    return positional, keywords


def called(plan: Plan, positional: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """Return what the handler returns; a coroutine runs to its end in a loop of its own."""
    try:
        result = plan.handler(*positional, **keywords)
        return finished(result) if isinstance(result, CoroutineType) else result
    except SystemExit as error:  # it would end the server
        raise RuntimeError(f"{plan.bound.operation.binding.server} called sys.exit()") from error


def finished(coroutine: CoroutineType[Any, Any, Any]) -> Any:
    """Return what a coroutine returns in the end."""
    import asyncio

    return asyncio.run(coroutine)
