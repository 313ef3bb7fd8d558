"""Measure starts: the shop beside Flask by hand, and a real document with all its operations to its first answer.

    python benchmarks/coldstart.py [DOCUMENT]

DOCUMENT is a large OpenAPI document, by default GitHub's in the conformance folder where there is one; handlers for it
are written to a temporary folder. Every Python is run with the compiled files that an installation has.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

APPS = Path(__file__).parent / "apps"
CONFORMANCE = Path(os.environ.get("PYM_CONFORMANCE_DIR") or Path(__file__).parents[2] / "shared" / "conformance")
GITHUB = CONFORMANCE / "openapi" / "large" / "github.json"
COMPILED = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
ROUNDS = 7
WANTED = 1.6
WANTED_SECONDS = 0.5
WANTED_MEGABYTES = 150

START = """
import time, sys
sys.path.insert(0, {apps!r})
import {module}
print(time.process_time())
"""

HANDLERS = """
from flask import Response

def answer(*body, **parameters):
    return Response("{}", mimetype="application/json")
"""

FIRST_ANSWERS = """
import json, resource, time
from pymacaron import create_app
app = create_app({root!r})
calls = {calls!r}
replies, seconds = [], []
for path in calls:
    replies.append(app.test_client().get(path).status_code)
    seconds.append(time.process_time())
megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({{"replies": replies, "seconds": seconds[0], "megabytes": megabytes}}))
"""


def main() -> int:
    """Print what a start costs; return 1 where it costs more than is wanted."""
    plain, by_hand, ours = (cpu_of(module) for module in ("json", "flask_hand", "pymacaron_app"))
    ratio = (ours - plain) / (by_hand - plain)
    print(f"\nStart: {ours - plain:.3f} s of CPU, {ratio:.2f} times Flask by hand ({by_hand - plain:.3f} s)")
    documents = [Path(name) for name in sys.argv[1:]] or [GITHUB]
    missed = [document for document in documents if document.exists() and not first_answers(document)]
    return 1 if missed or ratio >= WANTED else 0


def cpu_of(module: str) -> float:
    """Return the CPU time of a process that makes an app, the best of some."""
    script = START.format(apps=str(APPS), module=module)
    return min(float(python(script)) for _ in range(ROUNDS))


def first_answers(document: Path) -> bool:
    """Serve a document by generated handlers, and tell what it takes to the first of its answers; False for more."""
    with tempfile.TemporaryDirectory() as folder:
        calls = service_of(document, Path(folder))
        script = FIRST_ANSWERS.format(root=folder, calls=calls)
        told: list[dict[str, Any]] = [json.loads(python(script)) for _ in range(ROUNDS)]
    seconds = min(one["seconds"] for one in told)
    megabytes = max(one["megabytes"] for one in told)
    print(
        f"{document.name}: answered {calls} with {told[0]['replies']}; {seconds:.2f} s of CPU from nothing to the first"
    )
    print(f"of them (wanted: {WANTED_SECONDS}), and {megabytes} MB after the last (wanted: {WANTED_MEGABYTES})")
    return bool(seconds < WANTED_SECONDS and megabytes < WANTED_MEGABYTES)


def service_of(document: Path, root: Path) -> list[str]:
    """Write a service that binds every operation to one function, and return paths to call."""
    data = json.loads(document.read_text(encoding="utf-8"))
    plain = []
    for path, item in data["paths"].items():
        for method, operation in item.items():
            if method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):
                operation["x-bind-server"] = "handlers.answer"
        if "get" in item and "{" not in path and takes_empty(data, item["get"]):
            plain.append(path)
    (root / "apis").mkdir()
    (root / "apis" / document.name).write_text(json.dumps(data), encoding="utf-8")
    (root / "pym-config.yaml").write_text("name: large\n")
    (root / "handlers.py").write_text(HANDLERS)
    base = "" if not data.get("servers") else path_of(data["servers"][0]["url"])
    return [f"{base}{path}" for path in plain[:3]]


def takes_empty(data: dict[str, Any], operation: dict[str, Any]) -> bool:
    """Tell whether {} is a response that an operation declares, so that its call is answered by 200."""
    content = operation["responses"].get("200", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = data["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema.get("type") == "object" and not schema.get("required")


def path_of(url: str) -> str:
    """Return the path of a server's URL, without a slash at its end."""
    _, _, rest = url.partition("://")
    return ("/" + rest.partition("/")[2]).rstrip("/") if rest else url.rstrip("/")


def python(script: str) -> str:
    """Return what a script prints, run by this Python in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=COMPILED
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
