"""Recorder: stands where the calls to the outside would be, and writes down what would be done."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Done", "Recorder"]


@dataclass(frozen=True)
class Done:
    """One call that would have been made: its function, and its arguments by the names of the parameters."""

    function: str
    arguments: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"


@dataclass
class Recorder:
    """Takes the place of a module or object whose functions call the outside; everything else of it is as it was.

    `answers` are by the name of a function: what it returns, an exception that it raises, or a function that makes
    either. Calls are held against the real signatures, and so are the names of answers.
    """

    outside: Any
    answers: Mapping[str, Any] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in self.answers:
            getattr(self.outside, name)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.outside, name)
        if not inspect.isroutine(found):
            return found

        def record(*arguments: Any, **keywords: Any) -> Any:
            bound = inspect.signature(found).bind(*arguments, **keywords)
            self.done.append(Done(name, bound.arguments))
            return self._answer(name, found, bound)

        return record

    def _answer(self, name: str, function: Any, bound: inspect.BoundArguments) -> Any:
        if name not in self.answers:
            if inspect.signature(function).return_annotation in (None, "None", inspect.Signature.empty):
                return None
            raise AssertionError(
                f"{name}() returns something, and the recorder was not told what: recorder(..., {name}=)"
            )
        answer = self.answers[name]
        if isinstance(answer, BaseException):
            raise answer
        return answer(*bound.args, **bound.kwargs) if inspect.isroutine(answer) else answer
