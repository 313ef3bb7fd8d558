"""What a generator yields, sent as it comes."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

from flask import Response, stream_with_context
from pydantic import BaseModel
from pydantic_core import to_json

__all__ = ["drained", "streamed"]


def streamed(result: Iterator[Any] | AsyncIterator[Any], status: int, media_type: str) -> Response:
    """Return a response that sends text and bytes as they are, other items as lines of JSON or as events."""
    chunks = drained(result)
    first = list(itertools.islice(chunks, 1))  # what fails before the first chunk is an error, and no half reply
    frame = _event if media_type == "text/event-stream" else _line
    return Response(
        stream_with_context(map(_framed(frame), itertools.chain(first, chunks))), status, mimetype=media_type
    )


def drained(result: Iterator[Any] | AsyncIterator[Any]) -> Iterator[Any]:
    """Return what a generator yields, be it an asynchronous one."""
    return iter(_run(result) if isinstance(result, AsyncIterator) else result)


def _framed(frame: Callable[[bytes], bytes]) -> Callable[[Any], bytes]:
    def write(chunk: Any) -> bytes:
        if isinstance(chunk, str):
            return chunk.encode()
        if isinstance(chunk, (bytes, bytearray)):
            return bytes(chunk)
        return frame(chunk.model_dump_json(by_alias=True).encode() if isinstance(chunk, BaseModel) else to_json(chunk))

    return write


def _line(data: bytes) -> bytes:
    return data + b"\n"


def _event(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"


def _run(result: AsyncIterator[Any]) -> Iterable[Any]:
    import asyncio

    with asyncio.Runner() as runner:
        while True:
            try:
                yield runner.run(_next(result))
            except StopAsyncIteration:
                return


async def _next(result: AsyncIterator[Any]) -> Any:
    return await anext(result)
