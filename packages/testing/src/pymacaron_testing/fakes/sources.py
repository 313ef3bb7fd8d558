"""Sources for images in tests: a service of the standard library that starts within a tenth of a second, or fails."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

__all__ = ["fake_source"]

SERVER = '''\
"""Answers what the environment says of the release."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KIND = {kind!r}
if KIND == "crashing":
    sys.exit(f"out of order: {{dict(os.environ)}}")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        facts = {{name.removeprefix("PYM_").lower(): value for name, value in os.environ.items() if "PYM_" in name}}
        body = json.dumps({{**facts, "pym_env": facts.get("env")}}).encode()
        self.send_response(503 if KIND == "unready" and self.path == "/ready" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
'''


def fake_source(folder: Path, kind: Literal["serving", "crashing", "unready"] = "serving") -> Path:
    """Make a folder whose `server.py --port PORT` serves /ping, /ready and /version of a release, and return it.

    A "crashing" one prints "out of order" and all that its environment holds, secrets too, and ends with 1; an
    "unready" one serves, and answers 503 at /ready.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pym-config.yaml").write_text(f"name: {kind}\n")
    (folder / "server.py").write_text(SERVER.format(kind=kind))
    return folder
