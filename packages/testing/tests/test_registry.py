"""The emulated registry: it asks for a password, keeps what it can verify, and refuses what ECR would."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from pymacaron_testing.emulators.registry import Refused, Registry

BLOB = b"a layer"
DIGEST = f"sha256:{hashlib.sha256(BLOB).hexdigest()}"
MANIFEST = json.dumps({"config": {"digest": DIGEST}, "layers": [{"digest": DIGEST}]}).encode()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    def admit(repository: str, overwritten: str | None) -> None:
        if repository == "unknown" or overwritten == "1":
            raise Refused(400, "TAG_INVALID", f"not {repository}:{overwritten}")

    with Registry(tmp_path, admit) as running:
        yield running


def ask(registry: Registry, method: str, path: str, body: Any = None, password: str | None = None) -> tuple[int, Any]:
    token = base64.b64encode(f"AWS:{registry.password if password is None else password}".encode()).decode()
    connection = HTTPConnection(registry.host, timeout=10)
    chunked = body is not None and not isinstance(body, bytes)
    headers = {"Authorization": f"Basic {token}", "Content-Type": "kind"}
    headers |= {"Transfer-Encoding": "chunked"} if chunked else {}
    try:
        connection.request(method, path, body, headers, encode_chunked=chunked)
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, answer.getheader("Location") or answer.getheader("WWW-Authenticate") or content
    finally:
        connection.close()


def upload(registry: Registry, digest: str = DIGEST, chunks: bool = False) -> tuple[int, Any]:
    _, place = ask(registry, "POST", "/v2/shop/blobs/uploads/")
    assert ask(registry, "PATCH", place, iter([BLOB[:3], BLOB[3:]]) if chunks else BLOB)[0] == 202
    return ask(registry, "PUT", f"{place}?digest={digest}")


@pytest.mark.parametrize("chunks", [True, False])
def test_what_is_pushed_is_there_by_tag_and_by_digest(registry: Registry, chunks: bool) -> None:
    assert ask(registry, "HEAD", f"/v2/shop/blobs/{DIGEST}")[0] == 404
    assert upload(registry, chunks=chunks)[0] == 201
    assert ask(registry, "GET", f"/v2/shop/blobs/{DIGEST}") == (200, BLOB)
    status, place = ask(registry, "PUT", "/v2/shop/manifests/1", MANIFEST)
    assert status == 201
    assert ask(registry, "GET", place) == ask(registry, "GET", "/v2/shop/manifests/1") == (200, MANIFEST)
    assert ask(registry, "POST", f"/v2/other/blobs/uploads/?mount={DIGEST}&from=shop")[0] == 201


@pytest.mark.parametrize("password", ["", "wrong"])
def test_without_the_password_nothing_is_answered(registry: Registry, password: str) -> None:
    for method, path in (("GET", "/v2/"), ("GET", f"/v2/shop/blobs/{DIGEST}"), ("PUT", "/v2/shop/manifests/1")):
        assert ask(registry, method, path, password=password) == (401, 'Basic realm="emulated"')
    assert ask(registry, "GET", "/v2/")[0] == 200


def test_what_is_not_what_it_says_is_refused(registry: Registry) -> None:
    assert ask(registry, "PUT", "/v2/shop/manifests/1", MANIFEST)[0] == 404
    assert upload(registry, digest=f"sha256:{'0' * 64}")[0] == 400
    assert upload(registry, digest="../../escaped")[0] == 400
    upload(registry)
    assert ask(registry, "PUT", f"/v2/shop/manifests/sha256:{'0' * 64}", MANIFEST)[0] == 400
    assert ask(registry, "DELETE", "/v2/shop/manifests/1")[0] == 404
    assert registry.manifests == {}


def test_a_push_that_is_not_admitted_is_refused(registry: Registry) -> None:
    assert ask(registry, "POST", "/v2/unknown/blobs/uploads/")[0] == 400
    upload(registry)
    assert ask(registry, "PUT", "/v2/shop/manifests/1", MANIFEST)[0] == 201
    assert ask(registry, "PUT", "/v2/shop/manifests/1", MANIFEST)[0] == 201
    assert ask(registry, "PUT", "/v2/shop/manifests/1", MANIFEST.replace(b" ", b""))[0] == 400
