"""Each case of ModelStoreSuite fails for a store that breaks it, and none for one that keeps the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pymacaron_testing.suites import ModelStoreSuite

Outcome = dict[str, dict[str, str]]

STORE = """
from pymacaron import hookimpl
from pymacaron.store import ItemChangedError, ModelStore
from pymacaron.store.sqlite import SqliteStore


class Mine(SqliteStore):
    {body}


@hookimpl
def pym_model_stores():
    return [ModelStore("mine", lambda service: Mine(service.root / "mine.db"))]
"""
PUT = "def put(self, table, item, unchanged=None):\n        "
STORES = {
    "rounding": (
        "test_what_is_saved_is_loaded_with_its_types",
        "keep values and their types",
        f"{PUT}item['anything']['whole'] = 1\n        super().put(table, item, unchanged)",
    ),
    "forgetting": (
        "test_null_and_absence_are_two_things",
        "null was lost or made",
        f"{PUT}(item.get('anything') or {{}}).pop('inner', None)\n        super().put(table, item, unchanged)",
    ),
    "hoarding": (
        "test_what_is_not_there_is_not_found",
        "has_item() tells of an item that is not there",
        "def delete(self, table, key, unchanged=None):\n        pass",
    ),
    "merging": (
        "test_the_last_one_saved_stays_as_a_whole",
        "parts were merged",
        f"{PUT}super().put(table, {{**(self.get(table, table.keys.of(item)) or {{}}), **item}}, unchanged)",
    ),
    "bold": (
        "test_only_what_is_absent_is_saved_with_if_absent",
        "DID NOT RAISE",
        f"{PUT}super().put(table, item)",
    ),
    "careless": (
        "test_one_that_was_changed_meanwhile_is_not_overwritten",
        "DID NOT RAISE",
        "def delete(self, table, key, unchanged=None):\n        super().delete(table, key)",
    ),
    "racing": (
        "test_of_two_writers_one_wins",
        "were counted",
        f"{PUT}there = self.get(table, table.keys.of(item)) or {{}}\n"
        "        if unchanged and there.get(unchanged.attribute) != unchanged.value:\n"
        "            raise ItemChangedError('changed')\n"
        "        import time; time.sleep(0.01)\n"
        "        super().put(table, item)",
    ),
    "ascending": (
        "test_items_of_one_partition_are_in_order",
        "case 1 of queries finds [1, 2, 29, 30], not [30, 29, 2, 1]",
        "def query(self, table, search):\n        from dataclasses import replace\n"
        "        return super().query(table, replace(search, descending=False))",
    ),
    "unindexed": (
        "test_an_index_finds_what_has_its_properties",
        "case 0 of indexes finds []",
        "def query(self, table, search):\n        return iter(()) if search.index else super().query(table, search)",
    ),
    "haunted": (
        "test_an_index_follows_what_is_written",
        "an index finds an item that was deleted",
        "def delete(self, table, key, unchanged=None):\n"
        "        self.gone = self.get(table, key)\n"
        "        super().delete(table, key, unchanged)\n\n"
        "    def query(self, table, search):\n"
        "        yield from super().query(table, search)\n"
        "        yield from [self.gone] if search.index and hasattr(self, 'gone') else []",
    ),
    "single": (
        "test_many_are_written_loaded_and_scanned",
        "load_many_from_db() does not keep the order",
        "def get_many(self, table, keys):\n        return super().get_many(table, list(keys)[:100])",
    ),
    "mourning": (
        "test_an_expired_item_is_not_there",
        "ItemChangedError",
        f"{PUT}if unchanged and self.get(table, table.keys.of(item)):\n"
        "            raise ItemChangedError('there is one')\n"
        "        super().put(table, item)",
    ),
    "shortening": (
        "test_a_key_has_a_value_of_a_size",
        "[False, False, False] are found",
        "def put_many(self, table, items):\n"
        "        key = table.keys.partition\n"
        "        super().put_many(table, [{**item, key: item[key][:255]} for item in items])",
    ),
    "empty": (
        "test_the_names_of_old_work",
        "ItemNotFoundError",
        "def get(self, table, key):\n"
        "        item = super().get(table, key)\n"
        "        return item if item and len(item) > len(table.keys.names) else None",
    ),
}  # fmt: skip
TEST = """
class Test_{name}(ModelStoreSuite):
    @pytest.fixture
    def store(self):
        settings = {{"model_store": "mine", "plugins": {{"local": ["mine"]}}}}
        return StoreUnderTest(settings, files={{"mine.py": {source!r}}})
"""
HEAD_OF_TESTS = "import pytest\n\nfrom pymacaron_testing.suites import *\n"


@pytest.fixture(scope="module")
def outcome(judged: Callable[..., Outcome]) -> Outcome:
    """Try the case that each of them breaks, and all cases on the good one."""
    bodies = {**{name: body for name, (_, _, body) in STORES.items()}, "good": "pass"}
    tests = [TEST.format(name=name, source=STORE.format(body=body)) for name, body in bodies.items()]
    return judged({"test_it.py": HEAD_OF_TESTS + "".join(tests)}, {name: case for name, (case, *_) in STORES.items()})


def test_what_keeps_its_contract_passes(outcome: Outcome) -> None:
    assert outcome["good"] == {}


def test_every_case_has_a_store_that_breaks_it() -> None:
    assert {case for case, *_ in STORES.values()} == {*ModelStoreSuite.cases}


@pytest.mark.parametrize("name", STORES)
def test_a_store_that_breaks_the_contract_is_told(name: str, outcome: Outcome) -> None:
    case, sentence, _ = STORES[name]
    assert sentence in outcome[name].get(case, "it passed")
