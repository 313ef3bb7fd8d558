"""The words in which generated files write handlers and clients, for editors and type checkers alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar, Union

from werkzeug.wrappers import Response

from pymacaron.exceptions import PyMacaronException
from pymacaron.http.call import Call

__all__ = [
    "Answer",
    "AsyncClientCall",
    "AsyncIterator",
    "AsyncRaisingCall",
    "Call",
    "ClientCall",
    "Iterator",
    "Protocol",
    "RaisingCall",
    "Stream",
    "async_call",
    "async_raising_call",
    "client_call",
    "raising_call",
]

Given = TypeVar("Given")
Result = TypeVar("Result", covariant=True)
Parameters = ParamSpec("Parameters")
Headers = Union[Mapping[str, Any], Sequence[tuple[str, Any]]]  # noqa: UP007  part of generic aliases

Stream = Union[Iterator[Any], AsyncIterator[Any]]  # noqa: UP007
"""What a handler streams."""
Returned = Union[Given, tuple[Given, int], tuple[Given, int, Headers], Response, PyMacaronException]  # noqa: UP007
Answer = Union[Returned[Given], Coroutine[Any, Any, Returned[Given]]]  # noqa: UP007
"""What a handler may return where its operation declares a result: that, with a status and headers, or an error."""


class Calls(Protocol[Parameters, Result]):
    """The ways to call an operation that are the same however its errors come."""

    def full(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Any:
        """Return the answer with its status and its headers, or its error."""

    def pages(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Iterator[Result]:
        """Yield the content of each page."""

    def items(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Iterator[Any]:
        """Yield the items of all pages."""

    def stream(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Any:
        """Give the answer while it comes in, for a `with`."""

    def events(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Iterator[Any]:
        """Yield server-sent events."""

    def using(self, **options: Any) -> Self:
        """Return the same function with other options."""


class ClientCall(Calls[Parameters, Result], Protocol[Parameters, Result]):
    """An operation of another API, as `apipool.<api>.client` has it: what fails is returned."""

    def __call__(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Result | PyMacaronException:
        """Return the content of the answer, or its error."""


class RaisingCall(Calls[Parameters, Result], Protocol[Parameters, Result]):
    """The same with the setting `client_errors: raise`."""

    def __call__(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Result:
        """Return the content of the answer; raises its error."""


class AsyncCalls(Protocol[Parameters, Result]):
    """The ways to await an operation that are the same however its errors come."""

    async def full(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Any:
        """Return the answer with its status and its headers, or its error."""

    def pages(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> AsyncIterator[Result]:
        """Yield the content of each page."""

    def items(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> AsyncIterator[Any]:
        """Yield the items of all pages."""

    def stream(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Any:
        """Give the answer while it comes in, for an `async with`."""

    def events(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> AsyncIterator[Any]:
        """Yield server-sent events."""

    def using(self, **options: Any) -> Self:
        """Return the same function with other options."""


class AsyncClientCall(AsyncCalls[Parameters, Result], Protocol[Parameters, Result]):
    """An operation of another API, as `apipool.<api>.aclient` has it: what fails is returned."""

    async def __call__(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Result | PyMacaronException:
        """Return the content of the answer, or its error."""


class AsyncRaisingCall(AsyncCalls[Parameters, Result], Protocol[Parameters, Result]):
    """The same with the setting `client_errors: raise`."""

    async def __call__(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Result:
        """Return the content of the answer; raises its error."""


def client_call(function: Callable[Concatenate[Any, Parameters], Given]) -> ClientCall[Parameters, Given]:
    """Say that a method of a client is an operation of this signature."""
    raise NotImplementedError(function)


def async_call(function: Callable[Concatenate[Any, Parameters], Given]) -> AsyncClientCall[Parameters, Given]:
    """Say that a method of an asynchronous client is an operation of this signature."""
    raise NotImplementedError(function)


def raising_call(function: Callable[Concatenate[Any, Parameters], Given]) -> RaisingCall[Parameters, Given]:
    """Say that a method of a client is an operation of this signature, whose errors are raised."""
    raise NotImplementedError(function)


def async_raising_call(function: Callable[Concatenate[Any, Parameters], Given]) -> AsyncRaisingCall[Parameters, Given]:
    """Say that a method of an asynchronous client is an operation of this signature, whose errors are raised."""
    raise NotImplementedError(function)
