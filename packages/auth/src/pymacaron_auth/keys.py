"""Keys: read from secrets, PEM texts and JWKs (RFC 7517), refused where they do not fit, and what they sign and verify.

A key knows the algorithms that it may be used with: a token's header chooses among these and among no others.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwt.algorithms import Algorithm

__all__ = ["ED25519", "FAMILIES", "Key", "UnfitKeyError", "can_verify", "family_of", "key_from_jwk", "key_from_text"]

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "HS": ("HS256", "HS384", "HS512"),
    "RS": ("RS256", "RS384", "RS512"),
    "PS": ("PS256", "PS384", "PS512"),
    "ES": ("ES256", "ES384", "ES512"),
    "EdDSA": ("EdDSA",),
}
KTY = {"HS": "oct", "RS": "RSA", "PS": "RSA", "ES": "EC", "EdDSA": "OKP"}
ED25519 = ("EdDSA", "Ed25519")
"""Two names of one algorithm (RFC 9864, section 2.2)."""
CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
SHORTEST_SECRET = 32
FEWEST_CHARACTERS = 8
SHORTEST_MODULUS = 2048
NUMBERS = frozenset(("d", "dp", "dq", "e", "k", "n", "p", "q", "qi", "x", "y"))
BASE64URL = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
ARMOUR = re.compile(r"-{4,5} ?BEGIN|^(ssh-|ecdsa-sha2-|sk-ssh-)", re.IGNORECASE)
"""How PEM (RFC 7468), SSH2 (RFC 4716) and OpenSSH keys begin."""
NAME_OF_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", re.ASCII)


class UnfitKeyError(ValueError):
    """Why a text is no key that may be used: half a sentence that follows the name of its setting."""


@dataclass(frozen=True, repr=False)
class Key:
    """A key of one family: `verifying` and `signing` are as PyJWT's algorithms take them, `signing` None if public."""

    kid: str | None
    family: str
    algorithms: tuple[str, ...]
    verifying: Any = field(compare=False)
    signing: Any = field(compare=False)

    def verifies(self, algorithm: str, signed: bytes, signature: bytes) -> bool:
        """Tell whether a signature is right; False for an algorithm that is none of this key's."""
        if algorithm not in self.algorithms:
            return False
        if self.family == "HS":
            return hmac.compare_digest(_hmac(self.verifying, signed, algorithm), signature)
        return _algorithms()[algorithm].verify(signed, self.verifying, signature)

    def sign(self, algorithm: str, message: bytes) -> bytes:
        """Return the signature of a message."""
        if self.family == "HS":
            return _hmac(self.signing, message, algorithm)
        return _algorithms()[algorithm].sign(message, self.signing)


def _hmac(secret: bytes, message: bytes, algorithm: str) -> bytes:
    return hmac.digest(secret, message, f"sha{algorithm[2:]}")


def family_of(algorithm: str) -> str:
    """Return the family of an algorithm."""
    return next(family for family, names in FAMILIES.items() if algorithm in names)


def key_from_text(text: str, family: str, *, kid: str | None = None, names: tuple[str, ...] = ()) -> Key:
    """Read a secret, a PEM or the JSON of a JWK; `names` are those of the setting and variable that it stands in.

    Raises UnfitKeyError.
    """
    if text.lstrip().startswith("{"):
        return key_from_jwk(_parsed(text), family, kid=kid)
    if family == "HS":
        text = text.strip()
        _refuse_weak(text, names)
        return _key(kid, family, FAMILIES[family], _strong(text.encode()))
    return _from_pem(text, family, kid)


def key_from_jwk(jwk: Mapping[str, Any], family: str | None = None, *, kid: str | None = None) -> Key:
    """Read a JWK that may verify signatures of the family, by default that of its `alg`; raises UnfitKeyError."""
    algorithm = "EdDSA" if jwk.get("alg") == "Ed25519" and jwk.get("crv") == "Ed25519" else jwk.get("alg")
    family = family or _own_family(jwk)
    if jwk.get("kty") != KTY[family]:
        raise UnfitKeyError(f"is a JWK of another kty than {KTY[family]}, which {family} keys have")
    if jwk.get("use", "sig") != "sig":
        raise UnfitKeyError("is a JWK for another use than signatures")
    if not _is_for_signatures(jwk):
        raise UnfitKeyError("is a JWK whose key_ops do not hold 'verify'")
    if algorithm is not None and algorithm not in FAMILIES[family]:
        raise UnfitKeyError(f"is a JWK for an algorithm that is none of {', '.join(FAMILIES[family])}")
    usable = (algorithm,) if algorithm else FAMILIES[family]
    if family == "ES":
        usable = tuple(name for name in usable if CURVES.get(str(jwk.get("crv"))) == name)
    if not usable:
        raise UnfitKeyError("is a JWK of a curve that none of its algorithms uses")
    if not all(BASE64URL.fullmatch(str(jwk[name])) for name in jwk.keys() & NUMBERS):
        raise UnfitKeyError("is a JWK with a member that is not base64url without padding")
    material = _loaded(lambda: _algorithms()[FAMILIES[family][0]].from_jwk(dict(jwk)), "is a JWK that cannot be read")
    if family == "HS":
        _strong(material)
    found = jwk.get("kid")
    return _key(kid if kid is not None else found if isinstance(found, str) else None, family, usable, material)


def _is_for_signatures(jwk: Mapping[str, Any]) -> bool:
    """Tell whether the `key_ops` of a JWK let it verify; a private key that signs has a public one that verifies."""
    operations = jwk.get("key_ops", ["verify"])
    return isinstance(operations, list) and ("verify" in operations or ("d" in jwk and "sign" in operations))


def _own_family(jwk: Mapping[str, Any]) -> str:
    """Return the family of a JWK by its own word; RSA keys that say nothing are taken for RS."""
    algorithm = "EdDSA" if jwk.get("alg") == "Ed25519" else jwk.get("alg")
    for family, names in FAMILIES.items():
        if algorithm in names or (algorithm is None and jwk.get("kty") == KTY[family]):
            return family
    raise UnfitKeyError("is a JWK whose alg and kty are none of those known here")


def _refuse_weak(text: str, names: tuple[str, ...]) -> None:
    if ARMOUR.search(text) or _is_der(text):
        raise UnfitKeyError("is an asymmetric key, which is no secret: set jwt_algorithm to that of the key")
    if text.lower() in {name.lower() for name in names} or NAME_OF_VARIABLE.fullmatch(text):
        raise UnfitKeyError("is a name and no secret: list the environment variable in env_secrets and set it")


def _strong(secret: bytes) -> bytes:
    """Return a secret that is hard to guess; raises UnfitKeyError."""
    if len(secret) < SHORTEST_SECRET:
        raise UnfitKeyError(f"has {len(secret)} bytes: use at least {SHORTEST_SECRET}, such as 'openssl rand -hex 32'")
    if len(set(secret)) < FEWEST_CHARACTERS:
        raise UnfitKeyError(
            f"has fewer than {FEWEST_CHARACTERS} different characters: make one by 'openssl rand -hex 32'"
        )
    return secret


def _is_der(text: str) -> bool:
    """Tell whether a text is a key in DER, by base64: a SEQUENCE of this very length that begins as keys do."""
    try:
        data = b64decode("".join(text.split()), validate=True)
    except ValueError:
        return False
    count = data[1] & 0x7F if len(data) > 2 and data[1] & 0x80 else 0
    length = int.from_bytes(data[2 : 2 + count]) if count else (data[1:2] or b"\0")[0]
    return data[:1] == b"\x30" and 2 + count + length == len(data) and data[2 + count : 3 + count] in (b"\x02", b"\x30")


def _from_pem(text: str, family: str, kid: str | None) -> Key:
    if "PRIVATE KEY" not in text and "PUBLIC KEY" not in text:
        raise UnfitKeyError(f"is no PEM of a private or public key, which {family} wants")
    found: dict[str, Any] = {}
    for name in FAMILIES[family]:
        try:
            found[name] = _algorithms()[name].prepare_key(text)
        except Exception:  # noqa: S112 - the key of another curve; whatever PyJWT raises, it may hold the key
            continue
    if not found:
        raise UnfitKeyError(f"is a PEM that holds no key for {' or '.join(FAMILIES[family])}")
    return _key(kid, family, tuple(found), next(iter(found.values())))


def _key(kid: str | None, family: str, usable: tuple[str, ...], material: Any) -> Key:
    """Return a key of material as PyJWT loaded it; raises UnfitKeyError for one that is too weak."""
    if family in ("RS", "PS") and material.key_size < SHORTEST_MODULUS:
        raise UnfitKeyError(f"has {material.key_size} bits: use at least {SHORTEST_MODULUS}")
    private = family == "HS" or hasattr(material, "private_bytes")
    public = material if family == "HS" or not private else material.public_key()
    if family == "EdDSA" and "25519" in type(material).__name__:
        usable = ED25519
    return Key(kid, family, usable, public, material if private else None)


def _parsed(text: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _loaded(lambda: dict(json.loads(text)), "begins like a JWK, but is no JSON object")
    return found


def _loaded(load: Callable[[], Any], reason: str) -> Any:
    """Return what `load` does; its exception is dropped, for it may hold the key."""
    try:
        return load()
    except Exception:
        raise UnfitKeyError(reason) from None


@cache
def _algorithms() -> Mapping[str, Algorithm]:
    """Return PyJWT's algorithms by name; without cryptography there are those of HMAC alone."""
    from jwt.algorithms import get_default_algorithms

    found = get_default_algorithms()
    return {**found, "Ed25519": found["EdDSA"]} if "EdDSA" in found else found


def can_verify(family: str) -> bool:
    """Tell whether the library that a family needs is installed."""
    return family == "HS" or FAMILIES[family][0] in _algorithms()
