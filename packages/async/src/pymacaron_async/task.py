"""asynctask, the decorator that makes a function a background task; Celery is imported when one is first queued."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from pymacaron_async.context import wants_queue

if TYPE_CHECKING:
    from inspect import Signature

    from pymacaron_async.handle import Handle

__all__ = ["TASKS", "AsyncTask", "Options", "asynctask"]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Options:
    """How a task is queued and run; `asynctask` describes each."""

    delay: float = 0
    queue: str | None = None
    retry: bool | tuple[type[Exception], ...] = False
    max_retries: int = 3
    backoff: float = 1
    backoff_max: float = 600
    unique: bool = False
    rate: str | None = None
    on_commit: bool = False
    every: float | None = None
    cron: str | None = None
    time_limit: int | None = None

    def __post_init__(self) -> None:
        if self.max_retries < 0 or self.delay < 0 or self.backoff < 0:
            raise TypeError("asynctask wants a delay, a backoff and max_retries that are not below 0")
        if self.every is not None and (self.every < 1 or self.cron is not None):
            raise TypeError("asynctask wants either every= of at least 1 second, or cron=")
        if self.cron is not None:
            from pymacaron_async.cron import parsed

            parsed(self.cron)

    def repeats(self, error: BaseException) -> bool:
        """Tell whether a task that raised this is to run again."""
        kinds = self.retry if isinstance(self.retry, tuple) else (Exception,) * bool(self.retry)
        return isinstance(error, kinds)

    def pause(self, retries: int) -> float:
        """Return the seconds before the next attempt: twice as many each time."""
        return min(self.backoff_max, self.backoff * 2.0**retries)


TASKS: dict[str, AsyncTask[Any, Any]] = {}
"""Every task of the process by its name: module and function."""


class AsyncTask(Generic[Parameters, Result]):
    """A function that a request queues by calling it; everywhere else, and in a worker, a call runs it."""

    def __init__(self, function: Callable[Parameters, Result], options: Options) -> None:
        update_wrapper(self, function)
        self.function = function
        self.options = options
        self.name = f"{function.__module__}.{function.__qualname__}"
        TASKS[self.name] = self

    @cached_property
    def signature(self) -> Signature:
        """What the function takes."""
        from inspect import signature

        return signature(self.function)

    def __call__(self, *arguments: Parameters.args, **keywords: Parameters.kwargs) -> Result | None:
        """Queue the task in a request, and return None; elsewhere run it now, and return its result."""
        if not wants_queue():
            return self.function(*arguments, **keywords)
        from pymacaron_async.queueing import queue

        queue(self, arguments, keywords, keeps_result=False)
        return None

    def queue(self, *arguments: Parameters.args, **keywords: Parameters.kwargs) -> Handle:
        """Queue the task wherever this is called, and return its handle.

        Raises UnsuitableArgument for what cannot be passed, and BrokerError where the broker does not answer in 2 s.
        """
        from pymacaron_async.queueing import queue

        return queue(self, arguments, keywords, keeps_result=True)


@overload
def asynctask(function: Callable[Parameters, Result], /) -> AsyncTask[Parameters, Result]: ...


@overload
def asynctask(
    *,
    delay: float = 0,
    queue: str | None = None,
    retry: bool | tuple[type[Exception], ...] = False,
    max_retries: int = 3,
    backoff: float = 1,
    backoff_max: float = 600,
    unique: bool = False,
    rate: str | None = None,
    on_commit: bool = False,
    every: float | None = None,
    cron: str | None = None,
    time_limit: int | None = None,
) -> Callable[[Callable[Parameters, Result]], AsyncTask[Parameters, Result]]: ...


def asynctask(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function a background task: a call in a request queues it, any other call runs it.

    `delay` and `time_limit` are in seconds; `queue` is one of the service's own. With `retry`, a task that raises
    runs again: for any exception, or for those of a tuple, `max_retries` times at most, after `backoff` seconds, twice
    as many each time, up to `backoff_max`. A process that dies is made good up to `max_retries` times in any case.
    `unique` queues no task that equals one which waits or runs. `rate` bounds how many each worker starts: "10/s",
    "100/m", "5/h". With `on_commit`, the task is queued once the handler of the request succeeded. `every` (seconds)
    and `cron` (five fields, UTC) have workers queue the task, without arguments, by the clock.

    A task runs at least once: twice where a worker or the broker fails at the wrong moment. `current_task().key` is
    the same each time.
    """
    chosen = Options(**options)
    return AsyncTask(function, chosen) if function is not None else lambda given: AsyncTask(given, chosen)
