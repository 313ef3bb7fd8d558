"""Keeping secrets out of texts: which names look secret, and what masks the values that are."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus

__all__ = ["MASK", "RedactingFilter", "Redactor", "looks_secret"]

MASK = "***"
_OWN_PARTS = vars(logging.makeLogRecord({})).keys()
_SHORTEST = 4
_SHORTEST_LINE = 16
_SECRET_WORD = re.compile(
    r"(?:secret|password|passwd|passphrase|token)s?(?:$|_)|(?:^|_)(?:api_?key|private_?key|pwd|cvv|cvc|passcode)s?(?:$|_)"
)
_SECRET_END = re.compile(
    r"(?:^|_)(?:authorization|cookie|credential|jwt|pin|pin_?code|session|session_?id|access_?key|bearer)s?$"
)
"""Words that are secrets by themselves, and none where another follows: `jwt_issuer`, `cookie_domain`."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def looks_secret(name: object) -> bool:
    """Tell whether a key is called like a secret: 'token' or the like in it, or 'cookie' or the like at its end.

    Words are told apart by what is no letter or digit, and by camelCase.
    """
    words = re.sub(r"\W", "_", _CAMEL.sub("_", str(name))).lower()
    return bool(_SECRET_WORD.search(words) or _SECRET_END.search(words))


class Redactor:
    """Masks in a text every secret that it was told, also where it stands escaped or one line of it alone.

    Secrets of fewer than 4 characters are left: masking them would only hide the rest of the text.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: tuple[str, ...] = ()
        self.add(secrets)

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._forms)} texts>"

    def add(self, secrets: Iterable[str]) -> None:
        """Learn more secrets; none is ever forgotten."""
        forms = {form for secret in secrets for form in _forms(secret)}
        self._forms = tuple(sorted(forms.union(self._forms)))

    def __bool__(self) -> bool:
        """Tell whether there is anything to mask."""
        return bool(self._forms)

    def __call__(self, text: str) -> str:
        """Return the text with every secret as '***', overlapping ones as one."""
        found = [form for form in self._forms if form in text]
        if not found:
            return text
        spans = sorted(span for form in found for span in _spans(form, text))
        pieces: list[str] = []
        end = 0
        for start, stop in spans:
            if not pieces or start > end:
                pieces += [text[end:start], MASK]
            end = max(end, stop)
        return "".join([*pieces, text[end:]])


def _forms(secret: str) -> Iterator[str]:
    """Give the ways in which a secret may stand in a text: as it is, escaped, in a URL, one of its lines."""
    if len(secret) < _SHORTEST:
        return
    yield secret
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")
    yield from (line for line in secret.splitlines() if len(line) >= _SHORTEST_LINE)


def _spans(form: str, text: str) -> Iterator[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + 1)


class RedactingFilter(logging.Filter):
    """Scrubs log records: message with arguments, exception, stack, and texts given by `extra`."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub the record and let it pass; a record that holds no secret keeps its parts as they are."""
        self._scrub_message(record)
        self._scrub_exception(record)
        for key in vars(record).keys() - _OWN_PARTS:
            if isinstance(value := getattr(record, key), str):
                setattr(record, key, self._redact(value))
            elif isinstance(value, dict):
                clean = {name: self._redact(item) if isinstance(item, str) else item for name, item in value.items()}
                setattr(record, key, clean)
        return True

    def _scrub_message(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:
            message = f"{record.msg} (its arguments do not fit)"
            record.args = ()
        clean = self._redact(message)
        if clean != message or not record.args:
            record.msg, record.args = clean, ()

    def _scrub_exception(self, record: logging.LogRecord) -> None:
        if not record.exc_info or not record.exc_info[0]:
            return
        text = record.exc_text or logging.Formatter().formatException(record.exc_info)
        clean = self._redact(text)
        if clean != text:
            record.exc_info, record.exc_text = None, clean
