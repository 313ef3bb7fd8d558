"""The items of the shop, kept in memory."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from pymacaron import apipool

items = {}


def fill():
    """Put the first items into the shop: a start-up function, named in pym-config.yaml."""
    if not items:
        put(apipool.shop.NewItem(name="Macaron", price=3.5, tags=["sweet"]))
        put(apipool.shop.NewItem(name="Espresso", price=2))


def put(new):
    """Keep a NewItem as an Item, and return it."""
    item = apipool.shop.Item(id=uuid4(), added=datetime.now(UTC), **new.to_json())
    items[item.id] = item
    return item


def find(item_id: UUID):
    """Return an item, or None."""
    return items.get(item_id)
