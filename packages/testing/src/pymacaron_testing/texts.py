"""Texts that a schema accepts: of a format, of a pattern, or of a length."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import rstr

__all__ = ["text"]

WORDS = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "harbor",
    "iris",
    "juniper",
    "kelp",
    "linen",
    "maple",
    "north",
    "olive",
    "pearl",
]
FIRST_DAY = date(2020, 1, 1)
SAMPLES: dict[str, Callable[[Random], str]] = {
    "byte": lambda random: base64.b64encode(random.randbytes(6)).decode(),
    "date": lambda random: (FIRST_DAY + timedelta(days=random.randrange(3000))).isoformat(),
    "date-time": lambda random: _moment(random).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "duration": lambda random: f"PT{random.randint(1, 59)}M",
    "email": lambda random: f"{_word(random)}@{_word(random)}.example",
    "hostname": lambda random: f"{_word(random)}.example",
    "idn-email": lambda random: f"{_word(random)}@{_word(random)}.example",
    "idn-hostname": lambda random: f"{_word(random)}.example",
    "ipv4": lambda random: f"192.0.2.{random.randint(1, 254)}",
    "ipv6": lambda random: f"2001:db8::{random.randint(1, 0xFFFF):x}",
    "iri": lambda random: f"https://{_word(random)}.example/{_word(random)}",
    "iri-reference": lambda random: f"/{_word(random)}",
    "json-pointer": lambda random: f"/{_word(random)}",
    "regex": lambda random: f"^{_word(random)}$",
    "relative-json-pointer": lambda random: f"{random.randint(0, 9)}/{_word(random)}",
    "time": lambda random: _moment(random).strftime("%H:%M:%SZ"),
    "uri": lambda random: f"https://{_word(random)}.example/{_word(random)}",
    "uri-reference": lambda random: f"/{_word(random)}",
    "uri-template": lambda random: f"/{_word(random)}/{{id}}",
    "uuid": lambda random: str(UUID(int=random.getrandbits(128), version=4)),
}
LONGEST = 10_000


def text(random: Random, format_: str | None, pattern: str | None, least: int, most: int | None) -> str:
    """Return a text of a format, a pattern or neither, with `least` to `most` characters where that can be had."""
    if pattern is not None:
        return _of_pattern(random, pattern, least, most)
    if format_ in SAMPLES:
        return SAMPLES[format_](random)
    made = _word(random)
    while len(made) < min(least, LONGEST):
        made += f" {_word(random)}"
    made = made[: max(least, len(made)) if most is None else most]
    return made[:-1] + "x" if made.endswith(" ") else made


def _of_pattern(random: Random, pattern: str, least: int, most: int | None) -> str:
    """Return a text in which a pattern is found; ECMA-262's and Python's syntax agree in what documents use."""
    maker = rstr.Rstr(random)
    made = ""
    for _ in range(50):
        try:
            made = maker.xeger(pattern)
        except (re.error, KeyError, ValueError, IndexError, OverflowError):
            return made
        if least <= len(made) and (most is None or len(made) <= most):
            return made
        if len(made) < least and not pattern.endswith("$"):
            return made + "x" * (least - len(made))
    return made


def _word(random: Random) -> str:
    return random.choice(WORDS)


def _moment(random: Random) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(10**8))
