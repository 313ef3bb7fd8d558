"""What differs between what two versions of an operation ask of a caller's credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pymacaron.spec import Document, Operation, SecurityDefinition
from pymacaron_testing.diff.change import Told

__all__ = ["Security"]

Alternative = Mapping[str, tuple[str, ...]]


class Security:
    """Compares requirements; a scheme that was only renamed is the same one."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old.security_definitions, new.security_definitions
        self._renamed = dict(self._renames())

    def _renames(self) -> Iterator[tuple[str, str]]:
        free = {name: each for name, each in self._old.items() if name not in self._new}
        for name, definition in self._new.items():
            if name not in self._old:
                same = next((other for other, each in free.items() if _meaning(each) == _meaning(definition)), None)
                if same is not None:
                    del free[same]
                    yield name, same

    def differences(self, old: Operation, new: Operation) -> Iterator[Told]:
        """Yield what a caller of the old document lacks now, and what is accepted beside."""
        before: list[Alternative] = list(old.security or [{}])
        after: list[Alternative] = [self._named(each) for each in new.security or [{}]]
        lost = [each for each in before if not any(_satisfied(each, asked) for asked in after)]
        for each in lost:
            yield Told(True, "security-tightened", _sentence(each, after), new.place)
        for each in after:
            if not lost and not any(_satisfied(each, asked) for asked in before):
                told = "nobody has to authenticate now" if not each else f"{_told(each)} is accepted too"
                yield Told(False, "security-loosened", told, new.place)
        yield from self._redefined(before, new)

    def _named(self, alternative: Alternative) -> Alternative:
        return {self._renamed.get(name, name): scopes for name, scopes in alternative.items()}

    def _redefined(self, before: list[Alternative], new: Operation) -> Iterator[Told]:
        for name in dict.fromkeys(name for each in before for name in each):
            one, other = self._old.get(name), self._new.get(name)
            if one is not None and other is not None and _meaning(one) != _meaning(other):
                told = f"the security scheme '{name}' goes from {_shape(one)} to {_shape(other)}"
                yield Told(True, "security-scheme-changed", told, other.place if new else one.place)


def _meaning(definition: SecurityDefinition) -> tuple[object, ...]:
    return definition.type, definition.scheme, definition.location, (definition.parameter or "").lower()


def _shape(definition: SecurityDefinition) -> str:
    words = (definition.type, definition.scheme, definition.location, definition.parameter)
    return " ".join(word for word in words if word)


def _satisfied(brought: Alternative, asked: Alternative) -> bool:
    """Tell whether the credentials of one alternative are enough for another."""
    return all(name in brought and set(scopes) <= set(brought[name]) for name, scopes in asked.items())


def _told(alternative: Alternative) -> str:
    return " with ".join(f"'{name}'" for name in alternative)


def _sentence(lost: Alternative, after: list[Alternative]) -> str:
    if not lost:
        return f"{' or '.join(map(_told, after))} must authenticate the caller now"
    for asked in after:
        if asked.keys() == lost.keys():
            scopes = [scope for name, wanted in asked.items() for scope in wanted if scope not in lost[name]]
            return f"{_told(lost)} needs the scope {', '.join(map(repr, scopes))} too"
    return f"{_told(lost)} is no longer enough"
