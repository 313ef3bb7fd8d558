"""Judge: the validator of one schema in one direction, with all that it reaches, compiled when it is needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.models.asserted import FORMATS, is_base64, text_judge
from pymacaron.models.patterns import STEPS, TooCostlyError
from pymacaron.models.resources import Direction, Resources, resources_of
from pymacaron.spec import Place, Schema

__all__ = ["Judge"]

Verdict = Callable[[Any], bool]


class Judge:
    """Gives verdicts on JSON data by a schema, and by those that it reaches; nothing is fetched for it."""

    def __init__(self, schema: Schema, direction: Direction) -> None:
        self.schema = schema
        self.direction: Direction = direction
        self._registry: Any = None
        self._resources: Resources | None = None
        self._verdicts: dict[tuple[Place, bool], Verdict] = {}
        self._validators: dict[Place, Any] = {}
        self._lock = threading.Lock()

    def accepts(self, data: Any) -> bool:
        """Tell whether JSON data fits the schema."""
        return self.verdict(self.schema)(data)

    def verdict(self, schema: Schema, itself: bool = False) -> Verdict:
        """Return what judges by a schema that is reached, with `itself` by no heir of it.

        Raises SpecError where no validator can be made of it.
        """
        found = self._verdicts.get((schema.place, itself))
        if found is None:
            with self._lock:
                found = self._verdicts.setdefault((schema.place, itself), self._compiled(schema, itself))
        return found

    def unevaluated(self, schema: Schema, data: Any) -> list[str]:
        """Return the names that `unevaluatedProperties` refuses of an object, or the items of an array as JSON."""
        self.verdict(schema)
        errors = self._validators[schema.place].iter_errors(data)
        with suppress(TooCostlyError):
            kinds = (error.kind for error in errors if not error.instance_path)
            return next((list(kind.unexpected) for kind in kinds if kind.name.startswith("unevaluated")), [])
        return []

    def _compiled(self, schema: Schema, itself: bool) -> Verdict:
        import jsonschema_rs

        new = schema.dialect == "openapi-3.1"
        kind = jsonschema_rs.Draft202012Validator if new else jsonschema_rs.Draft4Validator
        try:
            if self._resources is None:
                draft = jsonschema_rs.Draft202012 if new else jsonschema_rs.Draft4
                self._resources = resources_of(self.schema, self.direction)
                self._registry = jsonschema_rs.Registry(self._resources.contents, draft=draft)
                self._resources.contents.clear()
            validator = kind(
                {"$ref": self._resources.itself(schema) if itself else self._resources.url(schema)},
                registry=self._registry,
                validate_formats=True,
                formats=({"byte": is_base64} if new else _formats()) | self._resources.patterns,
                pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=STEPS),
                offline=True,
            )
        except BaseException as error:
            # A defect of the library itself comes as a panic, which is no Exception.
            known = isinstance(error, ValueError | jsonschema_rs.ReferencingError)
            if not known and type(error).__name__ != "PanicException":
                raise
            told = " ".join(str(error).split())[:200]
            raise SpecError(f"{schema.place}: no validator can be made of this schema ({told}); correct it") from None
        self._validators.setdefault(schema.place, validator)
        return _bounded(validator.is_valid) if self._resources.patterns else validator.is_valid


def _bounded(verdict: Verdict) -> Verdict:
    """Return a verdict that refuses what is too costly to judge."""

    def judge(data: Any) -> bool:
        try:
            return verdict(data)
        except TooCostlyError:
            return False

    return judge


def _formats() -> dict[str, Verdict]:
    """Return what judges formats below draft 4, which has only some of them, and some by older rules."""
    return {name: text_judge(name, "") for name in sorted(FORMATS)}
