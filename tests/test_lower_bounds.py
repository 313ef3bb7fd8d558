"""The pins of `tox -m oldest` are the lower bounds, each of them."""

from __future__ import annotations

import pytest

from archives import PACKAGES
from lower_bounds import declared, pins


def test_a_lower_bound_becomes_an_exact_pin_and_ours_come_from_here() -> None:
    found = pins(["flask>=3.1", "uvicorn[standard] >= 0.30, <1", "PyYAML>=6.0.3", "pymacaron~=3.0"])
    assert found == ["flask==3.1", "uvicorn==0.30", "pyyaml==6.0.3"]


def test_of_two_lower_bounds_the_higher_one_counts() -> None:
    assert pins(["httpx2>=2.9", "click>=8.4", "httpx2>=2.16", "click>=8"]) == ["httpx2==2.16", "click==8.4"]


def test_a_requirement_without_a_lower_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="no lower bound to test in 'click'"):
        pins(["flask>=3.1", "click"])


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_has_lower_bounds_to_test(package: str) -> None:
    assert pins(declared(package))
