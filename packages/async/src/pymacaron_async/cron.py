"""The five fields of cron: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Cron", "parsed"]

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))


@dataclass(frozen=True)
class Cron:
    """The minutes at which a task is due; `either_day` where day and day of the week are both bounded: one suffices."""

    fields: tuple[frozenset[int], ...]
    either_day: bool

    def is_due(self, moment: datetime) -> bool:
        """Tell whether the task is due in the minute of a moment."""
        minutes, hours, days, months, weekdays = self.fields
        of_day = moment.day in days, moment.isoweekday() % 7 in weekdays
        fits = any(of_day) if self.either_day else all(of_day)
        return moment.minute in minutes and moment.hour in hours and moment.month in months and fits


def parsed(text: str) -> Cron:
    """Return what a text such as "*/15 8-18 * * 1-5" means; raises TypeError for one that is no cron."""
    parts = text.split()
    if len(parts) != len(FIELDS):
        raise TypeError(f"cron={text!r} should have five fields: minute, hour, day, month, day of the week")
    fields = [_field(part, *bounds) for part, bounds in zip(parts, FIELDS, strict=True)]
    fields[4] = frozenset(day % 7 for day in fields[4])
    return Cron(tuple(fields), not parts[2].startswith("*") and not parts[4].startswith("*"))


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            start = low if span == "*" else int(first)
            end = high if span == "*" or (step and not dash) else int(last or first)
            numbers = range(start, end + 1, int(step or 1))
        except ValueError:
            numbers = range(0)
        if not numbers or start < low or end > high:
            raise TypeError(f"cron: '{part}' is no {name}: write numbers from {low} to {high}, '*', '1-5', '*/15'")
        found.update(numbers)
    return frozenset(found)
