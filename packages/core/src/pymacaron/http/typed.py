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
    "Call",
    "ClientCall",
    "Iterator",
    "Protocol",
    "Stream",
    "async_call",
    "client_call",
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


class ClientCall(Protocol[Parameters, Result]):
    """An operation of another API, as `apipool.<api>.client` has it: what fails is returned, unless set otherwise."""

    def __call__(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Result | PyMacaronException:
        """Return the content of the answer, or its error."""

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


class AsyncClientCall(Protocol[Parameters, Result]):
    """An operation of another API, as `apipool.<api>.aclient` has it."""

    async def __call__(self, *body: Parameters.args, **parameters: Parameters.kwargs) -> Result | PyMacaronException:
        """Return the content of the answer, or its error."""

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


def client_call(function: Callable[Concatenate[Any, Parameters], Given]) -> ClientCall[Parameters, Given]:
    """Say that a method of a client is an operation of this signature."""
    raise NotImplementedError(function)


def async_call(function: Callable[Concatenate[Any, Parameters], Given]) -> AsyncClientCall[Parameters, Given]:
    """Say that a method of an asynchronous client is an operation of this signature."""
    raise NotImplementedError(function)
