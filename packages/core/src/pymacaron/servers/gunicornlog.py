"""gunicorn's log lines through the handlers of the service, where they get the format of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gunicorn.glogging import Logger

if TYPE_CHECKING:
    from gunicorn.config import Config

__all__ = ["ThroughRoot"]


class ThroughRoot(Logger):
    """gunicorn's logger without a handler of its own."""

    def setup(self, cfg: Config) -> None:
        """Set up the levels, and leave the writing to the handlers of the root."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
