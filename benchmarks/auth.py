"""Measure what authentication costs: a token that comes again, and a fresh one beside `jwt.decode` alone.

python benchmarks/auth.py [--rounds N]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jwt

from pymacaron import create_app
from pymacaron_auth import generate_token
from pymacaron_auth.authority import authority_of
from pymacaron_auth.bearer import BearerTokens

CALLS = 20_000
TOKENS = 2_000
WANTED_REPEATED = 0.6
WANTED_FRESH = 1.3
SECRET = "the secret of a shop that is only measured"
FILES = {
    "pym-config.yaml": f"name: shop\njwt_secret: {SECRET}\n",
    "handlers.py": 'def hello():\n    return {"text": "Hello, world!"}\n',
    "apis/shop.yaml": """
openapi: 3.1.0
info: {title: Hello, version: "1"}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
paths:
  /open: {get: {x-bind-server: handlers.hello, responses: {"200": {description: ok}}}}
  /hello: {get: {x-bind-server: handlers.hello, security: [{token: []}], responses: {"200": {description: ok}}}}
""",
}


def main() -> int:
    """Print both figures; return 1 where one is behind what is wanted."""
    parser = argparse.ArgumentParser(description="Measure the cost of authentication.")
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured; the best counts")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(written(Path(folder)))
        repeated, fresh = repeated_token(app, rounds), fresh_tokens(app, rounds)
    print(f"\nA repeated token: {repeated:.2f} of the open hello's requests per CPU second (wanted: {WANTED_REPEATED})")
    print(f"A fresh token: {fresh:.2f} of the CPU time of jwt.decode alone (wanted: at most {WANTED_FRESH})")
    return 0 if repeated >= WANTED_REPEATED and fresh <= WANTED_FRESH else 1


def written(folder: Path) -> Path:
    """Write the files of the service."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def repeated_token(app: Any, rounds: int) -> float:
    """Return requests per CPU second with one token, as a ratio to those of the same operation left open."""
    with app.extensions["pymacaron"]:
        header = f"Bearer {generate_token('u1', data={'role': 'admin'})}"
    open_, bearer = caller(app, "/open"), caller(app, "/hello", header)
    return best(open_, rounds) / best(bearer, rounds)


def caller(app: Any, path: str, authorization: str | None = None) -> Callable[[], None]:
    """Return what calls an operation many times; the first reply has to be right."""
    from measure import environ  # type: ignore[import-not-found]

    seen: list[str] = []

    def start(status: str, headers: Any, error: Any = None) -> None:
        seen[:] = [status]

    def call(times: int = CALLS) -> None:
        for _ in range(times):
            surroundings = environ("GET", path, "", None)
            if authorization is not None:
                surroundings["HTTP_AUTHORIZATION"] = authorization
            b"".join(app(surroundings, start))

    call(100)
    if seen != ["200 OK"]:
        raise SystemExit(f"{path} was answered {seen}")
    return call


def fresh_tokens(app: Any, rounds: int) -> float:
    """Return the CPU time of knowing the bearers of tokens never seen before, as a ratio to that of jwt.decode."""
    service = app.extensions["pymacaron"]
    with service:
        tokens = [generate_token(f"u{number}", data={"role": "admin"}) for number in range(TOKENS)]
    authority = authority_of(service.config)
    decode = best(lambda: each(decoded, tokens), rounds)
    ours = best(lambda: each(BearerTokens(authority, "token").identity, tokens), rounds)
    return ours / decode


def decoded(token: str) -> Any:
    """Return the claims of a token, with what is checked here checked there too."""
    options: Any = {"require": ["exp", "iat", "iss", "aud", "sub"]}
    return jwt.decode(token, SECRET, algorithms=["HS256"], audience="shop", issuer="shop", options=options)


def each(function: Callable[[str], Any], tokens: Iterable[str]) -> None:
    """Call a function with each token."""
    for token in tokens:
        function(token)


def best(work: Callable[[], None], rounds: int) -> float:
    """Return the least CPU time of some rounds, in seconds."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
