"""The operations of apis/shop.yaml: each function is called as its operationId."""

from pymacaron import get_config
from pymacaron.exceptions import PyMacaronException
from shop import stock


class UnknownItem(PyMacaronException):
    """There is no such item."""

    code = "UNKNOWN_ITEM"
    status = 404


def list_items(limit, tag=()):
    """Return the cheapest items that carry all tags."""
    found = [item for item in stock.items.values() if set(tag) <= set(item.tags)]
    cheapest = sorted(found, key=lambda item: item.price)[:limit]
    return {"items": cheapest, "currency": get_config().shop_currency}


def add_item(new):
    """Add an item and say where it is."""
    item = stock.put(new)
    return item, 201, {"Location": f"/api/items/{item.id}"}


def get_item(item_id):
    """Return one item: `item_id` is a UUID already."""
    return existing(item_id)


def remove_item(item_id):
    """Remove one item; nothing is returned, so the reply is empty."""
    del stock.items[existing(item_id).id]


def existing(item_id):
    """Return an item or raise the error that the caller reads."""
    if (item := stock.find(item_id)) is None:
        raise UnknownItem(f"there is no item {item_id}")
    return item
