"""The pins of `tox -e oldest` are the lower bounds, each of them."""

from __future__ import annotations

import pytest

from lower_bounds import pins


def test_a_lower_bound_becomes_an_exact_pin() -> None:
    assert pins(["flask>=3.1", "uvicorn[standard] >= 0.30, <1", "pymacaron~=3.0"]) == [
        "flask==3.1",
        "uvicorn==0.30",
        "pymacaron==3.0",
    ]


def test_a_requirement_without_a_lower_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="no lower bound to test in \\['click'\\]"):
        pins(["flask>=3.1", "click"])
