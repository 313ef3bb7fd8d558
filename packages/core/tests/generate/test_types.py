"""mypy, strict, on services that are written against the generated types: a right one, and a wrong one beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")

SHOP = Path(__file__).parents[4] / "examples" / "shop"
RIGHT = '''
"""The handlers of the shop, typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from apis.shop_models import Item, ItemsGet200, NewItem
from pymacaron import Call
from pymacaron.exceptions import ForbiddenError, PyMacaronException

items: dict[UUID, Item] = {}


def list_items(limit: int, tag: list[str] | None = None) -> ItemsGet200:
    found = [item for item in items.values() if set(tag or ()) <= set(item.tags)]
    return ItemsGet200(items=found[:limit], currency="SEK")


def add_item(new: NewItem) -> tuple[Item, int, dict[str, str]]:
    note: str | None = new.note
    item = Item(id=uuid4(), added=datetime.now(UTC), name=new.name, price=new.price, note=note)
    items[item.id] = item
    return item, 201, {"Location": f"/api/items/{item.id}"}


async def get_item(item_id: UUID, call: Call) -> Item | Mapping[str, Any] | PyMacaronException:
    return items.get(item_id) or ForbiddenError(call.api)


def remove_item(item_id: UUID) -> None:
    del items[item_id]
'''
RIGHT_CALLS = '''
"""What calls the shop, typed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import shop.items
from apis.shop_client import aclient, client
from apis.shop_models import Basket, Item, NewItem
from pymacaron.exceptions import PyMacaronException

if TYPE_CHECKING:
    from apis.shop_handlers import Handlers

    handlers: Handlers = shop.items


def names(basket: Basket) -> list[str]:
    return [basket.Item.name, *basket.list, *(item.name for item in basket.more)]


def cheapest(tag: str) -> float:
    found = client.list_items(limit=1, tag=[tag])
    if isinstance(found, PyMacaronException):
        raise found
    print(NewItem(name="a", price=1).shout().lower())
    return found.items[0].price


async def renamed(item_id: UUID, name: str) -> Item | PyMacaronException:
    for page in client.list_items.pages(limit=3):
        print(page.currency)
    old = await aclient.get_item.using(retries=0)(item_id=item_id)
    if isinstance(old, Item):
        return await aclient.add_item(NewItem(name=name, price=old.price, tags=old.tags))
    return old
'''
BASKET = (
    "{type: object, required: [Item, list, more], properties: {Item: {$ref: '#/components/schemas/Item'}, "
    "list: {type: array, items: {type: string}}, more: {type: array, items: {$ref: '#/components/schemas/Item'}}}}"
)
KINDS = """
class Named:
    def shout(self) -> str:
        return str(getattr(self, "name")).upper()
"""
WRONG = {
    "list_items(limit: str, tag: list[str] | None) -> dict[str, str]:": "ListItems",
    "add_item() -> None:": "AddItem",
    "get_item(item_id: UUID, more: int) -> Item:": "GetItem",
    "remove_item(item_id: UUID) -> int:": "RemoveItem",
}
WRONG_CALLS = {
    'client.list_items(limit="3")': 'incompatible type "str"; expected "int | None"',
    "client.get_item()": 'Missing named argument "item_id"',
    "client.add_item(3)": 'expected "NewItem | Mapping[str, Any]"',
    "client.nothing()": '"Client" has no attribute "nothing"',
    "NewItem(name=1, price=2)": 'incompatible type "int"; expected "str"',
    'NewItem(name="x", prize=2)': 'Unexpected keyword argument "prize"',
    'Item(name="x", price=2)': 'Missing named argument "id"',
    'number: int = NewItem(name="x", price=2).name': 'expression has type "str"',
    'NewItem(name="x", price=2).tags.append(3)': 'incompatible type "int"; expected "str"',
    "len(client.remove_item(item_id=UUID(int=1)) or [])": "Argument 1",
}
RAISING = """
from __future__ import annotations

from others.store_client import aclient, client
from others.store_models import Item, NewItem


def added(name: str) -> Item:
    for page in client.list_items.pages():
        print(page.currency)
    return client.add_item.using(retries=0)(NewItem(name=name, price=1))


async def awaited(name: str) -> Item:
    return await aclient.add_item(NewItem(name=name, price=1))
"""
HEAD = "from uuid import UUID\n\nfrom apis.shop_client import client\nfrom apis.shop_models import Item, NewItem\n\n"


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Generate for a service with right handlers, and for a second API with wrong ones; return what mypy says."""
    root = tmp_path_factory.mktemp("typed")
    (root / "apis").mkdir()
    (root / "pym-config.yaml").write_text("name: shop\nclients: {store: {errors: raise}}\n")
    document = (SHOP / "apis" / "shop.yaml").read_text()
    document = document.replace(
        "    NewItem:\n", f"    Basket: {BASKET}\n    NewItem:\n      x-parent: shop.kinds.Named\n"
    )
    (root / "apis" / "shop.yaml").write_text(document)
    (root / "apis" / "wrong.yaml").write_text(
        document.replace("x-bind-module: shop.items", "x-bind-module: wrong.items")
    )
    (root / "others").mkdir()
    (root / "others" / "store.yaml").write_text(document)
    for package in ("shop", "wrong"):
        (root / package).mkdir()
        (root / package / "__init__.py").touch()
    (root / "shop" / "items.py").write_text(RIGHT)
    (root / "shop" / "kinds.py").write_text(KINDS)
    (root / "shop" / "calls.py").write_text(RIGHT_CALLS)
    (root / "shop" / "raising.py").write_text(RAISING)
    (root / "wrong" / "items.py").write_text(
        HEAD + "\n\n".join(f"def {signature}\n    raise NotImplementedError\n" for signature in WRONG)
    )
    (root / "wrong" / "calls.py").write_text(HEAD + "\n".join(WRONG_CALLS) + "\n")
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYM_")}
    command = [sys.executable, "-m", "pymacaron", "generate"]
    for more in ([], ["--clients", "others"]):
        subprocess.run([*command, *more], cwd=root, env=environment, check=True, capture_output=True, timeout=60)
    mypy = ["-m", "mypy", "--strict", "--config-file", os.devnull, "--no-color-output", "--no-error-summary"]
    command = [sys.executable, *mypy, "--cache-dir", str(root / "cache"), "-p", "apis", "-p", "shop", "-p", "wrong"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def lines(verdict: str) -> list[str]:
    return [line for line in verdict.splitlines() if ": error: " in line]


def test_a_service_that_is_written_against_the_generated_types_passes(lines: list[str]) -> None:
    assert [line for line in lines if not line.startswith(("wrong/", "apis/wrong_handlers.py"))] == []


def test_a_service_that_breaks_the_generated_types_fails_at_every_break(lines: list[str]) -> None:
    broken = [line for line in lines if line.startswith("apis/wrong_handlers.py")]
    assert len(broken) == len(WRONG)
    for line, protocol in zip(broken, WRONG.values(), strict=True):
        assert f'variable has type "{protocol} | {protocol}WithCall"' in line
    start = HEAD.count("\n") + 1
    for number, said in enumerate(WRONG_CALLS.values(), start):
        told = [line for line in lines if re.match(rf"wrong/calls\.py:{number}:", line)]
        assert any(said in line for line in told), (number, told)
