"""The errors of stores: StoreError, and its four children that a caller may be told of."""

from __future__ import annotations

from pymacaron.exceptions import PyMacaronException

__all__ = ["ItemChangedError", "ItemNotFoundError", "ItemTooLargeError", "StoreBusyError", "StoreError"]


class StoreError(PyMacaronException):
    """A store cannot be used, or cannot keep what it is given; its sentences hold no values of models."""

    code = "STORE_ERROR"


class ItemNotFoundError(StoreError):
    """There is no model of a key, or it has expired."""

    code = "ITEM_NOT_FOUND"
    status = 404


class ItemChangedError(StoreError):
    """A model is not as it was when it was loaded, or is there though it should not be: nothing was written."""

    code = "ITEM_CHANGED"
    status = 409


class ItemTooLargeError(StoreError):
    """A model is larger than the store takes."""

    code = "ITEM_TOO_LARGE"


class StoreBusyError(StoreError):
    """A store is locked, throttled or cannot be reached; it was tried for a while."""

    code = "STORE_BUSY"
    status = 503
