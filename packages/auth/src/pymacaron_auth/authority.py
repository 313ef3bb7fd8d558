"""Authority: all that one configuration says about tokens, checked as a service starts, and asked in every request."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from pymacaron.exceptions import BindingError, ConfigError
from pymacaron_auth import jws
from pymacaron_auth.claims import LATEST, REGISTERED, Rules, Verified, thawed
from pymacaron_auth.errors import AuthInvalidTokenError, AuthUnavailableError, invalid
from pymacaron_auth.keys import Key, UnfitKeyError, can_verify, family_of, key_from_text
from pymacaron_auth.keysets import FixedKeys, KeySet, PublishedKeys
from pymacaron_auth.revocation import MemoryRevocations, RedisRevocations, RevocationStore
from pymacaron_auth.settings import AuthSettings

if TYPE_CHECKING:
    from pymacaron.config import Config

__all__ = ["Authority", "authority_of"]

log = logging.getLogger(__name__)


class Authority:
    """What verifies and issues the tokens of one service; raises ConfigError where its settings do not allow that.

    `clock` tells the seconds since the epoch.
    """

    def __init__(self, config: Config) -> None:
        self.clock: Callable[[], float] = time.time
        self.settings = config.section(AuthSettings)
        self.algorithm = self.settings.jwt_algorithm or ("RS256" if self.settings.jwt_jwks_url else "HS256")
        self.keys: KeySet = _keys(config, self.settings, self.algorithm)
        self.rules = _rules(config, self.settings)
        self.audiences = _listed(self.settings.jwt_audience) or [str(config.name)]
        self.revocations = _revocations(config, self.settings, self.rules.issuer)
        self._refuse_algorithm(config)
        if self.settings.jwt_token_renew_after is not None:
            self.signing_key()

    def verify(self, token: str) -> Verified:
        """Return what a token says; raises AuthenticationError, or AuthUnavailableError where that cannot be told."""
        header, payload = jws.verified(token, self.keys.find)
        self.rules.check_type(header)
        found = self.rules.check(jws.json_object(payload), self.clock())
        self.refuse_revoked(found)
        return found

    def refuse_revoked(self, found: Verified) -> None:
        """Raise AuthInvalidTokenError for a token that was revoked, AuthUnavailableError where nobody knows."""
        if self.revocations is None:
            return
        try:
            revoked = self.revocations.is_revoked(found.user_id, found.jti, found.issued)
        except Exception as error:
            log.error("the store of revoked tokens failed: %s", type(error).__name__)
            raise AuthUnavailableError("Whether the token was revoked cannot be told now: try again later") from None
        if revoked:
            raise invalid("it was revoked")

    def issue(
        self,
        user_id: str | None = None,
        *,
        lifetime: float | None = None,
        data: Mapping[str, Any] | None = None,
        issuer: str | None = None,
        issued: float | None = None,
        audience: Any = None,
    ) -> str:
        """Return a token that the service itself accepts.

        Raises ConfigError where no key can sign, or no user is given and none is the default, ValueError for a time or
        data that no token may hold.
        """
        key, user_id = self.signing_key(), user_id or self.settings.default_user_id
        if user_id is None:
            raise ConfigError("a token is for nobody: give a user id, or set default_user_id in pym-config.yaml")
        issued = _time(self.clock() if issued is None else issued, "iat")
        issued = int(issued) if self.revocations is None else issued  # a token may have to outlive a cut-off
        lifetime = _time(self.settings.jwt_token_timeout if lifetime is None else lifetime, "expire_in")
        if data and "nbf" in data:
            _time(data["nbf"], "nbf")
        own = {
            "iss": issuer or self.rules.issuer,
            "sub": user_id,
            "aud": audience or self.audiences[0],
            "exp": int(_time(issued + lifetime, "expire_in")),
            "iat": issued,
            "jti": str(uuid4()),
        }
        return _signed({**(data or {}), **own}, key, self._algorithm_of(key))

    def renewed(self, found: Verified) -> str:
        """Return a token that says the same and begins to live now."""
        data = {name: thawed(value) for name, value in found.claims.items() if name not in (*REGISTERED, "nbf")}
        audience = thawed(found.claims["aud"])
        lifetime = found.expires - int(found.issued)
        return self.issue(found.user_id, lifetime=lifetime, data=data, audience=audience)

    def signing_key(self) -> Key:
        """Return the key that signs; raises ConfigError where there is none."""
        key = self.keys.signing if isinstance(self.keys, FixedKeys) else None
        if key is None:
            raise ConfigError("no token can be made, for there is no key that signs: set jwt_secret or jwt_keys")
        return key

    def _refuse_algorithm(self, config: Config) -> None:
        """Raise ConfigError for an algorithm in the settings that the key which signs is not for."""
        if self.settings.jwt_algorithm is None or not isinstance(self.keys, FixedKeys) or self.keys.signing is None:
            return
        fitting = self.keys.signing.algorithms
        if self.algorithm not in fitting:
            place = config.config_file.place("jwt_algorithm")
            raise ConfigError(f"{place}: jwt_algorithm is {self.algorithm}, but the key that signs is for {fitting[0]}")

    def _algorithm_of(self, key: Key) -> str:
        return self.algorithm if self.algorithm in key.algorithms else key.algorithms[0]


def _time(seconds: float, name: str) -> float:
    """Return a time that a token may hold; raises ValueError."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < LATEST:
        raise ValueError(f"{name} leads to no time: give seconds, as a number that is not negative")
    return seconds


def _signed(claims: Mapping[str, Any], key: Key, algorithm: str) -> str:
    """Return the token of claims; raises ValueError for those that it could not be read with."""
    try:
        token = jws.signed(claims, key, algorithm)
        jws.unverified(token)
    except AuthInvalidTokenError as error:
        raise ValueError(f"the data do not fit into a token: {str(error).rpartition(': ')[2]}") from None
    except (TypeError, ValueError, RecursionError):
        raise ValueError("the data are no JSON: give texts, finite numbers, lists and dicts of them") from None
    return token


_authorities: WeakKeyDictionary[Config, Authority] = WeakKeyDictionary()
_lock = threading.RLock()


def authority_of(config: Config) -> Authority:
    """Return the authority of a configuration, made once; raises ConfigError where there is no usable key."""
    with _lock:
        if config not in _authorities:
            _authorities[config] = Authority(config)
        return _authorities[config]


def _rules(config: Config, settings: AuthSettings) -> Rules:
    published = settings.jwt_jwks_url is not None
    for key in ("jwt_issuer", "jwt_audience") if published else ():
        if not getattr(settings, key):
            place = config.config_file.place("jwt_jwks_url")
            raise ConfigError(f"{place}: jwt_jwks_url needs {key}: write what the tokens of that issuer have in it")
    return Rules(
        issuer=settings.jwt_issuer or str(config.name),
        audiences=frozenset(_listed(settings.jwt_audience) or [str(config.name)]),
        leeway=settings.jwt_leeway,
        types=frozenset({"jwt", "at+jwt"} if published else {"jwt"}),
    )


def _listed(audience: str | list[str] | None) -> list[str]:
    return [audience] if isinstance(audience, str) else list(audience or ())


def _keys(config: Config, settings: AuthSettings, algorithm: str) -> KeySet:
    file, family = config.config_file, family_of(algorithm)
    if not can_verify(family):
        raise ConfigError(f"{file.place()}: {algorithm} needs cryptography: pip install 'pymacaron-auth[crypto]>=3'")
    if settings.jwt_jwks_url is None:
        keys = list(_own_keys(config, settings, family))
        if not keys:
            step = "add 'jwt_secret: NAME' with the environment variable NAME in env_secrets, or jwt_keys"
            raise ConfigError(f"{file.place()}: jwt_secret is missing, but tokens are to be verified: {step}")
        return FixedKeys(keys)
    place = file.place("jwt_jwks_url")
    if settings.jwt_secret or settings.jwt_keys:
        raise ConfigError(f"{place}: jwt_jwks_url stands beside jwt_secret or jwt_keys: keep the keys of one issuer")
    if family == "HS":
        raise ConfigError(f"{place}: jwt_jwks_url publishes no secrets: set jwt_algorithm to RS256 or such")
    from pymacaron_auth.outside import fetch

    return PublishedKeys(settings.jwt_jwks_url, family, fetch)


def _own_keys(config: Config, settings: AuthSettings, family: str) -> Iterator[Key]:
    """Give the keys of pym-config.yaml, those with an id first; raises ConfigError for one that does not fit."""
    texts: dict[tuple[str, ...], str] = {("jwt_keys", kid): text for kid, text in (settings.jwt_keys or {}).items()}
    if settings.jwt_secret is not None:
        texts[("jwt_secret",)] = settings.jwt_secret
    for pointer, text in texts.items():
        kid = pointer[1] if len(pointer) > 1 else None
        try:
            yield key_from_text(text, family, kid=kid, names=_names(config, pointer))
        except UnfitKeyError as reason:
            raise ConfigError(f"{config.config_file.place(*pointer)}: {'.'.join(pointer)} {reason}") from None


def _names(config: Config, pointer: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of a key's setting, and of its environment variable where it comes from one."""
    written: Any = config.config_file.data
    for part in pointer:
        written = written.get(part, "") if isinstance(written, dict) else ""
    return (*pointer, *([written] if written in (config.get("env_secrets") or ()) else []))


def _revocations(config: Config, settings: AuthSettings, issuer: str) -> RevocationStore | None:
    wanted, place = settings.jwt_revocation, config.config_file.place("jwt_revocation")
    if wanted is None:
        return None
    if wanted == "memory":
        return MemoryRevocations()
    if wanted == "redis":
        return RedisRevocations(_redis(settings, place), issuer)
    from pymacaron.service import current_service

    try:
        store = current_service().import_dotted(wanted)()
    except BindingError as error:
        raise ConfigError(f"{place}: jwt_revocation names '{wanted}', but {error}") from error
    if not isinstance(store, RevocationStore):
        kind = type(store).__name__
        raise ConfigError(f"{place}: '{wanted}' returned a {kind}, which is no pymacaron_auth.RevocationStore")
    return store


def _redis(settings: AuthSettings, place: str) -> Any:
    if settings.jwt_revocation_url is None:
        raise ConfigError(f"{place}: jwt_revocation is redis: write its URL as jwt_revocation_url")
    from pymacaron_auth.outside import connect_redis

    try:
        return connect_redis(settings.jwt_revocation_url)
    except ImportError:
        raise ConfigError(f"{place}: redis is missing: pip install 'pymacaron-auth[redis]>=3'") from None
    except ValueError:
        raise ConfigError(f"{place}: jwt_revocation_url should be a URL such as redis://127.0.0.1:6379/0") from None
