"""Arguments of tasks as text and back, each value of the same type as before; what is not known is refused.

Plain JSON stands for None, bool, int, float, str, lists, and dicts whose keys are texts. Everything else is an object
with the one key `$`, which holds a name and what belongs to it; a dict that has a key `$` itself is written so too.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

__all__ = ["UnsuitableArgument", "decoded", "encoded", "plain"]

DEEPEST = 100
MARK = "$"
PLAIN = (type(None), bool, int, float)
_encode = json.JSONEncoder(separators=(",", ":")).encode


class UnsuitableArgument(TypeError):
    """A value that no task can be given, with its place."""


def encoded(value: Any, place: str = "the value") -> str:
    """Return the text of a value; raises UnsuitableArgument that names what is in its way, by `place`."""
    try:
        return _encode(_written(value, place, 0))
    except ValueError:
        raise UnsuitableArgument(f"{place} holds a number that is too long: pass it as text") from None


def decoded(text: str) -> Any:
    """Return the value of a text that `encoded()` wrote; raises ValueError for another."""
    return _read(json.loads(text))


def _written(value: Any, place: str, depth: int) -> Any:
    if depth > DEEPEST:
        raise UnsuitableArgument(f"{place} is nested more than {DEEPEST} levels deep: pass less")
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind is str:
        return _text(value, place)
    if kind is list:
        return [_written(item, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]
    if kind is dict:
        return _of_dict(value, place, depth)
    if kind in WRITERS:
        name, write = WRITERS[kind]
        return {MARK: [name, write(value, place)]}
    if hasattr(kind, "__pymacaron_facts__"):
        return {MARK: ["model", _of_model(value, place)]}
    raise _unsuitable(place, kind)


def _unsuitable(place: str, kind: type) -> UnsuitableArgument:
    return UnsuitableArgument(
        f"{place} is a {kind.__module__}.{kind.__qualname__}, which no task can be given: pass primitives, dicts, "
        "lists, datetimes, UUIDs, Decimals, bytes or models of a document"
    )


def _text(value: str, place: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UnsuitableArgument(f"{place} is no UTF-8 text: pass bytes") from None
    return value


def _of_dict(value: dict[Any, Any], place: str, depth: int) -> Any:
    if MARK not in value and all(type(key) is str for key in value):
        return {_text(key, place): _written(item, f"{place}[{key!r}]", depth + 1) for key, item in value.items()}
    pairs = [
        [_written(key, f"a key of {place}", depth + 1), _written(item, f"{place}[{key!r}]", depth + 1)]
        for key, item in value.items()
    ]
    return {MARK: ["dict", pairs]}


def _of_model(value: Any, place: str) -> list[Any]:
    """Return API, name and JSON of an instance; a class that its API does not know by its name is refused."""
    kind = type(value)
    api, name = kind.get_model_api(), kind.get_model_name()
    if _model(api, name) is not kind:
        raise UnsuitableArgument(
            f"{place} is a {kind.__qualname__}, which API '{api}' does not have by that name, or twice: name "
            "its schema among the components"
        )
    return [api, name, value.to_json()]


def _model(api: str, name: str) -> Any:
    from pymacaron.service import current_service

    pool = current_service().pools.get(api)
    if pool is None:
        return None
    if name in pool.model_names():
        return pool.get_model(name)
    return pool.named(name) if name in pool.names.models.values() else None


def _zone(zone: tzinfo | None, place: str) -> Any:
    if zone is None:
        return None
    if type(zone) is timezone:
        return zone.utcoffset(None) / timedelta(microseconds=1)
    if type(zone) is ZoneInfo and zone.key is not None:
        return zone.key
    raise _unsuitable(f"the time zone of {place}", type(zone))


def _zone_of(told: Any) -> tzinfo | None:
    if told is None:
        return None
    if isinstance(told, str):
        return ZoneInfo(told)
    return timezone(timedelta(microseconds=told)) if told else UTC


def _of_moment(value: datetime | time, place: str) -> list[Any]:
    return [value.replace(tzinfo=None).isoformat(), value.fold, _zone(value.tzinfo, place)]


def _moment(kind: type[datetime] | type[time]) -> Callable[[Any], Any]:
    return lambda told: kind.fromisoformat(told[0]).replace(fold=told[1], tzinfo=_zone_of(told[2]))


WRITERS: Mapping[type, tuple[str, Callable[[Any, str], Any]]] = {
    datetime: ("datetime", _of_moment),
    date: ("date", lambda value, place: value.isoformat()),
    time: ("time", _of_moment),
    timedelta: ("timedelta", lambda value, place: [value.days, value.seconds, value.microseconds]),
    UUID: ("uuid", lambda value, place: value.hex),
    Decimal: ("decimal", lambda value, place: str(value)),
    bytes: ("bytes", lambda value, place: base64.b64encode(value).decode()),
}
READERS: Mapping[str, Callable[[Any], Any]] = {
    "datetime": _moment(datetime),
    "date": date.fromisoformat,
    "time": _moment(time),
    "timedelta": lambda told: timedelta(*told),
    "uuid": UUID,
    "decimal": Decimal,
    "bytes": lambda told: base64.b64decode(told, validate=True),
    "dict": lambda told: {_read(key): _read(item) for key, item in told},
    "model": lambda told: _made(*told),
}


def _read(told: Any) -> Any:
    if isinstance(told, list):
        return [_read(item) for item in told]
    if not isinstance(told, dict):
        return told
    if MARK not in told:
        return {key: _read(item) for key, item in told.items()}
    name, content = told[MARK]
    if name not in READERS:
        raise ValueError(f"a task has an argument of the kind {name!r}, which this version does not know")
    return READERS[name](content)


def _made(api: str, name: str, content: Any) -> Any:
    model = _model(api, name)
    if model is None:
        raise ValueError(f"a task has a model {api}.{name}, which this service does not have")
    return model.from_json(content)


def plain(value: Any) -> Any:
    """Return a value as the JSON that a caller of the API gets."""
    if hasattr(type(value), "__pymacaron_facts__"):
        return value.to_json()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, (*PLAIN, str)) else str(value)
