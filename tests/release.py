"""Make a release: build the seven distributions, look into them, install them elsewhere, and try them there.

`python tests/release.py` leaves wheels and source archives in dist/. Nothing is published.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from archives import Archive, build, problems, version_of
from origin import strangers

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 60


def main() -> None:
    """Do each step, and tell it; AssertionError says what keeps this from being a release."""
    version = version_of(ROOT)
    _check_tree(ROOT, version)
    folder = _fresh(ROOT / "dist")
    archives = build(ROOT, folder)
    found = [problem for archive in archives for problem in problems(archive, ROOT, version)]
    assert not found, "\n".join(found)
    _run(sys.executable, "-m", "twine", "check", "--strict", *(str(each.path) for each in archives))
    print(f"built and looked into {len(archives)} archives of {version}")
    wheels = [each for each in archives if each.is_wheel]
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(2) as pool:
        for line in pool.map(lambda wheel: _try_alone(wheel, wheels, Path(place)), wheels):
            print(line, flush=True)
        print(_try_together(wheels, Path(place)))
    for path in sorted(folder.iterdir()):
        print(f"{path.stat().st_size:>8} {path.relative_to(ROOT)}")


def _check_tree(root: Path, version: str) -> None:
    changed = _run("git", "-C", str(root), "status", "--porcelain").strip()
    assert not changed, f"a release is made of a commit, and this is none: commit or remove\n{changed}"
    told = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## {version}" in told, f"CHANGELOG.md tells nothing of {version}: begin its part with '## {version}'"


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _try_alone(wheel: Archive, wheels: list[Archive], place: Path) -> str:
    """Install one with core alone beside it: bare, then with its extras."""
    name = wheel.metadata.name
    home = place / name
    core = [each for each in wheels if each.package == "core" and each is not wheel]
    python = _environment(home, [str(each.path) for each in (*core, wheel)])
    _run(str(python), "-P", str(ROOT / "tests/smoke.py"), name, cwd=home)
    _run(str(python.with_name("pym")), "init", "demo", "--yes", cwd=home)
    with _served(python, home / "demo", "run", "--no-reload") as url:
        _compare(_asked(f"{url}/v1/hello/Ada"), {"message": "Hello Ada!"})
    _install(python, [*(str(each.path) for each in core), _whole(wheel)])
    _run(str(python), "-P", str(ROOT / "tests/smoke.py"), name, "--whole", cwd=home)
    return f"{name} works alone, bare and with its extras: {', '.join(wheel.metadata.provides_extra or []) or 'none'}"


def _whole(wheel: Archive) -> str:
    extras = ",".join(wheel.metadata.provides_extra or [])
    return f"{wheel.path}[{extras}]" if extras else str(wheel.path)


def _try_together(wheels: list[Archive], place: Path) -> str:
    """Install all seven with every extra, and serve and test helloworld from them."""
    home = place / "together"
    python = _environment(home, [_whole(each) for each in wheels])
    for wheel in wheels:
        _run(str(python), "-P", str(ROOT / "tests/smoke.py"), wheel.metadata.name, "--whole", cwd=home)
    service = home / "helloworld"
    shutil.copytree(ROOT / "examples/helloworld", service, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    assert "ok" in _run(str(python.with_name("pym")), "doctor", cwd=service)
    with _served(python, service, "serve") as url:
        _compare(_asked(f"{url}/v1/hello?name=Ada"), {"message": "Hello Ada!"})
    _run(str(python.with_name("pym")), "test", cwd=service)
    return "all seven work together: helloworld is served and passes its acceptance tests"


def _environment(home: Path, wheels: list[str]) -> Path:
    """Make an environment that holds nothing but these wheels and what they need, and return its Python."""
    _run(sys.executable, "-m", "venv", "--without-pip", str(home))
    python = home / "bin" / "python"
    _install(python, wheels)
    return python


def _install(python: Path, wheels: list[str]) -> None:
    _run(sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-input", *wheels)
    _run(sys.executable, "-m", "pip", "--python", str(python), "check")
    site = _run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    folder = Path(wheels[0]).parent
    found = list(strangers(folder, [site]))
    assert not found, "\n".join(found)


@contextmanager
def _served(python: Path, root: Path, *command: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (root.parent / "served.log").open("w") as log:
        arguments = [str(python.with_name("pym")), *command, "--port", str(port)]
        process = subprocess.Popen(arguments, cwd=root, stdout=log, stderr=log)
        try:
            _await(f"http://127.0.0.1:{port}/ready", process, Path(log.name))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(SECONDS)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            _asked(url)
            return
        except URLError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)


def _asked(url: str) -> object:
    with urlopen(url, timeout=SECONDS) as reply:
        return json.load(reply)


def _compare(found: object, expected: object) -> None:
    assert found == expected, f"{found} is answered, where {expected} is right"


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


if __name__ == "__main__":
    main()
