"""The hooks of pymacaron-auth; what they need is imported when they are asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pymacaron import hookimpl
from pymacaron.plugins.records import ApiDocument, Check, ConfigSection, SecurityScheme, TokenIssuer

if TYPE_CHECKING:
    import click
    from flask import Flask

    from pymacaron.config import Config
    from pymacaron.plugins.records import Authenticator
    from pymacaron.service import Service
    from pymacaron.spec import SecurityDefinition
    from pymacaron_auth.bearer import BearerTokens

__all__ = [
    "pym_apis",
    "pym_app_created",
    "pym_checks",
    "pym_commands",
    "pym_config_sections",
    "pym_security_schemes",
    "pym_token_issuers",
]

Bind = Callable[["SecurityDefinition", tuple[str, ...]], "Authenticator"]


@hookimpl
def pym_config_sections() -> list[ConfigSection]:
    """Declare the keys that begin with `jwt_`, and those of passwords and API keys."""
    return [ConfigSection("auth", "pymacaron_auth.settings:AuthSettings")]


@hookimpl
def pym_commands() -> list[click.Command]:
    """Bring `pym token` and `pym audit`."""
    from pymacaron_auth.commands import audit, token

    return [token, audit]


@hookimpl
def pym_checks(service: Service) -> list[Check]:
    """Ask what keeps revocations whether it answers, where there is such."""
    if service.config.get("jwt_revocation") is None:
        return []
    return [Check("revoked tokens", lambda: _complaint_of_revocations(service))]


@hookimpl
def pym_apis(config: Config) -> list[ApiDocument]:
    """Bring /auth/version where a key is configured."""
    from pymacaron_auth.settings import has_keys

    return [ApiDocument("auth", Path(__file__).with_name("auth.yaml"))] if has_keys(config) else []


@hookimpl
def pym_security_schemes(config: Config) -> list[SecurityScheme]:
    """Verify bearer tokens under three names, passwords, and API keys."""
    bearer = _bind_bearer(config)
    return [
        SecurityScheme("http", bearer, "bearer"),
        SecurityScheme("oauth2", bearer),
        SecurityScheme("openIdConnect", bearer),
        SecurityScheme("http", _bind("bind_basic", config), "basic"),
        SecurityScheme("apiKey", _bind("bind_api_key", config)),
    ]


@hookimpl
def pym_token_issuers(config: Config) -> list[TokenIssuer]:
    """Make tokens by the key of the configuration, where there is one."""
    from pymacaron_auth.settings import has_keys

    if not has_keys(config):
        return []
    from pymacaron_auth.authority import authority_of

    return [TokenIssuer("auth", lambda user_id: authority_of(config).issue(user_id))]


@hookimpl
def pym_app_created(app: Flask, service: Service) -> None:
    """Refuse settings of tokens without a usable key, and have published keys fetched before the first request."""
    from pymacaron_auth.settings import is_about_tokens

    if is_about_tokens(service.config):
        from pymacaron_auth.authority import authority_of
        from pymacaron_auth.keysets import PublishedKeys

        keys = authority_of(service.config).keys
        if isinstance(keys, PublishedKeys):
            service.on_startup(keys.refresh)


def _bind_bearer(config: Config) -> Bind:
    known: dict[str, BearerTokens] = {}

    def bind(definition: SecurityDefinition, scopes: tuple[str, ...]) -> Authenticator:
        from pymacaron_auth.authority import authority_of
        from pymacaron_auth.bearer import BearerTokens, bearer_authenticator

        if definition.name not in known:
            known[definition.name] = BearerTokens(authority_of(config), definition.name)
        return bearer_authenticator(known[definition.name], scopes)

    return bind


def _bind(name: str, config: Config) -> Bind:
    def bind(definition: SecurityDefinition, scopes: tuple[str, ...]) -> Authenticator:
        from pymacaron_auth import credentials

        found: Authenticator = getattr(credentials, name)(config, definition, scopes)
        return found

    return bind


def _complaint_of_revocations(service: Service) -> str | None:
    """Look a token up, by a service that may read its secrets."""
    from pymacaron.service import Service as WithSecrets
    from pymacaron_auth.errors import AuthUnavailableError
    from pymacaron_auth.tokens import ask_revocations

    with WithSecrets(service.root, env=service.env) as whole:
        try:
            ask_revocations(whole.config)
        except AuthUnavailableError as error:
            return str(error)
    return None
