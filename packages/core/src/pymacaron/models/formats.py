"""The formats of texts that have a Python type: read and written by RFC 3339 and the like.

What a format allows and Python cannot hold, such as a leap second or a duration of months, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any
from uuid import UUID

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from pymacaron.models.asserted import text_judge

__all__ = ["TYPED", "Checked", "duration_text"]

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MOMENT = rf"^{_DAY}[Tt][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
_UUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_DURATION = re.compile(
    r"P(?:(?P<weeks>[0-9]+)W|(?:(?P<days>[0-9]+)D)?"
    r"(?:T(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?(?:(?P<seconds>[0-9]+)S)?)?)"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A text that has a format and fits a pattern of ECMA-262; either may be empty."""

    format: str = ""
    pattern: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Judge the text after all else that is asked of it."""
        return core_schema.no_info_after_validator_function(_check(self.format, self.pattern), handler(source))


@dataclass(frozen=True, slots=True)
class _Typed:
    """A text of a format, as a Python value: by pydantic's own parser behind a pattern, or by a function."""

    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Take text, and from Python values of the type too."""
        text = _text(self.name)
        either = core_schema.union_schema([_value(self.name), text], mode="left_to_right")
        return core_schema.json_or_python_schema(
            _told(self.name, text), _told(self.name, either), serialization=_written(self.name)
        )


def _text(name: str) -> CoreSchema:
    if name in _PATTERNS:
        return core_schema.chain_schema([core_schema.str_schema(strict=True, pattern=_PATTERNS[name]), _PARSERS[name]])
    sound = core_schema.no_info_after_validator_function(_check(name, ""), core_schema.str_schema(strict=True))
    return core_schema.no_info_after_validator_function(_MAKERS[name], sound)


def _told(name: str, schema: CoreSchema) -> CoreSchema:
    """Return a schema with one sentence for all that it refuses."""
    told = f"Input should be text in the format '{name}'{_HELD.get(name, '')}"
    return core_schema.custom_error_schema(schema, "text_format", custom_error_message=told)


def _value(name: str) -> CoreSchema:
    if name in _PATTERNS:
        strict: dict[str, CoreSchema] = {
            "date": core_schema.date_schema(strict=True),
            "date-time": core_schema.datetime_schema(strict=True, tz_constraint="aware"),
            "uuid": core_schema.uuid_schema(strict=True),
        }
        return strict[name]
    if name == "duration":
        return core_schema.no_info_after_validator_function(_whole, core_schema.timedelta_schema(strict=True))
    return core_schema.is_instance_schema(IPv4Address if name == "ipv4" else IPv6Address)


def _written(name: str) -> Any:
    if name in _PATTERNS:
        return None
    write: Callable[[Any], str] = duration_text if name == "duration" else str
    return core_schema.plain_serializer_function_ser_schema(write, when_used="json")


def _check(name: str, pattern: str) -> Callable[[str], str]:
    """Return what lets a sound text pass."""
    judges: list[Callable[[str], bool]] = []

    def check(text: str) -> str:
        if not judges:
            try:
                judges.append(text_judge(name, pattern))
            except ValueError:
                judges.append(text_judge(name, ""))
        if judges[0](text):
            return text
        if pattern and text_judge(name, "")(text):
            raise PydanticCustomError("text_pattern", "Input should match its pattern")
        raise PydanticCustomError("text_format", "Input should be text in its format")

    return check


def _timedelta(text: str) -> timedelta:
    """Return the time that a duration takes; raise ValueError for one of years or months, or beyond Python's days."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError
    try:
        return timedelta(**{unit: int(number) for unit, number in found.groupdict().items() if number})
    except OverflowError:
        raise ValueError from None


def _whole(value: timedelta) -> timedelta:
    if value < timedelta() or value.microseconds:
        raise PydanticCustomError("text_format", "A duration is not negative and has whole seconds")
    return value


def duration_text(value: timedelta) -> str:
    """Write a duration (RFC 3339, appendix A)."""
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"P{value.days}DT{hours}H{minutes}M{seconds}S"


_HELD = {
    "date": ", from the year 1 on",
    "date-time": ", from the year 1 on, no leap second",
    "duration": ", without years and months, of at most 999999999 days",
}
"""What Python asks for beside the format."""
_PATTERNS = {"date": f"^{_DAY}$", "date-time": _MOMENT, "uuid": _UUID}
_PARSERS: dict[str, CoreSchema] = {
    "date": core_schema.date_schema(),
    "date-time": core_schema.datetime_schema(),
    "uuid": core_schema.uuid_schema(),
}
_MAKERS: dict[str, Callable[[str], Any]] = {"duration": _timedelta, "ipv4": IPv4Address, "ipv6": IPv6Address}

TYPED: dict[str, Any] = {
    "date": Annotated[date, _Typed("date")],
    "date-time": Annotated[datetime, _Typed("date-time")],
    "uuid": Annotated[UUID, _Typed("uuid")],
    "duration": Annotated[timedelta, _Typed("duration")],
    "ipv4": Annotated[IPv4Address, _Typed("ipv4")],
    "ipv6": Annotated[IPv6Address, _Typed("ipv6")],
}
"""The Python types of formats, as annotations."""
