"""Where log lines go when PyMacaron itself starts the process: stderr, with every known secret masked."""

from __future__ import annotations

import logging

from pymacaron.config import Config, RedactingFilter

__all__ = ["configure_logging"]

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure_logging(config: Config) -> None:
    """Log to stderr at `log_level`, unless the service set up handlers of its own; mask secrets on all of them."""
    root = logging.getLogger()
    if not root.handlers:
        logging.basicConfig(format=FORMAT)
        root.setLevel(config.log_level)
    for handler in root.handlers:
        handler.addFilter(RedactingFilter(config.redact))
