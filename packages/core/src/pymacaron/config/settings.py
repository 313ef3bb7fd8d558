"""What a section of settings is made of: the base of its model, and `setting()` that describes one key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from pymacaron.config.redaction import looks_secret

__all__ = ["Settings", "is_secret", "setting"]


class Settings(BaseModel):
    """The base of every section's model: strict types, no unknown keys, and no values in its repr or errors.

    It is frozen, because keys are set through the Config that holds it.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, protected_namespaces=()
    )

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Give the names of the keys alone."""
        return ((None, key) for key in type(self).model_fields)


def setting(
    default: Any = ...,
    *,
    description: str,
    example: Any = None,
    secret: bool | None = None,
    expected: str | None = None,
    **constraints: Any,
) -> Any:
    """Describe one key of a section, once for checks, messages and the reference page.

    `default` is left out for a key that is required. `expected` says in words what the value should be ("a plain name")
    where its type alone does not. A text whose name looks secret is secret, unless `secret=False` says otherwise.
    `constraints` are those of pydantic: ge, le, min_length, pattern, ...

    Example::

        class ShopSettings(Settings):
            stripe_api_key: str | None = setting(None, description="Key of the Stripe account.", secret=True)
    """
    extra: dict[str, Any] = ({} if secret is None else {"secret": secret}) | (
        {"expected": expected} if expected else {}
    )
    examples = None if example is None else [example]
    return Field(default, description=description, examples=examples, json_schema_extra=extra, **constraints)


def is_secret(name: str, field: FieldInfo) -> bool:
    """Tell whether a field was declared with `secret=True`, or is text under a name that looks like a secret."""
    extra = field.json_schema_extra
    declared = extra.get("secret") if isinstance(extra, dict) else None
    if declared is not None:
        return declared is True
    return looks_secret(name) and field.annotation in (str, str | None)
