"""Suite, the base of contract suites: a case that is overridden or left out has a reason, or pytest does not start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import pytest

__all__ = ["Suite", "held", "leaves_out", "overrides"]

Case = TypeVar("Case", bound=Callable[..., Any])

REASON = "__pymacaron_reason__"


class Suite:
    """The cases of a contract are the methods `test_...` of a class that says `is_contract=True`.

    A subclass gives the fixtures that the contract asks for, may add tests, and marks the cases that it overrides.
    Raises pytest's CollectError, as the class is made, for a case that is not as the contract has it, without a reason.
    """

    cases: ClassVar[dict[str, Callable[..., None]]] = {}

    def __init_subclass__(cls, *, is_contract: bool = False, **options: Any) -> None:
        """Add the cases of a contract, or compare with them."""
        super().__init_subclass__(**options)
        if is_contract:
            own = {name: case for name, case in vars(cls).items() if name.startswith("test_")}
            cls.cases = {**cls.cases, **own}
            return
        for name, case in cls.cases.items():
            if getattr(cls, name) is not case and not _reason(getattr(cls, name)):
                raise pytest.Collector.CollectError(
                    f"{cls.__module__}.{cls.__name__} changes {name}() of its contract and gives no reason: mark it by "
                    f"@overrides('why'), or write {name} = leaves_out('why')"
                )
        for name, case in vars(cls).items():
            if _reason(case) and name not in cls.cases:
                raise pytest.Collector.CollectError(
                    f"{cls.__module__}.{cls.__name__}.{name}() overrides no case of its contract: correct the name, or "
                    "take the mark away"
                )


def overrides(reason: str) -> Callable[[Case], Case]:
    """Mark a method that takes the place of a case, with the reason why the contract's own does not fit.

    Raises pytest's CollectError for no reason.
    """
    if not isinstance(reason, str) or not reason.strip():
        raise pytest.Collector.CollectError(
            "overrides() and leaves_out() want a reason: write why the case does not fit"
        )

    def mark(case: Case) -> Case:
        setattr(case, REASON, reason)
        return case

    return mark


def leaves_out(reason: str) -> Callable[..., None]:
    """Return what takes the place of a case that does not apply: a test that skips with the reason."""

    @overrides(reason)
    def left_out(self: object) -> None:
        pytest.skip(reason)

    return left_out


def held(fact: object, sentence: str) -> None:
    """Fail a case by one sentence unless a fact is true."""
    if not fact:
        pytest.fail(sentence, pytrace=False)


def _reason(case: object) -> str | None:
    reason: str | None = getattr(case, REASON, None)
    return reason
