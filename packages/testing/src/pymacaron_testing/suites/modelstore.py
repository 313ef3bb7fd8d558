"""ModelStoreSuite: what holds for everything that keeps models."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest

from pymacaron.service import Service
from pymacaron.store import ItemChangedError, ItemNotFoundError, StoreError
from pymacaron_testing.suites.base import Suite, held
from pymacaron_testing.suites.keptmodels import CLASSES, DOCUMENT

__all__ = ["ModelStoreSuite", "StoreUnderTest", "same"]

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class StoreUnderTest:
    """The settings and files of a service that keeps models in the store, and what makes its tables, empty."""

    settings: Mapping[str, Any]
    prepare: Callable[[Service], object] = lambda service: None
    files: Mapping[str, str] = field(default_factory=dict)


class ModelStoreSuite(Suite, is_contract=True):
    """The contract of a store that pym_model_stores returns: the fixture `store` is a StoreUnderTest.

    `lag` are the seconds after which an index has what was written.
    """

    lag: ClassVar[float] = 0

    @pytest.fixture
    def models(self, store: StoreUnderTest, tmp_path: Path) -> Iterator[Any]:
        """Load a service whose models the store keeps; the service is the current one."""
        files = {
            "pym-config.yaml": json.dumps({"name": "demo", **store.settings}),
            "apis/kept.yaml": DOCUMENT,
            "pym_suite_kept.py": CLASSES,
            **store.files,
        }
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        service = Service(tmp_path)
        try:
            with service:
                (pool,) = service.load_apis("apis")
                store.prepare(service)
                yield pool
        finally:
            service.close()

    def test_what_is_saved_is_loaded_with_its_types(self, models: Any) -> None:
        """Every type of JSON and every format, in models, in lists and in free values."""
        saved = models.Profile(
            profile_id="ä/#\x00'\"$",
            city="Rome",
            score=3.0,
            day=date(2026, 2, 28),
            moment=datetime(2026, 2, 28, 12, 30, 1, 5, timezone(timedelta(hours=2))),
            token=UUID(int=5),
            took=timedelta(days=800, seconds=61),
            packed=b"\x00\xff",
            raw=bytes(range(256)),
            friends=[models.Friend(name="", since=START, key=b"", weight=0.1), models.Friend(weight=2.0)],
            anything={
                "whole": 1.0,
                "empty": "",
                "$bytes": "00",
                "list": [1, -1.5, 2.0, None, True, {}, [], 2**100, {"$bytes": "00"}],
            },
        )
        saved.save_to_db()
        loaded = models.Profile.load_from_db(saved.profile_id)
        held(same(loaded, saved), f"{saved!r} was saved, and {loaded!r} loaded: keep values and their types")

    def test_null_and_absence_are_two_things(self, models: Any) -> None:
        """A property that is null is so when it is loaded, and one that is absent is absent."""
        for profile in (models.Profile(profile_id="absent"), models.Profile.from_json({"profile_id": "null"})):
            profile.anything = None if profile.profile_id == "absent" else {"inner": None}
            profile.save_to_db()
            held(
                models.Profile.load_from_db(profile.profile_id).to_json() == profile.to_json(), "null was lost or made"
            )

    def test_what_is_not_there_is_not_found(self, models: Any) -> None:
        """Neither before it was saved nor after it was deleted; deleting it again is no error."""
        profile = models.Profile(profile_id="ada")
        for _ in range(2):
            held(not models.Profile.has_item("ada"), "has_item() tells of an item that is not there")
            with pytest.raises(ItemNotFoundError):
                models.Profile.load_from_db("ada")
            profile.save_to_db()
            held(models.Profile.has_item("ada"), "has_item() does not tell of an item")
            profile.delete_from_db()
            profile.delete_from_db()

    def test_the_last_one_saved_stays_as_a_whole(self, models: Any) -> None:
        """Saving puts the whole model in place of the other."""
        models.Profile(profile_id="ada", city="Rome", score=1.5).save_to_db()
        models.Profile(profile_id="ada", city="Oslo").save_to_db()
        held(models.Profile.load_from_db("ada").to_json() == {"profile_id": "ada", "city": "Oslo"}, "parts were merged")

    def test_only_what_is_absent_is_saved_with_if_absent(self, models: Any) -> None:
        """The second of two that create an item is told, and changes nothing."""
        models.Profile(profile_id="ada", city="Rome").save_to_db(if_absent=True)
        with pytest.raises(ItemChangedError):
            models.Profile(profile_id="ada", city="Oslo").save_to_db(if_absent=True)
        held(models.Profile.load_from_db("ada").city == "Rome", "if_absent=True has overwritten an item")

    def test_one_that_was_changed_meanwhile_is_not_overwritten(self, models: Any) -> None:
        """Nor deleted; a loaded model counts on from its version, also where it overwrites on purpose."""
        first = models.Counter(name="hits", count=0)
        first.save_to_db()
        second = models.Counter.load_from_db("hits")
        second.save_to_db()
        for write in (first.save_to_db, first.delete_from_db, models.Counter(name="hits").save_to_db):
            with pytest.raises(ItemChangedError):
                write()
        held(
            (first.version, second.version) == (1, 2), f"versions {first.version} and {second.version} are not 1 and 2"
        )
        first.save_to_db(if_unchanged=False)
        held(first.version == 3, "what is overwritten on purpose does not count on")
        with pytest.raises(ItemChangedError):
            second.save_to_db()
        models.Counter.load_from_db("hits").delete_from_db()
        held(not models.Counter.has_item("hits"), "a model that was not changed is not deleted")

    def test_of_two_writers_one_wins(self, models: Any) -> None:
        """Many threads count at the same time, each beginning again when it lost: no count is lost."""
        models.Counter(name="hits", count=0).save_to_db()
        service, start, threads, rounds = _current(), threading.Barrier(4), 4, 8

        def count() -> int:
            start.wait(30)
            won = lost = 0
            while won < rounds:
                counter = models.Counter.load_from_db("hits")
                counter.count += 1
                try:
                    counter.save_to_db()
                    won += 1
                except ItemChangedError:
                    lost += 1
            return lost

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda _: service.run(count), range(threads)))
        counter = models.Counter.load_from_db("hits")
        held(counter.count == threads * rounds, f"{threads * rounds} writers won, and {counter.count} were counted")
        held(counter.version == threads * rounds + 1, f"the version is {counter.version}")

    def test_items_of_one_partition_are_in_order(self, models: Any) -> None:
        """By the second property of the key: up and down, between bounds, from a beginning, so many."""
        models.Event.save_many_to_db(
            models.Event(room=room, at=START + timedelta(hours=hours), rank=hours)
            for room in ("a", "b")
            for hours in (30, 2, 1, 29)
        )

        def found(*key: Any, **bounds: Any) -> list[int]:
            return [event.rank for event in models.Event.query(*key, **bounds)]

        def at(hours: int) -> datetime:
            return (START + timedelta(hours=hours)).astimezone(timezone(timedelta(hours=-8)))

        cases: list[tuple[list[int], list[int]]] = [
            (found("a"), [1, 2, 29, 30]),
            (found("a", descending=True), [30, 29, 2, 1]),
            (found("a", at(2)), [2]),
            (found("a", since=at(2)), [2, 29, 30]),
            (found("a", until=at(2)), [1, 2]),
            (found("a", since=at(2), until=at(29), descending=True), [29, 2]),
            (found("a", begins_with="2026-01-02"), [29, 30]),
            (found("a", limit=3), [1, 2, 29]),
            (found("c"), []),
        ]
        for number, (those, wanted) in enumerate(cases):
            held(those == wanted, f"case {number} of queries finds {those}, not {wanted}")
        held(models.Event.load_from_db("a", at(1)).rank == 1, "a key that is a pair does not find its item")

    def test_an_index_finds_what_has_its_properties(self, models: Any) -> None:
        """In order, numbers by their size, and not what lacks one of them."""
        for number, age in enumerate((10, 9, 100, None)):
            models.Profile(profile_id=f"p{number}", city="Rome", age=age).save_to_db()
        models.Profile(profile_id="elsewhere", city="Oslo", age=10).save_to_db()
        models.Event.save_many_to_db(
            models.Event(room="a", at=START + timedelta(days=day), kind=("odd" if day % 2 else None))
            for day in range(4)
        )
        time.sleep(self.lag)
        cases = [
            ([p.age for p in models.Profile.query("Rome", index="by-city")], [9, 10, 100]),
            ([p.age for p in models.Profile.query("Rome", index="by-city", descending=True, limit=2)], [100, 10]),
            ([p.profile_id for p in models.Profile.query("Rome", since=10, until=99, index="by-city")], ["p0"]),
            (sorted(e.at.day for e in models.Event.query("odd", index="by-kind")), [2, 4]),
            ([e.rank for e in models.Event.query("a", index="by-rank")], []),
        ]
        for number, (those, wanted) in enumerate(cases):
            held(those == wanted, f"case {number} of indexes finds {those}, not {wanted}")

    def test_an_index_follows_what_is_written(self, models: Any) -> None:
        """An item that changes is found by its new value alone, and none that was deleted."""
        profile = models.Profile(profile_id="ada", city="Rome", age=1)
        profile.save_to_db()
        profile.city = "Oslo"
        profile.save_to_db()
        time.sleep(self.lag)
        found = [len(list(models.Profile.query(city, index="by-city"))) for city in ("Rome", "Oslo")]
        held(found == [0, 1], f"an item that moved is found {found[0]} times where it was, {found[1]} where it is")
        profile.delete_from_db()
        time.sleep(self.lag)
        held(not list(models.Profile.query("Oslo", index="by-city")), "an index finds an item that was deleted")

    def test_many_are_written_loaded_and_scanned(self, models: Any) -> None:
        """More than fit into one request; the order of the keys is kept, and what is not there is left out."""
        names = [f"p{number:03}" for number in range(230)]
        profiles = [models.Profile(profile_id=name, city=f"city of {name}") for name in names]
        models.Profile.save_many_to_db([*profiles, models.Profile(profile_id="p000", city="the last one")])
        asked = ["nobody", *reversed(names), "p001"]
        loaded = [profile.profile_id for profile in models.Profile.load_many_from_db(asked)]
        held(loaded == [*reversed(names), "p001"], "load_many_from_db() does not keep the order of the keys")
        held(sorted(profile.profile_id for profile in models.Profile.scan()) == names, "scan() misses or repeats items")
        held(models.Profile.load_from_db("p000").city == "the last one", "of two with one key not the last one stays")
        held(models.Profile.load_many_from_db([]) == [], "no keys find something")
        models.Profile.save_many_to_db([])

    def test_an_expired_item_is_not_there(self, models: Any) -> None:
        """Whatever looks for it; and somebody may create it anew."""
        gone, stays = (
            models.Profile(profile_id="gone", city="Rome", age=1),
            models.Profile(profile_id="stays", city="Rome"),
        )
        gone.save_to_db(time_to_live=-5)
        stays.save_to_db(time_to_live=timedelta(hours=1))
        held(models.Profile.load_from_db("stays").to_json() == stays.to_json(), "the time to live shows in the model")
        held(not models.Profile.has_item("gone"), "has_item() tells of an expired item")
        with pytest.raises(ItemNotFoundError):
            models.Profile.load_from_db("gone")
        found = [p.profile_id for p in (*models.Profile.scan(), *models.Profile.load_many_from_db(["gone", "stays"]))]
        held(found == ["stays", "stays"], f"expired items are found: {found}")
        held(not list(models.Profile.query("Rome", index="by-city")), "an index finds an expired item")
        gone.save_to_db(if_absent=True)
        held(models.Profile.has_item("gone"), "an expired item cannot be created anew")

    def test_a_key_has_a_value_of_a_size(self, models: Any) -> None:
        """It has at most 2048 bytes, and none is refused; and no item is found by what cannot be a key."""
        longest = [f"{'ä' * 1023}{last:02}" for last in range(2)]
        models.Profile.save_many_to_db(models.Profile(profile_id=profile_id) for profile_id in longest)
        found = [models.Profile.has_item(profile_id) for profile_id in (*longest, longest[0][:-1])]
        held(found == [True, True, False], f"of two keys of 2048 bytes, and one of 2047, {found} are found")
        for profile_id in (None, "", "ä" * 1025):
            with pytest.raises(StoreError, match=r"^Profile\.profile_id is a key"):
                models.Profile(profile_id=profile_id).save_to_db()
        held(not models.Profile.has_item(5), "a number is taken for the text of a key")
        held(list(models.Event.query(5)) == [], "a number is taken for the text of a key")

    def test_the_names_of_old_work(self, models: Any) -> None:
        """The class that x-persist names loads the model, saves it and knows its table."""
        KeptProfile = _current().import_dotted("pym_suite_kept.KeptProfile")  # noqa: N806 - a class

        models.Profile(profile_id="ada").load_to_db()
        held(
            KeptProfile.load_from_db("ada") == models.Profile(profile_id="ada"), "the class of x-persist loads no model"
        )
        KeptProfile.save_to_db(models.Profile(profile_id="bob"))
        table = KeptProfile.get_table()
        there = [table.has_item(profile_id=name) for name in ("ada", "bob", "eve")]
        held(there == [True, True, False], f"get_table().has_item() tells {there}")


def same(first: Any, second: Any) -> bool:
    """Tell whether two values are equal, and of the same types all through."""
    if hasattr(first, "__pydantic_fields__"):
        return type(first) is type(second) and same(dict(first), dict(second))
    if isinstance(first, datetime):
        return isinstance(second, datetime) and first == second
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(value, second[name]) for name, value in first.items())
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def _current() -> Service:
    from pymacaron.service import current_service

    return current_service()
