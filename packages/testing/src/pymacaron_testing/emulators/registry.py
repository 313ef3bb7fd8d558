"""A registry of images on 127.0.0.1, which docker logs in to, pushes to and pulls from while a cloud is emulated.

It speaks what docker needs of the OCI Distribution Specification 1.1, and keeps all in a folder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

__all__ = ["Manifest", "Refused", "Registry"]

CHUNK = 1 << 20
BLOB = re.compile(r"/v2/(?P<name>.+)/blobs/(?P<digest>sha256:[0-9a-f]{64})")
UPLOADS = re.compile(r"/v2/(?P<name>.+)/blobs/uploads/")
UPLOAD = re.compile(r"/v2/(?P<name>.+)/blobs/uploads/(?P<id>[0-9a-f-]{36})")
MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[\w.:-]+)")


class Manifest(NamedTuple):
    """A manifest as it was pushed, with the type of its content."""

    kind: str
    content: bytes


class Refused(Exception):
    """What the registry answers instead: a code of the specification, its HTTP status and what it says."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def _admit(repository: str, tag: str | None) -> None:
    """Admit every push."""


class Registry:
    """A running registry: `user` and `password` are asked for, `host` is where it listens.

    `admit` is called for each push with the repository, and with the tag where one is overwritten; it may raise
    Refused. `manifests` are those that were pushed, by repository and by tag or digest.
    """

    user = "AWS"

    def __init__(self, folder: Path, admit: Callable[[str, str | None], None] = _admit) -> None:
        self.password = secrets.token_urlsafe(32)
        self.folder, self.admit = folder, admit
        self.manifests: dict[tuple[str, str], Manifest] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.registry = self

    @property
    def host(self) -> str:
        """Host and port, as names of images begin with."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Take its names from the images of the Docker engine; the images stay."""
        for repository, reference in self.manifests:
            name = f"{self.host}/{repository}{'@' if ':' in reference else ':'}{reference}"
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(
                    ["docker", "image", "rm", "--no-prune", name], capture_output=True, check=False, timeout=60
                )

    def blob(self, digest: str) -> Path:
        """Return the file of a blob, whether it is there or not."""
        return self.folder / digest.replace(":", "-")

    def knows(self, header: str | None) -> bool:
        """Tell whether a header Authorization has the user and the password."""
        wanted = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return hmac.compare_digest((header or "").encode(), f"Basic {wanted}".encode())

    def keep(self, name: str, reference: str, manifest: Manifest) -> str:
        """Store a manifest whose blobs are there, and return its digest; raises Refused."""
        digest = f"sha256:{hashlib.sha256(manifest.content).hexdigest()}"
        known = self.manifests.get((name, reference))
        if ":" in reference and reference != digest:
            raise Refused(400, "DIGEST_INVALID", f"the manifest is {digest}")
        self.admit(name, reference if known and known != manifest else None)
        data = json.loads(manifest.content)
        for part in [data.get("config"), *data.get("layers", [])]:
            if part and not self.blob(part["digest"]).exists():
                raise Refused(404, "MANIFEST_BLOB_UNKNOWN", f"{part['digest']} was not pushed")
        self.manifests[name, reference] = self.manifests[name, digest] = manifest
        return digest


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    registry: Registry


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
        """Log nothing."""

    def _answer(self) -> None:
        try:
            if not self.server.registry.knows(self.headers.get("Authorization")):
                raise Refused(401, "UNAUTHORIZED", "log in first")
            self._carry_out()
        except Refused as refused:
            self.close_connection = True  # as its body may not have been read
            text = json.dumps({"errors": [{"code": refused.code, "message": str(refused)}]}).encode()
            realm = {"WWW-Authenticate": 'Basic realm="emulated"'} if refused.status == 401 else {}
            self._send(refused.status, text, **realm)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 - http.server's names

    def _carry_out(self) -> None:
        path = urlsplit(self.path).path
        reads = self.command in ("GET", "HEAD")
        if path == "/v2/" and reads:
            self._send(200, b"{}")
        elif (found := BLOB.fullmatch(path)) and reads:
            self._give_blob(found["digest"])
        elif (found := MANIFEST.fullmatch(path)) and reads:
            self._give_manifest(found["name"], found["reference"])
        elif (found := MANIFEST.fullmatch(path)) and self.command == "PUT":
            self._take_manifest(found["name"], found["reference"])
        elif (found := UPLOADS.fullmatch(path)) and self.command == "POST":
            self._begin(found["name"])
        elif (found := UPLOAD.fullmatch(path)) and self.command in ("PATCH", "PUT"):
            self._go_on(found["name"], found["id"])
        else:
            raise Refused(404, "UNSUPPORTED", f"{self.command} {path} is not emulated")

    def _give_blob(self, digest: str) -> None:
        path = self.server.registry.blob(digest)
        if not path.exists():
            raise Refused(404, "BLOB_UNKNOWN", f"there is no {digest}")
        self._start(200, path.stat().st_size, **{"Docker-Content-Digest": digest})
        with path.open("rb") as file:
            while self.command == "GET" and (part := file.read(CHUNK)):
                self.wfile.write(part)

    def _give_manifest(self, name: str, reference: str) -> None:
        found = self.server.registry.manifests.get((name, reference))
        if found is None:
            raise Refused(404, "MANIFEST_UNKNOWN", f"there is no {name} {reference}")
        digest = f"sha256:{hashlib.sha256(found.content).hexdigest()}"
        self._send(200, found.content, **{"Content-Type": found.kind, "Docker-Content-Digest": digest})

    def _take_manifest(self, name: str, reference: str) -> None:
        manifest = Manifest(self.headers.get("Content-Type", ""), b"".join(self._body()))
        digest = self.server.registry.keep(name, reference, manifest)
        self._send(201, b"", **{"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest})

    def _begin(self, name: str) -> None:
        self.server.registry.admit(name, None)
        asked = parse_qs(urlsplit(self.path).query)
        for digest in asked.get("mount", []):
            if self.server.registry.blob(digest).exists():
                self._send(201, b"", **{"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest})
                return
        self._told_upload(name, str(uuid.uuid4()), 0)

    def _go_on(self, name: str, upload: str) -> None:
        path = self.server.registry.folder / upload
        with path.open("ab") as file:
            for part in self._body():
                file.write(part)
        if self.command == "PATCH":
            self._told_upload(name, upload, path.stat().st_size)
            return
        digest = parse_qs(urlsplit(self.path).query).get("digest", [""])[0]
        with path.open("rb") as file:
            if digest != f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}":
                raise Refused(400, "DIGEST_INVALID", "what was sent is something else")
        path.replace(self.server.registry.blob(digest))
        self._send(201, b"", **{"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest})

    def _told_upload(self, name: str, upload: str, size: int) -> None:
        place = {"Location": f"/v2/{name}/blobs/uploads/{upload}", "Docker-Upload-UUID": upload}
        self._send(202, b"", **place, Range=f"0-{max(size - 1, 0)}")

    def _body(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            yield from _parts(self.rfile, int(self.headers.get("Content-Length") or 0))
            return
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield from _parts(self.rfile, size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self._start(status, len(content), **headers)
        if self.command != "HEAD":
            self.wfile.write(content)

    def _start(self, status: int, size: int, **headers: str) -> None:
        self.send_response_only(status)
        given = {"Docker-Distribution-Api-Version": "registry/2.0", "Content-Length": str(size), **headers}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()


def _parts(file: BufferedIOBase, size: int) -> Iterator[bytes]:
    while size and (part := file.read(min(size, CHUNK))):
        size -= len(part)
        yield part
