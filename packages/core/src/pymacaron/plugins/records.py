"""The frozen records that plugins return from hooks, and the one that tells of a plugin itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pymacaron.exceptions import AuthenticationError
    from pymacaron.http.incoming import Incoming
    from pymacaron.spec import SecurityDefinition

__all__ = [
    "ApiDocument",
    "Authenticator",
    "BackgroundProcess",
    "Check",
    "ConfigSection",
    "Identity",
    "Plugin",
    "SecurityScheme",
    "TokenIssuer",
]


@dataclass(frozen=True)
class ConfigSection:
    """A pydantic model whose fields are flat keys of pym-config.yaml; `model` is "module:Class", imported when used."""

    name: str
    model: str


@dataclass(frozen=True)
class Check:
    """One line of `pym doctor`: `run` returns None where all is well, else one sentence with the next step."""

    name: str
    run: Callable[[], str | None]


@dataclass(frozen=True)
class ApiDocument:
    """An OpenAPI document that a plugin brings, with the handlers that its operations bind."""

    name: str
    path: Path


@dataclass(frozen=True)
class BackgroundProcess:
    """A process that runs beside a server, in the folder of the service, or in a container of its own: a role.

    `arguments` are those of Python: ("-m", "shop.feed").
    """

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls, as a security scheme verified it; it never holds the token.

    `scheme` is the name of the scheme in the document, `others` are the identities of schemes required beside it.
    """

    user_id: str | None
    scheme: str = ""
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[Identity, ...] = ()


@dataclass(frozen=True)
class Authenticator:
    """A security scheme bound to one definition of a document and to the scopes that an operation wants.

    `authenticate` returns None where the request carries nothing of this scheme, and raises AuthenticationError or
    ForbiddenError for what is bad; `absent` makes the error of a request that carries nothing.
    """

    authenticate: Callable[[Incoming], Identity | None]
    absent: Callable[[], AuthenticationError]


@dataclass(frozen=True)
class SecurityScheme:
    """A kind of security scheme that a plugin verifies: OpenAPI's `type` and, of type http, its `scheme` (RFC 9110).

    `bind` is called as the service starts, with the definition and the scopes of an operation; it raises ConfigError
    where a setting that it needs is missing.
    """

    type: str
    bind: Callable[[SecurityDefinition, tuple[str, ...]], Authenticator]
    scheme: str | None = None

    @property
    def name(self) -> str:
        """Its kind in words: "http bearer", "apiKey"."""
        return f"{self.type} {self.scheme}" if self.scheme else self.type


@dataclass(frozen=True)
class TokenIssuer:
    """What makes a bearer token for calls to a service: `issue` takes a user's id, None for the default user."""

    name: str
    issue: Callable[[str | None], str]


@dataclass(frozen=True)
class Plugin:
    """A plugin as `pym plugins` lists it; `reason` says why it is broken or missing, and what to do."""

    name: str
    distribution: str
    version: str
    origin: Literal["built-in", "entry point", "local"]
    status: Literal["active", "disabled", "broken", "missing"]
    hooks: tuple[str, ...] = ()
    config_sections: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        return f"plugin '{self.name}' ({self.distribution} {self.version})".replace(" )", ")")
