"""Log lines: to stderr where PyMacaron itself starts the process, and with every known secret masked."""

from __future__ import annotations

import logging
import os
import re
import sys
from typing import Any

from pymacaron.config import RedactingFilter, holds_secrets
from pymacaron.service import open_services

__all__ = ["configure_logging", "mask_secrets", "masked"]

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure_logging(level: str = "INFO") -> None:
    """Log to stderr from a level on, unless the service set up handlers of its own."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(FORMAT) if colours_wanted() else PlainFormatter(FORMAT))
        handler.set_name(__name__)
        root.addHandler(handler)
    if any(handler.name == __name__ for handler in root.handlers):
        root.setLevel(level)


class PlainFormatter(logging.Formatter):
    """Leaves out the colours that others write into their messages."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record without terminal sequences."""
        return re.sub(r"\x1b\[[0-9;]*m", "", super().format(record))


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
