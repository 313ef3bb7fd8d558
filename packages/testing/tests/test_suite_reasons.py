"""A case of a contract suite is overridden or left out with a reason, or nothing is collected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]

SUITE = """
from pymacaron_testing.suites import PluginSuite, Suite, leaves_out, overrides


class ShelfSuite(Suite, is_contract=True):
    def test_it_stands(self):
        assert False, "it fell"

    def test_it_is_full(self):
        pass


"""
UNREASONED = "test_it.TestShelf changes test_it_stands() of its contract and gives no reason: mark it by @overrides("


@pytest.mark.parametrize(
    "body",
    [
        "class TestShelf(ShelfSuite):\n    def test_it_stands(self):\n        pass\n",
        "class TestShelf(ShelfSuite):\n    test_it_stands = None\n",
        "class Mixin:\n    def test_it_stands(self):\n        pass\n\n\n"
        "class TestShelf(Mixin, ShelfSuite):\n    pass\n",
        "class Middle(ShelfSuite):\n    test_it_stands = leaves_out('it lies')\n\n\n"
        "class TestShelf(Middle):\n    def test_it_stands(self):\n        pass\n",
    ],
    ids=["overridden", "taken away", "by a mixin", "of a suite that has a reason"],
)
def test_a_case_that_is_changed_without_a_reason_is_no_collection(body: str, tmp_path: Path, run_pytest: Run) -> None:
    (tmp_path / "test_it.py").write_text(SUITE + body)
    printed = run_pytest(tmp_path)
    assert UNREASONED in printed
    assert "Traceback" not in printed
    assert "passed" not in printed


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("test_it_stands = leaves_out('')", "overrides() and leaves_out() want a reason: write why"),
        ("test_it_stood = leaves_out('why')", "test_it.TestShelf.test_it_stood() overrides no case of its contract"),
    ],
    ids=["an empty reason", "a wrong name"],
)
def test_a_reason_that_is_none_is_no_collection(body: str, told: str, tmp_path: Path, run_pytest: Run) -> None:
    (tmp_path / "test_it.py").write_text(f"{SUITE}class TestShelf(ShelfSuite):\n    {body}\n")
    assert told in run_pytest(tmp_path)


def test_a_case_is_overridden_or_left_out_for_a_reason_and_others_run_pytest(tmp_path: Path, run_pytest: Run) -> None:
    cases = """
class TestHanging(ShelfSuite):
    @overrides("it hangs on the wall")
    def test_it_stands(self):
        assert "wall"

    def test_of_its_own(self):
        pass


class TestLying(ShelfSuite):
    test_it_stands = leaves_out("it is not built yet")


class TestNothing(TestLying):
    pass


class TestBroken(ShelfSuite):
    pass
"""
    (tmp_path / "test_it.py").write_text(SUITE + cases)
    printed = run_pytest(tmp_path, "-rs")
    assert "it is not built yet" in printed
    assert "1 failed, 6 passed, 2 skipped" in printed
