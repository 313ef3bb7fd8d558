"""Log lines: to stderr where PyMacaron itself starts the process, and with every known secret masked."""

from __future__ import annotations

import logging

from pymacaron.config import Config, RedactingFilter
from pymacaron.service import open_services

__all__ = ["configure_logging", "mask_secrets"]

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure_logging(config: Config) -> None:
    """Log to stderr at `log_level`, unless the service set up handlers of its own."""
    root = logging.getLogger()
    if not root.handlers:
        logging.basicConfig(format=FORMAT)
        root.setLevel(config.log_level)
    mask_secrets()


def mask_secrets() -> None:
    """Mask the secrets of every open service on all handlers that there are, the one of last resort included."""
    handlers = [logging.lastResort, *logging.getLogger().handlers]
    for handler in handlers:
        if handler is not None:
            handler.addFilter(_masking)


def _masked(text: str) -> str:
    for service in open_services():
        text = service.config.redact(text)
    return text


_masking = RedactingFilter(_masked)
