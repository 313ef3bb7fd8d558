"""Tokens that an attacker could make or change are refused, each through HTTP; good ones pass beside them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import product
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tokenkit import CLAIMS, NOW, SECRET, SETTINGS, Shop, b64, forged, hs256

MUTATIONS = 100_000
FOREIGN_SECRET = "another secret, of somebody else, of 32 bytes or more"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
PUBLIC_JWK: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)


@pytest.fixture
def ours(shop: Callable[..., Shop]) -> Shop:
    """Serve one operation that wants a token, at NOW."""
    return shop().at(NOW)


def unsigned(alg: str) -> str:
    return f"{b64(json.dumps({'alg': alg}))}.{b64(json.dumps(CLAIMS))}."


def test_a_good_token_passes(ours: Shop) -> None:
    assert ours.call(forged()).get_json() == {"user": "u1", "scheme": "token", "scopes": []}


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "none ", " none", "none\u0000", "", "n\u03bfne"])
@pytest.mark.parametrize("signature", ["nothing", "of the shop"])
def test_no_spelling_of_the_algorithm_none_is_accepted(ours: Shop, alg: str, signature: str) -> None:
    message = unsigned(alg)
    assert ours.error(message if signature == "nothing" else forged({"alg": alg})) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("alg", [None, 1, ["HS256"], {"HS256": 1}, True, "hs256", "HS256 ", "HS1", "ES256K", "HS256\n"])
def test_an_algorithm_that_is_not_exactly_a_known_one_is_refused(ours: Shop, alg: Any) -> None:
    assert ours.error(forged({"alg": alg})) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("family", ["RS", "PS", "ES", "EdDSA"])
def test_a_token_of_another_family_is_refused_whatever_key_signed_it(ours: Shop, family: str) -> None:
    key: Any = RSA_KEY if family in ("RS", "PS") else ec.generate_private_key(ec.SECP256R1())
    alg = family if family == "EdDSA" else f"{family}256"
    token = forged({"alg": alg}) if family == "EdDSA" else jwt.encode(CLAIMS, key, algorithm=alg)
    assert ours.error(token) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("form", [PUBLIC, PUBLIC.strip(), PUBLIC.replace("\n", ""), json.dumps(PUBLIC_JWK)])
@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_a_public_key_used_as_a_secret_opens_nothing(shop: Callable[..., Shop], form: str, alg: str) -> None:
    ours = shop({**SETTINGS, "jwt_algorithm": "RS256", "jwt_secret": PRIVATE}).at(NOW)
    message = f"{b64(json.dumps({'alg': alg}))}.{b64(json.dumps(CLAIMS))}"
    assert ours.error(f"{message}.{hs256(message, form, int(alg[2:]))}") == (401, "TOKEN_INVALID")
    assert ours.call(jwt.encode(CLAIMS, RSA_KEY, algorithm="RS256")).status_code == 200


@pytest.mark.parametrize(
    "secret", ["", "\0", FOREIGN_SECRET, "jwt_secret", "SHOP_SECRET", SECRET + " ", SECRET.upper(), "None"]
)
def test_a_token_signed_by_another_secret_is_refused(ours: Shop, secret: str) -> None:
    assert ours.error(forged(secret=secret)) == (401, "TOKEN_INVALID")


NOTHING: list[Any] = [None, "", True, [], {}, [None]]


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        *product(("iss", "sub", "aud", "exp", "iat"), NOTHING),
        ("iss", "https://shop.example.com/"),
        ("iss", "https://SHOP.example.com"),
        ("iss", "https://evil.example.com"),
        ("iss", ["https://shop.example.com"]),
        ("sub", 1),
        ("sub", ["u1"]),
        ("aud", "sho"),
        ("aud", "shop "),
        ("aud", ["other"]),
        ("aud", ["shop", 1]),
        ("aud", {"shop": 1}),
        ("exp", str(NOW + 3600)),
        ("exp", -NOW),
        ("exp", 1e308),
        ("exp", 10**400),
        ("iat", str(NOW)),
        ("iat", NOW + 1),
        ("iat", NOW * 1000),
        ("nbf", NOW + 1),
        ("nbf", "now"),
        ("jti", 1),
        ("jti", ""),
    ],
)
def test_a_claim_that_is_wrong_or_missing_is_refused(ours: Shop, claim: str, value: Any) -> None:
    assert ours.error(forged(**{claim: value})) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_beyond_all_is_refused(ours: Shop, constant: str) -> None:
    claims = json.dumps(CLAIMS).replace(f'"exp": {NOW + 3600}', f'"exp": {constant}')
    assert constant in claims
    assert ours.error(forged(claims=claims)) == (401, "TOKEN_INVALID")
    further = json.dumps(CLAIMS).replace("{", f'{{"x": {constant}, ', 1)
    assert ours.error(forged(claims=further)) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("leeway", [0, 30])
@pytest.mark.parametrize(
    ("offset", "answer"),
    [(1, 200), (0, (401, "TOKEN_EXPIRED")), (-1, (401, "TOKEN_EXPIRED")), (-(10**6), (401, "TOKEN_EXPIRED"))],
)
def test_a_token_ends_at_the_very_second_of_its_exp(
    shop: Callable[..., Shop], leeway: int, offset: int, answer: Any
) -> None:
    ours = shop({**SETTINGS, "jwt_leeway": leeway}).at(NOW)
    token = forged(iat=NOW - 60, exp=NOW - leeway + offset)
    assert (ours.call(token).status_code if answer == 200 else ours.error(token)) == answer


@pytest.mark.parametrize("leeway", [0, 30])
@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_token_begins_at_the_very_second_of_its_iat_and_nbf(
    shop: Callable[..., Shop], leeway: int, claim: str
) -> None:
    ours = shop({**SETTINGS, "jwt_leeway": leeway}).at(NOW)
    assert ours.call(forged(claims={**CLAIMS, claim: NOW + leeway})).status_code == 200
    assert ours.error(forged(claims={**CLAIMS, claim: NOW + leeway + 1})) == (401, "TOKEN_INVALID")


def test_a_remembered_token_ends_as_exactly_as_a_fresh_one(ours: Shop) -> None:
    token = forged(exp=NOW + 100)
    assert [ours.at(moment).call(token).status_code for moment in (NOW, NOW + 99.999, NOW + 100)] == [200, 200, 401]
    assert ours.error(token) == (401, "TOKEN_EXPIRED")


@pytest.mark.parametrize("typ", ["JWE", "at+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", "id", "", None, 1, ["JWT"]])
def test_a_token_of_a_foreign_type_is_refused(ours: Shop, typ: Any) -> None:
    assert ours.error(forged({"typ": typ})) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("header", ['{"alg":"HS256"}', {"typ": "jwt"}, {"typ": "JWT"}, {"typ": "application/jwt"}])
def test_a_token_of_the_usual_type_or_of_none_passes(ours: Shop, header: Any) -> None:
    assert ours.call(forged(header)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"crit": ["unknown"], "unknown": 1},
        {"b64": True},
        {"jku": "https://evil.example.com/jwks.json"},
        {"x5u": "https://evil.example.com/cert.pem"},
        {"jwk": {"kty": "oct", "k": b64(FOREIGN_SECRET)}},
        {"jwk": PUBLIC_JWK},
        {"x5c": ["MIIB"]},
        {"enc": "A256GCM"},
        {"zip": "DEF"},
    ],
)
@pytest.mark.parametrize("secret", [SECRET, FOREIGN_SECRET], ids=["ours", "foreign"])
def test_a_header_that_brings_keys_or_asks_for_extensions_is_refused(
    ours: Shop, header: dict[str, Any], secret: str
) -> None:
    assert ours.error(forged(header, secret=secret)) == (401, "TOKEN_INVALID")


KIDS = [
    "../../../../../../dev/null",
    "/dev/null",
    "/etc/hostname",
    "file:///dev/null",
    "https://evil.example.com/key",
    "' UNION SELECT 'aaa'; --",
    "old'; DROP TABLE keys; --",
    "|| touch /tmp/owned",
    "$(id)",
    "{{7*7}}",
    "%00",
    "old\u0000",
    "OLD",
    "",
    "__class__",
    "a" * 10_000,
    None,
    1,
    ["old"],
    {"old": 1},
]


@pytest.mark.parametrize("kid", KIDS, ids=lambda kid: repr(kid)[:20])
@pytest.mark.parametrize("secret", [SECRET, "", "\0", "aaa"], ids=["ours", "empty", "null", "injected"])
def test_a_key_id_is_looked_up_and_nothing_else(shop: Callable[..., Shop], kid: Any, secret: str) -> None:
    settings = {**SETTINGS, "jwt_secret": None, "jwt_keys": {"new": SECRET, "old": SECRET[::-1]}}
    ours = shop(settings).at(NOW)
    assert ours.error(forged({"kid": kid}, secret=secret)) == (401, "TOKEN_INVALID")


def test_the_secret_of_one_key_id_does_not_serve_under_another(shop: Callable[..., Shop]) -> None:
    ours = shop({**SETTINGS, "jwt_secret": None, "jwt_keys": {"new": SECRET, "old": SECRET[::-1]}}).at(NOW)
    assert ours.call(forged({"kid": "old"}, secret=SECRET[::-1])).status_code == 200
    assert ours.error(forged({"kid": "old"})) == (401, "TOKEN_INVALID")
    assert ours.error(forged()) == (401, "TOKEN_INVALID")


def spoiled() -> dict[str, str]:
    first, second, third = forged().split(".")
    return {
        "padding of the header": f"{first}=.{second}.{third}",
        "padding of the payload": f"{first}.{second}==.{third}",
        "padding of the signature": f"{first}.{second}.{third}=",
        "alphabet of plain base64": f"{first}.{second}.{third[:-2]}+/",
        "a line break": f"{first}.{second}.{third[:10]}\\n{third[10:]}",
        "a blank": f"{first}.{second}. {third}",
        "a blank within": f"{first}.{second}.{third[:5]} {third[5:]}",
        "a foreign character": f"{first}.{second}.{third}!",
        "a foreign character within": f"{first}.{second}.{third[:5]}*{third[5:]}",
        "beyond ascii": f"{first}.{second}.{third}\u00e9",
        "one part": first,
        "two parts": f"{first}.{second}",
        "four parts": f"{first}.{second}.{third}.",
        "five parts": f"{first}.{second}.{third}.{third}.{third}",
        "no parts": "...",
        "nothing": "",
        "an empty signature": f"{first}.{second}.",
        "a signature cut": f"{first}.{second}.{third[:-4]}",
        "a signature doubled": f"{first}.{second}.{third}{third}",
        "twice": f"{forged()},{forged()}",
        "a token twice in one header": f"{forged()} {forged()}",
        "a tab": f"\t{forged()}",
    }


@pytest.mark.parametrize("how", spoiled())
def test_a_text_that_is_not_the_one_way_to_write_a_token_is_refused(ours: Shop, how: str) -> None:
    assert ours.error(spoiled()[how]) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"HS256","alg":"HS256"}',
        '{"alg":"none","alg":"HS256"}',
        '["HS256"]',
        '"HS256"',
        "null",
        "",
        "{",
        '{"alg":"HS256"} x',
        '{"alg":"HS256","n":NaN}',
        '\ufeff{"alg":"HS256"}',
        "[" * 5000,
        '{"alg":"HS256","a":' + "[" * 4000 + "]" * 4000 + "}",
        '{"alg":"HS256","n":' + "9" * 5000 + "}",
        "x" * 20_000,
    ],
    ids=lambda header: header[:20],
)
def test_a_header_that_is_no_proper_json_object_is_refused(ours: Shop, header: str) -> None:
    assert ours.error(forged(header)) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("claims", ["null", "[]", '"u1"', "", "{", '{"sub":"u1","sub":"u2"}', "[" * 5000])
def test_a_payload_that_is_no_proper_json_object_is_refused(ours: Shop, claims: str) -> None:
    assert ours.error(forged(claims=claims)) == (401, "TOKEN_INVALID")


def test_of_a_hundred_thousand_mutations_of_one_byte_none_is_accepted(ours: Shop) -> None:
    token = forged().encode()
    assert ours.call(token.decode()).status_code == 200
    chosen = random.Random(0)
    accepted = []
    verify = ours.authority.verify
    from pymacaron.exceptions import AuthenticationError

    for _ in range(MUTATIONS):
        index, byte = chosen.randrange(len(token)), chosen.randrange(1, 256)
        changed = bytes([*token[:index], token[index] ^ byte, *token[index + 1 :]]).decode("latin-1")
        try:
            verify(changed)
        except AuthenticationError:
            continue
        accepted.append(changed)
    assert accepted == []


def test_no_mutation_of_one_byte_is_accepted_through_http(ours: Shop) -> None:
    token = forged()
    plain = [chr(code) for code in range(33, 127)]
    chosen = random.Random(1)
    for index in range(len(token)):
        other = chosen.choice([character for character in plain if character != token[index]])
        assert ours.error(f"{token[:index]}{other}{token[index + 1 :]}") == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("last", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
def test_the_unused_bits_of_the_last_character_are_no_second_way_to_write_a_token(ours: Shop, last: str) -> None:
    token = forged()
    if last != token[-1]:
        assert ours.error(token[:-1] + last) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "AUTHORIZATION_HEADER_MISSING"),
        ("Basic Z3JhY2U6d29yZA==", "AUTHORIZATION_HEADER_MISSING"),
        *((text, "TOKEN_INVALID") for text in ("Bearer", "Bearer ", "bearer", "Bearer1234", "bearer a b", "Token x")),
        (forged(), "TOKEN_INVALID"),
        (f"Bearer: {forged()}", "TOKEN_INVALID"),
        (f"Bearer,{forged()}", "TOKEN_INVALID"),
        (f"Bearer {forged()} x", "TOKEN_INVALID"),
    ],
    ids=lambda text: text[:14],
)
def test_a_header_without_a_bearer_token_is_refused(ours: Shop, text: str, code: str) -> None:
    assert ours.error(Authorization=text) == (401, code)


@pytest.mark.parametrize("prefix", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_the_scheme_is_known_in_any_case(ours: Shop, prefix: str) -> None:
    assert ours.call(Authorization=prefix + forged()).status_code == 200


def test_a_refusal_tells_nothing_of_the_token(ours: Shop) -> None:
    token = forged(secret=FOREIGN_SECRET)
    reply = ours.call(token)
    for part in token.split("."):
        assert part not in f"{reply.headers}{reply.text}"
    assert reply.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token", error_description="')
