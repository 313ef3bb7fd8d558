"""The data that every measured app serves, and the requests that every one of them gets."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

ARTICLES: list[dict[str, Any]] = [
    {"number": number, "title": f"Article number {number}", "price": 1.25 * number, "tags": ["new", "red"]}
    for number in range(1, 1001)
]
HOME = {"street": "Storgatan 12", "town": "Lund", "country": "SE", "postcode": "222 22"}
ORDER: dict[str, Any] = {
    "id": "0b9be1a6-6ee5-4a1c-8b53-5d9e2f0f2c7b",
    "buyer": "Grace Hopper",
    "email": "grace@example.com",
    "placed": "2026-03-04T05:06:07Z",
    "state": "new",
    "ship_to": HOME,
    "bill_to": HOME,
    "lines": [{"article": number, "count": 3, "price": 7.5, "remark": "wrap"} for number in range(1, 11)],
}

Call = tuple[str, str, str, bytes | None]

CALLS: dict[str, Call] = {
    "hello": ("GET", "/hello", "", None),
    "params": ("GET", "/articles/7", "limit=5&tag=red&tag=new", None),
    "list100": ("GET", "/articles", "limit=100", None),
    "order": ("POST", "/orders", "", json.dumps(ORDER).encode()),
}
INVALID: dict[str, Call] = {
    "params": ("GET", "/articles/7", "limit=2000", None),
    "order": ("POST", "/orders", "", json.dumps({**ORDER, "state": "lost"}).encode()),
}

SECRET = "the secret of a shop that is only measured"
CLAIMS = {"iss": "shop", "sub": "u1", "aud": "shop", "iat": 1_700_000_000, "exp": 4_000_000_000, "jti": "1"}


def token() -> str:
    """Return the bearer token that callers bring where extras are asked for."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "HS256"}, CLAIMS)]
    signature = hmac.new(SECRET.encode(), b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()
