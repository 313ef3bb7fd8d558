"""The fake image builder keeps the contract of image builders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pymacaron.deploy import Environment
from pymacaron.service import Service
from pymacaron_testing.fakes import fake_builder
from pymacaron_testing.suites import BuilderUnderTest, ImageBuilderSuite

SECRET = "secret-of-the-shop"
COMMIT = "c0ffee" * 6
SERVER = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAMES = {"version": "PYM_VERSION", "release": "PYM_RELEASE", "pym_env": "PYM_ENV"}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({key: os.environ.get(name) for key, name in NAMES.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
"""


class TestFakeBuilder(ImageBuilderSuite):
    @pytest.fixture
    def builder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BuilderUnderTest]:
        monkeypatch.setenv("SHOP_KEY", SECRET)
        root = tmp_path / "shop"
        root.mkdir()
        (root / "pym-config.yaml").write_text("name: shop\nenv_secrets: [SHOP_KEY]\nshop_api_key: SHOP_KEY\n")
        (root / "server.py").write_text(SERVER)
        told: list[str] = []
        with Service(root) as service:
            environment = Environment("shop", "live", root, service.config, tell=told.append)
            building = fake_builder(tmp_path / "fakes").open(environment)
            yield BuilderUnderTest(building, root, root / "none", "261121-1200-7-abcdef", COMMIT, SECRET, told)
