"""Every algorithm signs and verifies, by PEM and by JWK; keys change without locking anybody out."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pymacaron.auth import generate_token
from pymacaron.exceptions import ConfigError
from pymacaron_auth import AuthInvalidTokenError
from pymacaron_auth.jws import verified
from pymacaron_auth.keys import FAMILIES, UnfitKeyError, family_of, key_from_jwk, key_from_text
from tokenkit import CLAIMS, NOW, SECRET, SETTINGS, Shop, b64, forged, hs256

CURVES: dict[str, Any] = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
ALGORITHMS = [name for names in FAMILIES.values() for name in names]
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED448 = ed448.Ed448PrivateKey.generate()


def private_key(algorithm: str) -> Any:
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm])
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return RSA


def texts(algorithm: str) -> tuple[Any, dict[str, str]]:
    """Return a key as PyJWT takes it for signing, and the texts that verify what it signs."""
    implementation: Any = jwt.algorithms.get_default_algorithms()[algorithm]
    if algorithm.startswith("HS"):
        return SECRET, {"secret": SECRET, "jwk": json.dumps(implementation.to_jwk(SECRET, as_dict=True))}
    key = private_key(algorithm)
    public = key.public_key()
    return key, {
        "pem": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "public pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "jwk": json.dumps(implementation.to_jwk(key, as_dict=True)),
        "public jwk": json.dumps({**implementation.to_jwk(public, as_dict=True), "alg": algorithm, "use": "sig"}),
    }


@pytest.mark.filterwarnings("ignore:The HMAC key")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_verifies_the_tokens_of_others_and_makes_its_own(
    shop: Callable[..., Shop], algorithm: str
) -> None:
    key, forms = texts(algorithm)
    for number, (form, text) in enumerate(forms.items()):
        ours = shop({**SETTINGS, "jwt_algorithm": algorithm, "jwt_secret": text}, name=f"shop{number}")
        assert ours.at(NOW).call(jwt.encode(CLAIMS, key, algorithm=algorithm)).status_code == 200, form
        with ours.service:
            if form.startswith("public"):
                with pytest.raises(ConfigError, match="no key that signs"):
                    generate_token("u1")
            else:
                made = generate_token("u1", data={"role": "admin"})
                verifier = key if algorithm.startswith("HS") else key.public_key()
                options: Any = {"verify_exp": False, "verify_iat": False}
                found = jwt.decode(made, verifier, algorithms=[algorithm], audience="shop", options=options)
                assert (found["sub"], found["role"]) == ("u1", "admin")
                assert ours.call(made).status_code == 200
        ours.service.close()


@pytest.mark.parametrize(("family", "names"), FAMILIES.items())
def test_the_algorithms_of_one_family_are_accepted_and_those_of_no_other(family: str, names: tuple[str, ...]) -> None:
    assert {family_of(name) for name in names} == {family}


@pytest.mark.parametrize("alg", ["HS384", "HS512"])
def test_a_secret_verifies_all_algorithms_of_its_family(shop: Callable[..., Shop], alg: str) -> None:
    message = forged({"alg": alg}).rpartition(".")[0]
    assert shop().at(NOW).call(f"{message}.{hs256(message, bits=int(alg[2:]))}").status_code == 200


def test_a_jwk_with_an_algorithm_verifies_that_one_alone(shop: Callable[..., Shop]) -> None:
    secret = json.dumps({"kty": "oct", "k": b64(SECRET), "alg": "HS512"})
    ours = shop({**SETTINGS, "jwt_secret": secret}).at(NOW)
    message = forged({"alg": "HS512"}).rpartition(".")[0]
    assert ours.call(f"{message}.{hs256(message, bits=512)}").status_code == 200
    assert ours.error(forged()) == (401, "TOKEN_INVALID")


def test_eddsa_takes_both_of_its_curves(shop: Callable[..., Shop]) -> None:
    pem = ED448.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    ours = shop({**SETTINGS, "jwt_algorithm": "EdDSA", "jwt_secret": pem}).at(NOW)
    assert ours.call(jwt.encode(CLAIMS, ED448, algorithm="EdDSA")).status_code == 200


def test_keys_rotate_the_first_signs_and_those_behind_it_still_verify(shop: Callable[..., Shop]) -> None:
    old, new = SECRET, "the secret of the shop since november of the year"
    ours = shop({**SETTINGS, "jwt_keys": {"new": new, "old": old[::-1]}}).at(NOW)
    with ours.service:
        made = generate_token("u1")
    assert jwt.get_unverified_header(made)["kid"] == "new"
    assert ours.call(made).status_code == 200
    assert ours.call(forged({"kid": "old"}, secret=old[::-1])).status_code == 200
    assert ours.call(forged(secret=old)).status_code == 200, "jwt_secret verifies tokens without a key id"


def test_the_only_key_verifies_tokens_without_a_key_id(shop: Callable[..., Shop]) -> None:
    ours = shop({**SETTINGS, "jwt_secret": None, "jwt_keys": {"only": SECRET}}).at(NOW)
    assert ours.call(forged()).status_code == 200
    assert ours.error(forged({"kid": "other"})) == (401, "TOKEN_INVALID")


JWK = {"kty": "oct", "k": b64(SECRET)}


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"use": 1},
        {"key_ops": []},
        {"key_ops": ["sign"]},
        {"key_ops": ["encrypt", "decrypt"]},
        {"key_ops": "verify"},
        {"kty": "RSA"},
        {"kty": None},
        {"kty": ["oct"]},
        {"alg": "none"},
        {"alg": "RS256"},
        {"alg": ["HS256"]},
        {"k": None},
        {"k": 1},
        {"k": ""},
        {"k": "AAAA"},
        {"k": f"{JWK['k']}="},
        {"k": f"{JWK['k']} "},
        {"k": f"{JWK['k'][:-2]}+/"},
    ],
    ids=str,
)
def test_a_jwk_that_is_not_for_verifying_by_its_algorithm_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnfitKeyError):
        key_from_jwk({**JWK, **change}, "HS")


DER = b64encode(
    ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
).decode()


@pytest.mark.parametrize(
    "text",
    [
        " " * 64,
        "\n" * 64,
        f"  {'abc' * 10}  ",
        "abcdefg" * 10,
        "-----begin private key-----" + SECRET,
        "Bag Attributes\n-----Begin RSA Private Key-----\n" + SECRET,
        "---- BEGIN SSH2 PUBLIC KEY ----\n" + SECRET,
        "  ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA " + SECRET,
        " SHOP_JWT_SECRET_OF_THE_SHOP_IN_MAY ",
        DER,
        "\n".join(DER[start : start + 16] for start in range(0, len(DER), 16)),
        b64encode(RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode(),
        b64encode(RSA.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())).decode(),
        json.dumps({"kty": "oct", "k": b64(b"ab" * 32)}),
    ],
    ids=lambda text: text.strip()[:4],
)
def test_a_secret_that_is_easily_guessed_or_another_key_is_refused(text: str) -> None:
    with pytest.raises(UnfitKeyError):
        key_from_text(text, "HS")


def test_blanks_around_a_secret_are_no_part_of_it(shop: Callable[..., Shop]) -> None:
    assert shop({**SETTINGS, "jwt_secret": f" {SECRET}\n"}).at(NOW).call(forged()).status_code == 200
    assert key_from_text(b64encode(bytes(range(32))).decode(), "HS").signing


@pytest.mark.parametrize("alg", [None, "EdDSA", "Ed25519"])
def test_ed25519_goes_by_both_of_its_names(alg: str | None) -> None:
    key = key_from_jwk({**A4_KEY, **({"alg": alg} if alg else {})})
    private = ed25519.Ed25519PrivateKey.generate()
    own = key_from_jwk({**jwt.algorithms.OKPAlgorithm.to_jwk(private, as_dict=True), **({"alg": alg} if alg else {})})
    assert verified(A4_TOKEN, lambda kid: key)[1].startswith(b"Example")
    for name in ("EdDSA", "Ed25519"):
        message = f"{b64(json.dumps({'alg': name}))}.{b64('{}')}"
        token = f"{message}.{b64(private.sign(message.encode()))}"
        assert verified(token, lambda kid: own)[1] == b"{}"


def test_ed448_is_not_called_ed25519() -> None:
    jwk = jwt.algorithms.OKPAlgorithm.to_jwk(ED448.public_key(), as_dict=True)
    assert key_from_jwk(jwk).algorithms == ("EdDSA",)
    with pytest.raises(UnfitKeyError):
        key_from_jwk({**jwk, "alg": "Ed25519"})


def test_an_algorithm_that_the_signing_key_is_not_for_stops_the_start(shop: Callable[..., Shop]) -> None:
    pem = texts("ES256")[1]["pem"]
    with pytest.raises(ConfigError, match="jwt_algorithm is ES384, but the key that signs is for ES256"):
        shop({**SETTINGS, "jwt_algorithm": "ES384", "jwt_secret": pem})


# RFC 7515, appendix A.1: published with its key, so that it is checked against others than ourselves.
A1_TOKEN = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
A1_KEY = {
    "kty": "oct",
    "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
}
# RFC 7515, appendix A.3
A3_TOKEN = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
A3_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
# RFC 8037, appendix A.4
A4_TOKEN = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
A4_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@pytest.mark.parametrize(
    ("token", "jwk", "begins"),
    [
        (A1_TOKEN, A1_KEY, b'{"iss":"joe"'),
        (A3_TOKEN, A3_KEY, b'{"iss":"joe"'),
        (A4_TOKEN, A4_KEY, b"Example of Ed25519"),
    ],
    ids=["RFC 7515 A.1", "RFC 7515 A.3", "RFC 8037 A.4"],
)
def test_published_examples_are_verified_and_their_mutations_refused(
    token: str, jwk: dict[str, str], begins: bytes
) -> None:
    key = key_from_jwk(jwk)
    assert verified(token, lambda kid: key)[1].startswith(begins)
    for index in range(len(token)):
        changed = f"{token[:index]}{'A' if token[index] != 'A' else 'B'}{token[index + 1 :]}"
        with pytest.raises(AuthInvalidTokenError):
            verified(changed, lambda kid: key)
