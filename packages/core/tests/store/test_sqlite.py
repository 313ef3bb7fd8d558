"""The embedded store: where its file is, several processes, writers that are killed, and files that cannot be used."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pymacaron.exceptions import ConfigError
from pymacaron.service import Service
from pymacaron.store import ItemChangedError, StoreBusyError, StoreError
from pymacaron.store import sqlite as embedded
from pymacaron.store.current import current_store

FILES = {
    "apis/shop.yaml": """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components:
  schemas:
    Item:
      type: object
      x-persist: shop_kept.KeptItem
      properties:
        name: {type: string}
        count: {type: integer}
        version: {type: integer}
        packed: {type: string, format: byte}
        colour: {type: string}
""",
    "shop_kept.py": """
from pymacaron.store import PersistentModel


class KeptItem(PersistentModel):
    table_name = "items"
    primary_key = "name"
    version_attribute = "version"
    indexes = {"by-packed": ("colour", "packed")}
""",
}
WRITER = """
import itertools
from pymacaron import Service

service = Service(".")
(pool,) = service.load_apis("apis")
for count in itertools.count():
    pool.Item(name=f"item-{count}", count=count).save_to_db()
    print(count, flush=True)
"""
Load = Callable[..., Any]


@pytest.fixture
def load(folder: Callable[..., Path]) -> Iterator[Load]:
    """Load a service that keeps items, as the current one."""
    made: list[Service] = []

    def make(**settings: str) -> Any:
        text = "".join(f"{key}: {value}\n" for key, value in {"name": "shop", **settings}.items())
        service = Service(folder({**FILES, "pym-config.yaml": text}))
        made.append(service)
        service.load_apis("apis")
        return service

    yield make
    for service in made:
        service.close()


@pytest.mark.parametrize(("settings", "file"), [({}, "models.sqlite3"), ({"model_store_file": "a/b.db"}, "a/b.db")])
def test_the_file_stands_in_the_folder_of_the_service(load: Load, settings: dict[str, str], file: str) -> None:
    service = load(**settings)
    assert not (service.root / file).exists()
    service.pools["shop"].Item(name="pen").save_to_db()
    assert (service.root / file).exists()


def test_what_was_written_is_there_in_another_life_of_the_service(load: Load) -> None:
    service = load()
    service.pools["shop"].Item(name="pen", count=3).save_to_db()
    root = service.root
    service.close()
    again = Service(root)
    pool: Any = again.load_apis("apis")[0]
    assert pool.Item.load_from_db("pen").count == 3
    again.close()


def test_a_writer_that_is_killed_loses_nothing_that_was_acknowledged(load: Load) -> None:
    service = load()
    command = [sys.executable, "-c", WRITER]
    with subprocess.Popen(command, cwd=service.root, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(200)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().splitlines()]
    assert writer.returncode == -signal.SIGKILL
    found = {item.name: item.count for item in service.pools["shop"].Item.scan()}
    assert {f"item-{count}": count for count in acknowledged}.items() <= found.items()


def test_two_processes_see_what_each_other_writes(load: Load) -> None:
    service = load()
    Item = service.pools["shop"].Item  # noqa: N806 - a class
    ours = Item(name="pen", count=1)
    ours.save_to_db()
    other = "from pymacaron import Service; s = Service('.'); (p,) = s.load_apis('apis'); p.Item.load_from_db('pen')"
    subprocess.run([sys.executable, "-c", f"{other}.save_to_db()"], cwd=service.root, check=True)
    with pytest.raises(ItemChangedError, match=r"^an item of items was changed since it was read: read it again$"):
        ours.save_to_db()
    assert Item.load_from_db("pen").version == 2


def test_a_forked_process_opens_the_file_itself(load: Load) -> None:
    service = load()
    Item = service.pools["shop"].Item  # noqa: N806 - a class
    Item(name="parent").save_to_db()
    ours = current_store()
    child = os.fork()
    if not child:
        try:
            Item(name="child").save_to_db()
        finally:
            os._exit(not Item.has_item("parent") or current_store() is ours)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sorted(item.name for item in Item.scan()) == ["child", "parent"]


def test_a_file_that_somebody_else_holds_is_told_as_busy(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_PATIENCE", 0.05)
    service = load()
    pen = service.pools["shop"].Item(name="pen")
    pen.save_to_db()
    with sqlite3.connect(service.root / "models.sqlite3") as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match=r"^models\.sqlite3 was locked by another process for 0\.05 s: try"):
            pen.save_to_db()
        other.rollback()
    other.close()
    pen.save_to_db()
    assert pen.version == 2


@pytest.mark.parametrize("name", ["broken", "folder"])
def test_a_file_that_cannot_be_used_is_told_with_its_setting(load: Load, name: str) -> None:
    service = load(model_store_file=name)
    if name == "folder":
        (service.root / name).mkdir()
    else:
        (service.root / name).write_text("this is no database" * 100)
    with pytest.raises(StoreError, match=rf"^the file {name} of the store 'sqlite' cannot be used .*model_store_file$"):
        service.pools["shop"].Item(name="pen").save_to_db()


def test_a_store_that_no_plugin_brings_is_told_with_its_place(load: Load) -> None:
    service = load(model_store="sqlight")
    with pytest.raises(ConfigError) as caught:
        service.pools["shop"].Item.has_item("pen")
    assert str(caught.value).endswith(
        "pym-config.yaml:2: no plugin brings the model_store 'sqlight' (did you mean 'sqlite'?)"
    )


def test_bytes_are_in_order_and_found_by_their_beginning(load: Load) -> None:
    Item = load().pools["shop"].Item  # noqa: N806 - a class
    values = [b"\x00", b"\x00\xff", b"\x01", b"a", b"ab", b"b", b"\xff"]
    Item.save_many_to_db(Item(name=value.hex(), colour="red", packed=value) for value in reversed(values))
    found: list[Any] = [item.packed for item in Item.query("red", index="by-packed")]
    assert found == values
    assert [item.packed for item in Item.query("red", index="by-packed", begins_with=b"a")] == [b"a", b"ab"]
    assert [item.packed for item in Item.query("red", index="by-packed", since=b"\x00\xff", until=b"a")] == values[1:4]
