"""Requests without end from several threads, on connections that are kept and on new ones, quick and slow."""

from __future__ import annotations

import http.client
import threading
import time
from types import TracebackType
from typing import Self

THREADS = 6
PAUSE = 0.005


class Load:
    """A load that runs as long as the context is entered; `failed` holds what was not answered with 200.

    Every third thread asks for what takes `seconds`.
    """

    def __init__(self, address: str, seconds: float = 0.5) -> None:
        self._address, self._seconds = address, seconds
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(THREADS)]
        self.answered = 0
        self.failed: list[str] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        """Ask again and again: even numbers on a kept connection, every third for what takes its time.

        That is a POST, which no proxy sends again where the server before died of it.
        """
        method, path = ("POST", f"/slow?seconds={self._seconds}") if number % 3 == 0 else ("GET", "/version")
        keeps = number % 2 == 0
        connection = http.client.HTTPConnection(self._address, timeout=30)
        while not self._ended.is_set():
            try:
                connection.request(method, path, headers={} if keeps else {"Connection": "close"})
                response = connection.getresponse()
                response.read()
                told = "" if response.status == 200 else f"{path}: {response.status}"
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                told = f"{path}: {error!r}"
            self.failed += [told] if told else []
            self.answered += not told
            time.sleep(PAUSE)
        connection.close()
