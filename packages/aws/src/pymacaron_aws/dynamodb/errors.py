"""What goes wrong in DynamoDB, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymacaron.store import ItemChangedError, ItemTooLargeError, StoreBusyError, StoreError

__all__ = ["ATTEMPTS", "LARGEST", "RepeatedError", "telling", "too_large"]

ATTEMPTS = 8
"""How often a request is sent at most, with pauses that double up to 20 s and are partly random."""
LARGEST = 400 * 1024
"""Bytes of an item."""
_THROTTLED = frozenset(
    {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException", "Throttling"}
)
_CREDENTIALS = frozenset({"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"})


class RepeatedError(ItemChangedError):
    """A condition that did not hold when a request was sent again."""


@contextmanager
def telling(name: str) -> Iterator[None]:
    """Turn the errors of botocore into those of stores, for requests that concern a table."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _refused(name, error.response) from error
    except BotoCoreError as error:
        raise _unanswered(name, error) from error


def too_large(name: str, size: str) -> str:
    """Return the sentence of an item that is too large."""
    return f"an item of {name} has {size}, and 400 kB ({LARGEST:,} bytes) is the most in DynamoDB: keep less in it"


def _refused(name: str, response: dict[str, Any]) -> StoreError:
    error, about = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, message = str(error.get("Code", "")), " ".join(str(error.get("Message", "")).split())
    if code == "ConditionalCheckFailedException":
        kind = RepeatedError if about.get("RetryAttempts") else ItemChangedError
        return kind(f"an item of {name} was changed since it was read: read it again")
    if code in _THROTTLED or about.get("HTTPStatusCode", 0) >= 500:
        return StoreBusyError(f"DynamoDB does not serve the table {name} ({code}, {ATTEMPTS} attempts): try later")
    if "size has exceeded" in message:
        return ItemTooLargeError(too_large(name, "too many bytes"))
    if code == "ResourceNotFoundException":
        return StoreError(f"there is no table or index {name} in DynamoDB: run 'pym aws tables create'")
    return StoreError(f"DynamoDB refuses a request to the table {name} ({code}): {message}")


def _unanswered(name: str, error: Exception) -> StoreError:
    told, kind = " ".join(str(error).split()), type(error).__name__
    if kind in _CREDENTIALS or "Token" in kind:
        return StoreError(f"there are no credentials for the table {name} ({told}): give the service a role")
    if kind == "ParamValidationError":
        return StoreError(f"DynamoDB cannot be asked for what is wanted of the table {name}: {told}")
    return StoreBusyError(f"DynamoDB did not answer for the table {name} ({kind}, {ATTEMPTS} attempts): try later")
