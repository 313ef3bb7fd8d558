"""Log lines: to stderr where PyMacaron itself starts the process, and with every known secret masked."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime
from typing import Any

from pymacaron.config import RedactingFilter, holds_secrets
from pymacaron.report.facts import REQUEST_ID, current_environ
from pymacaron.service import open_services

__all__ = ["configure_logging", "mask_secrets", "masked"]

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


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
        return re.sub(r"\x1b\[[0-9;]*m", "", super().format(record))


class JsonFormatter(logging.Formatter):
    """Writes each record as one JSON object: time, level, logger, message, and what is known of its request."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, every known secret masked."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": moment, "level": record.levelname, "logger": record.name}
        fields = getattr(record, "fields", None)
        line |= fields if isinstance(fields, dict) else {"message": record.getMessage(), **_request_fields()}
        if record.exc_text or record.exc_info:
            line["trace"] = record.exc_text or self.formatException(record.exc_info)  # type: ignore[arg-type]
        return masked(json.dumps(line, ensure_ascii=False, default=str))


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
