"""Log lines: to stderr where PyMacaron itself starts the process, and with every known secret masked."""

from __future__ import annotations

import logging
import os
import re
import sys

from pymacaron.config import Config, RedactingFilter
from pymacaron.service import open_services

__all__ = ["configure_logging", "mask_secrets", "masked"]

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure_logging(config: Config) -> None:
    """Log to stderr at `log_level`, unless the service set up handlers of its own."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(FORMAT) if colours_wanted() else PlainFormatter(FORMAT))
        root.addHandler(handler)
        root.setLevel(config.log_level)
    mask_secrets()


class PlainFormatter(logging.Formatter):
    """Leaves out the colours that others write into their messages."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record without terminal sequences."""
        return re.sub(r"\x1b\[[0-9;]*m", "", super().format(record))


def colours_wanted() -> bool:
    """Return whether stderr is a terminal whose user wants colours (NO_COLOR is unset)."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def mask_secrets() -> None:
    """Mask the secrets of every open service on all handlers that there are, the one of last resort included."""
    handlers = [logging.lastResort, *logging.getLogger().handlers]
    for handler in handlers:
        if handler is not None:
            handler.addFilter(_masking)


def masked(text: str) -> str:
    """Return a text with the secrets of every open service masked."""
    for service in open_services():
        text = service.config.redact(text)
    return text


_masking = RedactingFilter(masked)
