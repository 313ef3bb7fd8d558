"""httpx2, which clients call with: imported when the first call is made."""

from __future__ import annotations

import logging
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from pymacaron.exceptions import ConfigError

if TYPE_CHECKING:
    import ssl

__all__ = ["httpx", "tls"]


@cache
def httpx() -> ModuleType:
    """Return the library; raises ConfigError where it is not installed."""
    try:
        import httpx2
    except ImportError:
        raise ConfigError("calls to other APIs need httpx2: pip install 'pymacaron[client]>=3'") from None
    for name in ("httpx2", "httpcore2"):  # they log whole URLs, and headers
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.WARNING)
    return httpx2


@cache
def tls() -> ssl.SSLContext:
    """Return what all connections are encrypted with: making one takes long."""
    import httpx2

    return httpx2.create_ssl_context()
