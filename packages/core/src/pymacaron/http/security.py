"""Who calls: the security requirement of an operation, bound at start to what plugins verify, and asked first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial, update_wrapper
from types import CoroutineType, MethodType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from flask import has_request_context, request
from flask.globals import request_ctx

from pymacaron.exceptions import AuthenticationError
from pymacaron.http.incoming import Incoming
from pymacaron.plugins.records import Authenticator, Identity, SecurityScheme
from pymacaron.service import current_service

if TYPE_CHECKING:
    from pymacaron.config import Config
    from pymacaron.service import Service
    from pymacaron.spec import Document, Operation, SecurityDefinition

__all__ = ["Guard", "Guarded", "Guards", "current_identity"]

IDENTITY = "pymacaron.identity"

Guard = Callable[[Incoming], Identity | None]
Alternatives = tuple[tuple[Authenticator, ...], ...]
BindAuthenticator = Callable[["Config"], Authenticator]


def current_identity() -> Identity | None:
    """Return who makes the current request, None outside one and where nobody had to authenticate."""
    found: Identity | None = request.environ.get(IDENTITY) if has_request_context() else None
    return found


class Guarded:
    """A function that wants a verified caller, made by a decorator.

    Where an operation binds it, the caller is verified before any argument is read; called as an ordinary Flask view,
    it verifies the caller of the current request itself. `bind` makes the authenticator from the configuration of a
    service, as that service starts.
    """

    def __init__(self, handler: Callable[..., Any], bind: BindAuthenticator) -> None:
        update_wrapper(self, handler)
        self.handler = handler
        self._bind = bind
        self._bound: WeakKeyDictionary[Service, Authenticator] = WeakKeyDictionary()

    def authenticator(self, service: Service) -> Authenticator:
        """Return the authenticator of a service; raises ConfigError where it lacks a setting."""
        if service not in self._bound:
            self._bound[service] = self._bind(service.config)
        return self._bound[service]

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Verify the caller of the current request, then call the function.

        A coroutine runs to its end, unless a loop is running: whoever called it there awaits it.
        """
        context = request_ctx._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug documents it
        guard = _guard(((self.authenticator(current_service()),),))
        guard(Incoming(context, context.request.environ, {}))
        result = self.handler(*arguments, **keywords)
        if not isinstance(result, CoroutineType) or _in_a_loop():
            return result
        from pymacaron.http.dispatch import finished  # only requests need what it imports

        return finished(result)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Return the function bound to an object, as a method is."""
        return self if instance is None else MethodType(self, instance)


def _in_a_loop() -> bool:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class Guards:
    """The guards of a service's operations; plugins are asked for their schemes once one is needed."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._schemes: Mapping[str, SecurityScheme] | None = None
        self._bound: dict[tuple[int, str, tuple[str, ...]], Authenticator] = {}

    def unverified(self, document: Document, operation: Operation) -> list[str]:
        """Return a sentence for each scheme of an operation that nothing here verifies: it never runs open."""
        names = sorted({name for alternative in operation.security or () for name in alternative})
        definitions = [document.security_definitions[name] for name in names]
        return [
            f"{operation.place}: {operation.method.upper()} {operation.path} requires the security scheme "
            f"'{definition.name}' ({_kind(definition)}), which no installed plugin verifies: install one that does, "
            "such as pymacaron-auth (for an image, list it in requirements.txt), or remove 'security'"
            for definition in definitions
            if _kind(definition) not in self._known()
        ]

    def guard(self, document: Document, operation: Operation, handler: object) -> Guard | None:
        """Return what verifies the callers of an operation, None where it is open; raises ConfigError."""
        alternatives: Alternatives = tuple(
            tuple(self._authenticator(document, name, scopes) for name, scopes in alternative.items())
            for alternative in operation.security or ()
        )
        if isinstance(handler, Guarded):
            own = handler.authenticator(self._service)
            alternatives = tuple((*alternative, own) for alternative in alternatives or ((),))
        return _guard(alternatives) if any(alternatives) else None

    def _authenticator(self, document: Document, name: str, scopes: tuple[str, ...]) -> Authenticator:
        key = (id(document), name, scopes)
        if key not in self._bound:
            definition = document.security_definitions[name]
            self._bound[key] = self._known()[_kind(definition)].bind(definition, scopes)
        return self._bound[key]

    def _known(self) -> Mapping[str, SecurityScheme]:
        if self._schemes is None:
            self._schemes = self._service.hooks.security_schemes(self._service.config)
        return self._schemes


def _kind(definition: SecurityDefinition) -> str:
    return f"{definition.type} {definition.scheme}" if definition.type == "http" else definition.type


def _guard(alternatives: Alternatives) -> Guard:
    if len(alternatives) == 1 and len(alternatives[0]) == 1:
        return partial(_verify_by_one, alternatives[0][0].authenticate, alternatives[0][0].absent)
    named = tuple(alternative for alternative in alternatives if alternative)
    return partial(_verify_by_any, named, len(named) < len(alternatives))


def _verify_by_one(
    authenticate: Callable[[Incoming], Identity | None],
    absent: Callable[[], AuthenticationError],
    incoming: Incoming,
) -> Identity:
    identity = authenticate(incoming)
    if identity is None:
        raise absent()
    incoming.environ[IDENTITY] = identity
    return identity


def _verify_by_any(alternatives: Alternatives, anybody: bool, incoming: Incoming) -> Identity | None:
    """Return the identity of the first alternative that the caller meets, None for nobody where `anybody` may pass.

    Who meets none gets the error of the alternative that came furthest: a missing scope before a bad credential before
    none at all, the first of the document among equals. A bad credential is refused even where anybody may pass.
    """
    refused: list[tuple[int, AuthenticationError]] = []
    for alternative in alternatives:
        found = _verify_by_all(alternative, incoming)
        if isinstance(found, Identity):
            incoming.environ[IDENTITY] = found
            return found
        refused.append(found)
    furthest, error = max(refused, key=lambda each: each[0])
    if anybody and furthest == NOTHING:
        return None
    if furthest != FORBIDDEN:
        error.challenges = list(dict.fromkeys(text for _, each in refused for text in each.challenges))
    raise error


NOTHING, BAD, FORBIDDEN = range(3)


def _verify_by_all(
    alternative: tuple[Authenticator, ...], incoming: Incoming
) -> Identity | tuple[int, AuthenticationError]:
    """Return the identity of who meets every scheme of an alternative, else how far it came, and its error.

    A bad credential weighs most, then one that is missing: scopes count only once everybody is known.
    """
    identities: list[Identity] = []
    refused: dict[int, AuthenticationError] = {}
    for authenticator in alternative:
        try:
            identity = authenticator.authenticate(incoming)
        except AuthenticationError as error:
            refused.setdefault(FORBIDDEN if error.status == 403 else BAD, error)
        else:
            if identity is None:
                refused.setdefault(NOTHING, authenticator.absent())
            else:
                identities.append(identity)
    for rank in (BAD, NOTHING, FORBIDDEN):
        if rank in refused:
            return rank, refused[rank]
    identities.sort(key=lambda identity: identity.user_id is None)
    return replace(identities[0], others=tuple(identities[1:])) if identities[1:] else identities[0]
