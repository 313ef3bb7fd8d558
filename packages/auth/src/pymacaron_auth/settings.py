"""The settings of pymacaron-auth: whom to trust, and the functions that know passwords and API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from pymacaron.config.settings import Settings, setting
from pymacaron.exceptions import ConfigError

if TYPE_CHECKING:
    from pymacaron.config import Config

__all__ = ["AuthSettings", "has_keys", "is_about_tokens"]

DottedFunction = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$",
        json_schema_extra={"expected": "a function with its module, such as 'shop.users.check_password'"},
    ),
]
Text = Annotated[str, Field(min_length=1)]
Algorithm = Literal[
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "ES256",
    "ES384",
    "ES512",
    "PS256",
    "PS384",
    "PS512",
    "EdDSA",
]


class AuthSettings(Settings):
    """The keys of pym-config.yaml that pymacaron-auth reads, once, as a service starts."""

    jwt_secret: str | None = setting(
        None,
        description="What tokens are signed and verified by: at least 32 bytes for HMAC, else a PEM or a JWK.",
        example="SHOP_JWT_SECRET",
        secret=True,
        min_length=1,
    )
    jwt_issuer: str | None = setting(
        None,
        description="The exact `iss` of tokens; the `name` of the service by default.",
        example="https://auth.example.com",
        min_length=1,
    )
    jwt_audience: Text | list[Text] | None = setting(
        None,
        description="The `aud` of tokens, or a list: the first is written, any is accepted; `name` by default.",
        example="shop",
        expected="an audience, or a list of them",
    )
    jwt_algorithm: Algorithm | None = setting(
        None,
        description="What new tokens are signed by; those of the same family are accepted. "
        "HS256 by default, RS256 with `jwt_jwks_url`.",
        example="ES256",
    )
    jwt_keys: dict[Text, Text] | None = setting(
        None,
        description="Several keys by `kid`, each like `jwt_secret`: the first one that can signs new tokens.",
        example={"2026-11": "SHOP_JWT_SECRET"},
        secret=True,
        expected="a mapping of key ids to secrets, PEM texts or the JSON of JWKs",
    )
    jwt_jwks_url: str | None = setting(
        None,
        description="Where the public keys of another issuer are published.",
        example="https://auth.example.com/.well-known/jwks.json",
        pattern=r"^https://[^\s/?#@]+(/[^\s#]*)?$",
        expected="a URL that begins with https://",
    )
    jwt_token_timeout: int = setting(
        86400, description="Seconds for which a new token is valid; a day by default.", example=3600, ge=1
    )
    jwt_token_renew_after: int | None = setting(
        None,
        description="A token that is older gets a fresh one, in the header X-Renewed-Token of the reply; seconds.",
        example=43200,
        ge=1,
    )
    jwt_leeway: int = setting(
        0, description="Seconds that the clock of an issuer may differ from ours.", example=10, ge=0, le=30
    )
    jwt_cookie: bool = setting(
        False, description="Whether a token is also taken from the cookie `token`.", example=True
    )
    jwt_cookie_origins: list[Text] = setting(
        [],
        description="Other origins whose pages may change data by the cookie.",
        example=["https://shop.example.com"],
    )
    jwt_revocation: str | None = setting(
        None,
        description="What knows revoked tokens: `memory`, `redis`, or a function that returns a RevocationStore.",
        example="redis",
        pattern=r"^(memory|redis|[A-Za-z_]\w*(\.[A-Za-z_]\w*)+)$",
        expected="memory, redis, or a function with its module",
    )
    jwt_revocation_url: str | None = setting(
        None,
        description="URL of the Redis of `jwt_revocation: redis`.",
        example="SHOP_REDIS_URL",
        secret=True,
        min_length=1,
    )
    default_user_id: str | None = setting(
        None, description="Who a token is for where no user is given.", example="backend", min_length=1
    )
    basic_verify: DottedFunction | dict[str, DottedFunction] | None = setting(
        None,
        description="The function that judges user name and password; several by the name of the security scheme.",
        example="shop.users.check_password",
        expected="a function with its module, such as 'shop.users.check_password', or a mapping of schemes to such",
    )
    api_key_verify: DottedFunction | dict[str, DottedFunction] | None = setting(
        None,
        description="The function that judges API keys; several by the name of the security scheme.",
        example="shop.users.check_key",
        expected="a function with its module, such as 'shop.users.check_key', or a mapping of schemes to such",
    )


def has_keys(config: Config) -> bool:
    """Tell whether a configuration names a key, be it one that this process may not read."""
    return any(_is_set(config, key) for key in ("jwt_secret", "jwt_keys", "jwt_jwks_url"))


def is_about_tokens(config: Config) -> bool:
    """Tell whether any setting of tokens has another value than its default."""
    others = ("jwt_cookie_origins",)  # they are for API keys in cookies too
    return any(
        _is_set(config, key) for key in AuthSettings.model_fields if key.startswith("jwt_") and key not in others
    )


def _is_set(config: Config, key: str) -> bool:
    try:
        return bool(config.get(key) != AuthSettings.model_fields[key].default)
    except ConfigError:
        return True
