"""Crash reports from anywhere in a service: within a request, in a thread or task, or outside any request."""

from __future__ import annotations

import functools
import inspect
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

from pymacaron.report.callback import as_reporter
from pymacaron.report.facts import current_environ
from pymacaron.report.making import report_slow_call, report_told
from pymacaron.service import current_service

__all__ = ["report_error", "report_slow", "report_warning", "set_error_reporter"]

Function = TypeVar("Function", bound=Callable[..., Any])

LIMITED = "pymacaron.limited"
"""In the environ: the function whose own limit of time replaces `report_call_exceeding_ms`."""


def set_error_reporter(function: Callable[..., Any] | None) -> None:
    """Send the reports of the current service to a function of (title, data, exception) or (title, message).

    `message` is the report as JSON text. None takes the function away again. Raises TypeError for any other signature.
    """
    current_service().error_reporter = None if function is None else as_reporter(function)


def report_error(title: str | None = None, data: Any = None, caught: object = None, is_fatal: bool = False) -> None:
    """Report an error that the service lives with: NON-FATAL, unless `is_fatal`.

    `caught` is the exception, or the Error that a call to another API returned. Text of an exception is left out unless
    the app is in debug mode; keys of `data` that are called like secrets, and known secrets, are masked.
    """
    report_told(current_service(), "error", title, data, caught, is_fatal, _debug())


def report_warning(title: str | None = None, data: Any = None, caught: object = None) -> None:
    """Report what is worth a look: NON-FATAL, and of kind warning."""
    report_told(current_service(), "warning", title, data, caught, False, _debug())


def report_slow(max_ms: float) -> Callable[[Function], Function]:
    """Report each call of a function that takes longer than some milliseconds.

    On a handler it takes the place of `report_call_exceeding_ms`. Works on coroutine functions too.
    """
    if not isinstance(max_ms, (int, float)) or isinstance(max_ms, bool) or max_ms <= 0:
        raise TypeError("report_slow() wants milliseconds: @report_slow(max_ms=5000)")

    def decorate(function: Function) -> Function:
        watch = _Slow(function, max_ms)
        wrapper: Any = watch.wrapped_coroutine() if inspect.iscoroutinefunction(function) else watch.wrapped()
        return wrapper  # type: ignore[no-any-return]

    return decorate


class _Slow:
    """A function with a limit of time."""

    def __init__(self, function: Callable[..., Any], max_ms: float) -> None:
        self._function = function
        self._max_ms = max_ms

    def wrapped(self) -> Callable[..., Any]:
        @functools.wraps(self._function)
        def timed(*arguments: Any, **keywords: Any) -> Any:
            began = time.perf_counter()
            try:
                return self._function(*arguments, **keywords)
            finally:
                self._look_at(time.perf_counter() - began)

        return timed

    def wrapped_coroutine(self) -> Callable[..., Any]:
        @functools.wraps(self._function)
        async def timed(*arguments: Any, **keywords: Any) -> Any:
            began = time.perf_counter()
            try:
                return await self._function(*arguments, **keywords)
            finally:
                self._look_at(time.perf_counter() - began)

        return timed

    def _look_at(self, seconds: float) -> None:
        environ = current_environ()
        if environ is not None:
            environ[LIMITED] = inspect.unwrap(self._function)
        if seconds * 1000 > self._max_ms:
            function = self._function
            what = f"{function.__module__}.{function.__qualname__}"
            report_slow_call(current_service(), environ, what, seconds, self._max_ms)


def _debug() -> bool:
    flask = sys.modules.get("flask")
    return bool(flask is not None and flask.has_app_context() and flask.current_app.debug)
