"""Call: what a handler may ask about the call that it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pymacaron.exceptions import AuthenticationError

if TYPE_CHECKING:
    from flask import Request

    from pymacaron.plugins.records import Identity
    from pymacaron.service import Service
    from pymacaron.spec import Operation

__all__ = ["Call"]


@dataclass(frozen=True, slots=True)
class Call:
    """The call being served: a handler that annotates a parameter with this class gets it.

    `identity` is what the operation's security requirement verified, None where it asks for none;
    `caller` is the same for handlers that want one.
    """

    api: str
    operation: Operation
    request: Request
    service: Service
    identity: Identity | None = None

    @property
    def caller(self) -> Identity:
        """Who calls; raises AuthenticationError where nobody had to say so."""
        if self.identity is None:
            raise AuthenticationError("Nobody is known to call: this operation asks for no credential")
        return self.identity
