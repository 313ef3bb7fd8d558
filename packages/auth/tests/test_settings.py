"""A service that wants tokens starts only with a usable key; one that wants none starts without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pymacaron.exceptions import ConfigError
from tokenkit import NOW, PROTECTED, SECRET, SETTINGS, Shop, document, forged, operation

OPEN = document({"/me": {"get": operation()}})
DECORATED = document({"/me": {"get": operation(**{"x-decorate-server": "pymacaron.auth.requires_auth"})}})
PLAIN = {"name": "shop"}


def pem(key: Any) -> str:
    text: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return text.decode()


def public_pem(key: Any) -> str:
    text: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)
EC = ec.generate_private_key(ec.SECP256R1())
FOREIGN_EC = ec.generate_private_key(ec.SECP256K1())

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no secret": ({}, "jwt_secret is missing"),
    "the name of the key": ({"jwt_secret": "jwt_secret"}, "is a name and no secret"),
    "the name of a variable": ({"jwt_secret": "THE_SECRET_OF_THE_SHOP_FOR_ALL_ITS_TOKENS"}, "is a name and no secret"),
    "31 bytes": ({"jwt_secret": "x" * 31}, "has 31 bytes: use at least 32"),
    "a private key for HMAC": ({"jwt_secret": pem(RSA)}, "is an asymmetric key"),
    "a public key for HMAC": ({"jwt_secret": public_pem(RSA)}, "is an asymmetric key"),
    "a public key as JWK for HMAC": ({"jwt_secret": '{"kty": "RSA", "n": "AQ", "e": "AQAB"}'}, "another kty than oct"),
    "a short JWK": ({"jwt_secret": '{"kty": "oct", "k": "c2hvcnQ"}'}, "has 5 bytes"),
    "a secret for RSA": ({"jwt_secret": SECRET, "jwt_algorithm": "RS256"}, "is no PEM"),
    "an EC key for RSA": ({"jwt_secret": pem(EC), "jwt_algorithm": "RS256"}, "holds no key for RS256"),
    "a short RSA key": ({"jwt_secret": pem(SHORT_RSA), "jwt_algorithm": "RS256"}, "has 1024 bits"),
    "a foreign curve": ({"jwt_secret": pem(FOREIGN_EC), "jwt_algorithm": "ES256"}, "holds no key for ES256"),
    "a broken PEM": (
        {"jwt_secret": "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", "jwt_algorithm": "PS256"},
        "holds no key for PS256",
    ),
    "broken JSON": ({"jwt_secret": '{"kty": "oct"'}, "is no JSON object"),
    "a JWK for encryption": ({"jwt_secret": '{"kty": "oct", "k": "QQ", "use": "enc"}'}, "another use than signatures"),
    "a JWK not for verifying": (
        {"jwt_secret": '{"kty": "oct", "k": "QQ", "key_ops": ["sign"]}'},
        "do not hold 'verify'",
    ),
    "a JWK of another algorithm": (
        {"jwt_secret": '{"kty": "oct", "k": "QQ", "alg": "A128KW"}'},
        "an algorithm that is",
    ),
    "a JWK of another curve": (
        {"jwt_secret": '{"kty": "EC", "crv": "P-384", "alg": "ES256"}', "jwt_algorithm": "ES256"},
        "is a JWK of a curve that none of its algorithms uses",
    ),
    "one bad key of several": ({"jwt_keys": {"new": SECRET, "old": "short"}}, "jwt_keys.old has 5 bytes"),
    "no keys": ({"jwt_keys": {}}, "jwt_secret is missing"),
    "published secrets": (
        {"jwt_jwks_url": "https://a.example.com/k", "jwt_algorithm": "HS256", "jwt_issuer": "i", "jwt_audience": "a"},
        "publishes no secrets",
    ),
    "two sources of keys": (
        {"jwt_jwks_url": "https://a.example.com/k", "jwt_secret": SECRET, "jwt_issuer": "i", "jwt_audience": "a"},
        "keep the keys of one issuer",
    ),
    "published keys of nobody": ({"jwt_jwks_url": "https://a.example.com/k", "jwt_audience": "a"}, "needs jwt_issuer"),
    "published keys for nobody": ({"jwt_jwks_url": "https://a.example.com/k", "jwt_issuer": "i"}, "needs jwt_audience"),
    "renewal without a key that signs": (
        {"jwt_secret": public_pem(RSA), "jwt_algorithm": "RS256", "jwt_token_renew_after": 60},
        "no key that signs",
    ),
    "a revocation store that is missing": ({"jwt_secret": SECRET, "jwt_revocation": "handlers.no"}, "has no 'no'"),
    "a revocation store that is none": ({"jwt_secret": SECRET, "jwt_revocation": "builtins.list"}, "returned a list"),
    "redis without a place": ({"jwt_secret": SECRET, "jwt_revocation": "redis"}, "write its URL as jwt_revocation_url"),
    "redis at a wrong place": (
        {"jwt_secret": SECRET, "jwt_revocation": "redis", "jwt_revocation_url": "somewhere"},
        "should be a URL such as redis://",
    ),
}


@pytest.mark.parametrize("how", REFUSED)
@pytest.mark.parametrize("api", [PROTECTED, DECORATED], ids=["security", "decorator"])
def test_an_operation_that_wants_a_token_keeps_a_service_without_a_usable_key_from_starting(
    shop: Callable[..., Shop], how: str, api: dict[str, Any]
) -> None:
    settings, told = REFUSED[how]
    with pytest.raises(ConfigError) as refused:
        shop({**PLAIN, **settings}, api)
    (sentence,) = refused.value.problems
    assert told in sentence
    for text in (settings.get("jwt_secret", ""), *settings.get("jwt_keys", {}).values()):
        assert len(text) < 12 or text not in sentence


@pytest.mark.parametrize("how", [how for how, (settings, _) in REFUSED.items() if any(settings.values())])
def test_settings_of_tokens_that_cannot_work_are_refused_even_where_no_operation_wants_one(
    shop: Callable[..., Shop], how: str
) -> None:
    settings, told = REFUSED[how]
    with pytest.raises(ConfigError, match=told.replace("(", r"\(")):
        shop({**PLAIN, **settings}, OPEN)


@pytest.mark.parametrize("setting", [{"jwt_issuer": "me"}, {"jwt_cookie": True}, {"jwt_leeway": 5}])
def test_a_setting_of_tokens_alone_wants_a_key(shop: Callable[..., Shop], setting: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="jwt_secret is missing"):
        shop({**PLAIN, **setting}, OPEN)


def test_an_installed_plugin_that_nothing_uses_is_no_error(shop: Callable[..., Shop]) -> None:
    ours = shop(PLAIN, OPEN)
    assert ours.call().status_code == 200
    assert ours.call(path="/auth/version").status_code == 404


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"jwt_leeway": 31}, "jwt_leeway should be"),
        ({"jwt_leeway": -1}, "jwt_leeway should be"),
        ({"jwt_token_timeout": 0}, "jwt_token_timeout should be"),
        ({"jwt_algorithm": "none"}, "jwt_algorithm should be"),
        ({"jwt_algorithm": "ES256K"}, "jwt_algorithm should be"),
        ({"jwt_jwks_url": "http://a.example.com/keys"}, "a URL that begins with https://"),
        ({"jwt_jwks_url": "file:///etc/passwd"}, "a URL that begins with https://"),
        ({"jwt_jwks_url": "https://user:word@a.example.com/keys"}, "a URL that begins with https://"),
        ({"jwt_revocation": "file"}, "memory, redis, or a function"),
        ({"basic_verify": "check"}, "a function with its module"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(
    shop: Callable[..., Shop], setting: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        shop({**SETTINGS, **setting})


@pytest.fixture
def variable(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Put a secret into an environment variable, and return settings that name it."""

    def put(content: str) -> dict[str, Any]:
        monkeypatch.setenv("ShopSecretForTheTokensOfAllServices", content)
        return {
            **SETTINGS,
            "jwt_secret": "ShopSecretForTheTokensOfAllServices",
            "env_secrets": ["ShopSecretForTheTokensOfAllServices"],
        }

    return put


def test_a_secret_comes_from_an_environment_variable(
    shop: Callable[..., Shop], variable: Callable[[str], dict[str, Any]]
) -> None:
    assert shop(variable(SECRET)).at(NOW).call(forged()).status_code == 200


def test_a_variable_that_holds_its_own_name_is_no_secret(
    shop: Callable[..., Shop], variable: Callable[[str], dict[str, Any]]
) -> None:
    with pytest.raises(ConfigError, match="is a name and no secret"):
        shop(variable("ShopSecretForTheTokensOfAllServices"))


def test_a_variable_that_is_not_set_is_refused(shop: Callable[..., Shop]) -> None:
    settings = {**SETTINGS, "jwt_secret": "SHOP_UNSET_SECRET", "env_secrets": ["SHOP_UNSET_SECRET"]}
    with pytest.raises(ConfigError, match="needs the environment variable SHOP_UNSET_SECRET, which is not set"):
        shop(settings)


def test_issuer_and_audience_are_the_name_of_the_service_unless_they_are_set(shop: Callable[..., Shop]) -> None:
    ours = shop({"name": "shop", "jwt_secret": SECRET}).at(NOW)
    assert ours.call(forged(iss="shop", aud="shop")).status_code == 200
    assert ours.error(forged()) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("audience", ["shop", ["shop"], ["other", "shop"]])
@pytest.mark.parametrize("configured", ["shop", ["shop", "club"]])
def test_a_token_is_for_one_of_the_audiences(shop: Callable[..., Shop], audience: Any, configured: Any) -> None:
    ours = shop({**SETTINGS, "jwt_audience": configured}).at(NOW)
    assert ours.call(forged(aud=audience)).status_code == 200


def test_an_algorithm_whose_library_is_missing_says_what_to_install(
    shop: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    from jwt.algorithms import HMACAlgorithm

    monkeypatch.setattr("pymacaron_auth.keys._algorithms", lambda: {"HS256": HMACAlgorithm(HMACAlgorithm.SHA256)})
    with pytest.raises(ConfigError, match=r"RS256 needs cryptography: pip install 'pymacaron-auth\[crypto\]>=3'"):
        shop({**SETTINGS, "jwt_algorithm": "RS256", "jwt_secret": pem(RSA)})
