"""Log lines: to stderr where PyMacaron itself starts the process, and with every known secret masked."""

from __future__ import annotations

import json
import logging
import math
import os
import re
import sys
from datetime import UTC, datetime
from typing import Any

from pymacaron.config import RedactingFilter, holds_secrets
from pymacaron.report.facts import REQUEST_ID, current_environ
from pymacaron.service import open_services
from pymacaron.text import printable

__all__ = ["configure_logging", "log_error", "mask_secrets", "masked"]

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def configure_logging(level: str = "INFO", log_format: str = "plain") -> None:
    """Log to stderr from a level on, unless the service set up handlers of its own."""
    root = logging.getLogger()
    if not root.handlers:
        handler: logging.Handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(FORMAT) if colours_wanted() else PlainFormatter(FORMAT))
        handler.set_name(__name__)
        root.addHandler(handler)
    for handler in root.handlers:
        if handler.name == __name__:
            root.setLevel(level)
            if log_format == "json":
                handler.setFormatter(JsonFormatter())


class PlainFormatter(logging.Formatter):
    """Leaves out the colours that others write into their messages."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record without terminal sequences."""
        line = super().format(record)
        return _COLOUR.sub("", line) if "\x1b" in line else line


class JsonFormatter(logging.Formatter):
    """Writes each record as one JSON object: time, level, logger, message, and what is known of its request."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, every known secret masked."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": moment, "level": record.levelname, "logger": record.name}
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            line |= fields
        else:
            line |= {"message": record.getMessage(), **_request_fields(), **getattr(record, "details", {})}
        if record.exc_text or record.exc_info:
            line["exc"] = record.exc_text or self.formatException(record.exc_info)  # type: ignore[arg-type]
        return json.dumps({key: _masked_json(value) for key, value in line.items()}, ensure_ascii=False)


def _masked_json(value: Any) -> Any:
    """Return plain JSON with each text masked by itself: in the whole line, a secret `null` or 8080 would break it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return {masked(str(key)): _masked_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_json(item) for item in value]
    text = str(value)
    clean = masked(text).encode("utf-8", "backslashreplace").decode()
    is_number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    return value if is_number and clean == text else clean


def log_error(log: logging.Logger, message: str, trace: str = "", **details: Any) -> None:
    """Log an error on one line and its traceback below; in JSON the details and the traceback (`exc`) are fields."""
    message = printable(message)
    told = {"message": message, **details} | ({"exc": trace} if trace else {})
    text, values = ("%s\n%s", (message, trace)) if trace else ("%s", (message,))
    log.error(text, *values, extra={"details": told}, stacklevel=2)


def _request_fields() -> dict[str, str]:
    """Return the id of the current request, where it has one."""
    known = (current_environ() or {}).get(REQUEST_ID)
    return {"request_id": known} if known else {}


def colours_wanted() -> bool:
    """Return whether stderr is a terminal whose user wants colours (NO_COLOR is unset)."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def mask_secrets() -> None:
    """Mask the secrets of every open service in all log records of the process, whatever their handlers."""
    made = logging.getLogRecordFactory()
    if made is not _masked_record:
        global _make
        _make = made
        logging.setLogRecordFactory(_masked_record)


def masked(text: str) -> str:
    """Return a text with the secrets of every open service masked."""
    for service in open_services():
        text = service.config.redact(text)
    return text


_make = logging.getLogRecordFactory()
_masking = RedactingFilter(masked)


def _masked_record(*arguments: Any, **options: Any) -> logging.LogRecord:
    record = _make(*arguments, **options)
    if any(holds_secrets(service.config) for service in open_services()):
        _masking.filter(record)
    return record
