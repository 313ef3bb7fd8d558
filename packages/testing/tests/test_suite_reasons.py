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
UNREASONED = "TestShelf changes test_it_stands() of its contract and gives no reason: mark it by @overrides("
REFUSED = {
    "overridden": ("class TestShelf(ShelfSuite):\n    def test_it_stands(self):\n        pass\n", UNREASONED),
    "taken_away": ("class TestShelf(ShelfSuite):\n    test_it_stands = None\n", UNREASONED),
    "by_a_mixin": (
        "class Mixin:\n    def test_it_stands(self):\n        pass\n\n\n"
        "class TestShelf(Mixin, ShelfSuite):\n    pass\n",
        UNREASONED,
    ),
    "of_a_suite_that_has_a_reason": (
        "class Middle(ShelfSuite):\n    test_it_stands = leaves_out('it lies')\n\n\n"
        "class TestShelf(Middle):\n    def test_it_stands(self):\n        pass\n",
        UNREASONED,
    ),
    "an_empty_reason": (
        "class TestShelf(ShelfSuite):\n    test_it_stands = leaves_out('')\n",
        "overrides() and leaves_out() want a reason: write why",
    ),
    "a_wrong_name": (
        "class TestShelf(ShelfSuite):\n    test_it_stood = leaves_out('why')\n",
        "TestShelf.test_it_stood() overrides no case of its contract",
    ),
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, run_pytest: Run) -> str:
    """Collect all that is refused, and give what pytest prints."""
    folder = tmp_path_factory.mktemp("reasons")
    for name, (body, _) in REFUSED.items():
        (folder / f"test_{name}.py").write_text(SUITE + body)
    return run_pytest(folder)


@pytest.mark.parametrize("name", REFUSED)
def test_a_case_that_is_changed_without_a_reason_is_refused_in_a_sentence(name: str, printed: str) -> None:
    said = printed.partition(f" ERROR collecting test_{name}.py ")[2].splitlines()
    assert REFUSED[name][1] in said[1]
    assert said[2].startswith(("____", "===="))


def test_nothing_is_collected_of_what_is_refused(printed: str) -> None:
    assert f"{len(REFUSED)} errors in" in printed
    assert "passed" not in printed


def test_a_case_is_overridden_or_left_out_for_a_reason_and_others_run(tmp_path: Path, run_pytest: Run) -> None:
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
