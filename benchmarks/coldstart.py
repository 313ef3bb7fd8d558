"""Measure starts: the shop beside Flask by hand, and a real document with all its operations to its first answer.

    python benchmarks/coldstart.py [DOCUMENT]

DOCUMENT is a large OpenAPI document, such as GitHub's; handlers for it are written to a temporary folder.
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
ROUNDS = 7
WANTED = 1.6

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
import json, resource
from pymacaron import create_app
app = create_app({root!r})
calls = {calls!r}
replies = [app.test_client().get(path).status_code for path in calls]
print(json.dumps({{"replies": replies, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}}))
"""


def main() -> int:
    """Print what a start costs; return 1 where it costs more than is wanted."""
    plain, by_hand, ours = (cpu_of(module) for module in ("json", "flask_hand", "pymacaron_app"))
    ratio = (ours - plain) / (by_hand - plain)
    print(f"\nStart: {ours - plain:.3f} s of CPU, {ratio:.2f} times Flask by hand ({by_hand - plain:.3f} s)")
    for document in sys.argv[1:]:
        print(first_answers(Path(document)))
    return 0 if ratio < WANTED else 1


def cpu_of(module: str) -> float:
    """Return the CPU time of a process that makes an app, the best of some."""
    script = START.format(apps=str(APPS), module=module)
    return min(float(python(script)) for _ in range(ROUNDS))


def first_answers(document: Path) -> str:
    """Serve a document by generated handlers, and tell how long it takes to the first three answers."""
    with tempfile.TemporaryDirectory() as folder:
        calls = service_of(document, Path(folder))
        times = []
        for _ in range(3):
            began = os.times()
            told: dict[str, Any] = json.loads(python(FIRST_ANSWERS.format(root=folder, calls=calls)))
            ended = os.times()
            times.append(ended.elapsed - began.elapsed)
        return f"{document.name}: answered {calls} with {told['replies']} in {min(times):.2f} s, {told['megabytes']} MB"


def service_of(document: Path, root: Path) -> list[str]:
    """Write a service that binds every operation to one function, and return three paths to call."""
    data = json.loads(document.read_text(encoding="utf-8"))
    plain = []
    for path, item in data["paths"].items():
        for method, operation in item.items():
            if method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):
                operation["x-bind-server"] = "handlers.answer"
        if "get" in item and "{" not in path:
            plain.append(path)
    (root / "apis").mkdir()
    (root / "apis" / document.name).write_text(json.dumps(data), encoding="utf-8")
    (root / "pym-config.yaml").write_text("name: large\n")
    (root / "handlers.py").write_text(HANDLERS)
    base = "" if not data.get("servers") else path_of(data["servers"][0]["url"])
    return [f"{base}{path}" for path in plain[:3]]


def path_of(url: str) -> str:
    """Return the path of a server's URL, without a slash at its end."""
    _, _, rest = url.partition("://")
    return ("/" + rest.partition("/")[2]).rstrip("/") if rest else url.rstrip("/")


def python(script: str) -> str:
    """Return what a script prints, run by this Python in a process of its own."""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
