"""Formats and patterns of texts, judged by jsonschema-rs, one small validator for each, made when first needed."""

from __future__ import annotations

import binascii
import functools
import json
import re
from collections.abc import Callable
from typing import Any

from pymacaron.models.patterns import bounded
from pymacaron.spec import Schema

__all__ = ["FORMATS", "asserted", "is_base64", "is_binary", "is_portable", "keyword_judge", "runs", "text_judge"]

FORMATS = frozenset(
    {
        "byte",
        "date",
        "date-time",
        "duration",
        "email",
        "hostname",
        "idn-email",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "iri",
        "iri-reference",
        "json-pointer",
        "regex",
        "relative-json-pointer",
        "time",
        "uri",
        "uri-reference",
        "uri-template",
        "uuid",
    }
)
"""The formats that a text must have where a schema names one beside `type: string`; all others only describe."""

_TEXTUAL = re.compile(r"text/|[^;]*(?:[/+](?:json|xml|yaml)|javascript|x-www-form-urlencoded)\s*(?:;|$)", re.IGNORECASE)
_CHARACTER = r"[A-Za-z0-9_ ,:/@#%=;!'\"<>~&`-]|\\[-./+*?()\[\]{}^$|\\]"
_PORTABLE = re.compile(
    rf"(?:{_CHARACTER}|\[\^?(?:{_CHARACTER}|[.+*?()$|])+\]|\((?:\?:)?|[)|]|[*+?]|\{{[0-9]{{1,3}}(?:,[0-9]{{0,3}})?\}}|[\^$])*"
)


def asserted(schema: Schema) -> bool:
    """Tell whether the `format` of a schema judges texts, and does not just describe them."""
    types = schema.siblings.get("type", ())
    return schema.siblings.get("format") in FORMATS and "string" in ([types] if isinstance(types, str) else types)


def is_binary(schema: Schema) -> bool:
    """Tell whether a text stands for bytes as they are.

    From OpenAPI 3.1 on a `contentMediaType` says so that is no kind of text (OpenAPI 3.1.1, section 4.8.24.5.2).
    """
    words = schema.siblings
    if words.get("format") == "binary":
        return True
    media_type = words.get("contentMediaType")
    if schema.dialect != "openapi-3.1" or not isinstance(media_type, str) or "contentEncoding" in words:
        return False
    return "format" not in words and _TEXTUAL.match(media_type) is None


def is_portable(pattern: str) -> bool:
    """Tell whether a pattern means in pydantic's regular expressions just what it does in ECMA-262."""
    operators = any(operator in pattern for operator in ("&&", "--", "~~"))
    return not operators and _PORTABLE.fullmatch(pattern) is not None and runs(pattern)


@functools.lru_cache(maxsize=1024)
def runs(pattern: str) -> bool:
    """Tell whether a pattern is a regular expression of ECMA-262."""
    try:
        text_judge("", pattern)
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=1024)
def text_judge(format_name: str, pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a text has a format and fits a pattern; either may be empty. Raises ValueError."""
    if format_name == "byte" and not pattern:
        return is_base64
    costly = bounded(pattern) if pattern else None
    linear = {"format": format_name} | ({"pattern": pattern} if costly is None else {})
    told = keyword_judge(json.dumps({"type": "string"} | {word: value for word, value in linear.items() if value}))
    return told if costly is None else lambda text: told(text) and costly.fits(text)


@functools.lru_cache(maxsize=1024)
def keyword_judge(schema: str) -> Callable[[Any], bool]:
    """Return what judges a value by a few keywords without references, given as JSON."""
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator(
        json.loads(schema), validate_formats=True, formats={"byte": is_base64}, offline=True
    )
    return validator.is_valid


def is_base64(text: str) -> bool:
    """Tell whether a text is base64 (RFC 4648, section 4)."""
    try:
        binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        return False
    return True
