"""Small real images for tests of pymacaron-aws: one that serves, one that ends at once, one that is never ready."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import dockerkit
from base_image import REFERENCE, base_image

LABEL = "aws-tests"
SERVER = """
import json, os, signal, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODE = os.environ["MODE"]
if MODE == "crashes":
    sys.exit("out of order")


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"release": os.environ["PYM_RELEASE"], "key": os.environ.get("SHOP_KEY")}).encode()
        self.send_response(503 if MODE == "hangs" and self.path == "/ready" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Answer)
signal.signal(signal.SIGTERM, lambda *a: threading.Thread(target=server.shutdown).start())
print("serves", os.environ["PYM_RELEASE"], flush=True)
server.serve_forever()
"""
DOCKERFILE = f"""
FROM {REFERENCE}
COPY server.py /server.py
RUN ln -sf /usr/bin/python3 /usr/local/bin/python
EXPOSE 8080
CMD ["python3", "/server.py"]
"""


def docker(*command: str) -> str:
    """Run docker, and return what it prints."""
    return subprocess.run(["docker", *command], check=True, capture_output=True, text=True, timeout=120).stdout


@contextmanager
def built_images(folder: Path, shared: Path) -> Iterator[dict[str, str]]:
    """Build the images until the context is left: their names by what they do; skips where nothing can be built."""
    dockerkit.needs("docker", "docker.io")
    dockerkit.needs("debootstrap", "debootstrap")
    with dockerkit.engine(shared) as engine:
        with dockerkit.alone(shared, "base"):
            base_image(engine)
        yield from _built(folder)


def _built(folder: Path) -> Iterator[dict[str, str]]:
    tag = uuid4().hex[:8]
    names = {mode: f"pymacaron-aws-test/{mode}:{tag}" for mode in ("serves", "crashes", "hangs")}
    for mode, name in names.items():
        (folder / "server.py").write_text(SERVER)
        (folder / "Dockerfile").write_text(f"{DOCKERFILE}ENV MODE={mode}\n")
        docker("build", "--label", f"made-by={LABEL}", "--tag", name, str(folder))
    yield names
    docker("image", "rm", "--force", *names.values())


def left_containers(label: str) -> list[str]:
    """List the containers that emulated machines of a label left."""
    return docker("ps", "--all", "--quiet", "--filter", f"label=pymacaron.emulator={label}").split()
