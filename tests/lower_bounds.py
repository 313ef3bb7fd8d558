"""Install like `pip install`, the packages of this repository with the oldest libraries that they admit.

Among the arguments of `lower_bounds.py`, each `packages/NAME[EXTRAS]` adds what it declares to what is held.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

PACKAGES = Path(__file__).resolve().parent.parent / "packages"


def pins(requirements: Iterable[str]) -> list[str]:
    """Turn each `name>=X` into `name==X`, the highest X of a name; ValueError for one without a lower bound."""
    oldest: dict[str, str] = {}
    for each in requirements:
        found = re.match(r"([\w.-]+)\s*(?:\[.*?\])?\s*[>~]=\s*([\w.]+)", each)
        if found is None:
            raise ValueError(f"no lower bound to test in '{each}'")
        name = re.sub(r"[-_.]+", "-", found[1]).lower()
        oldest[name] = max(oldest.get(name, "0"), found[2], key=_order)
    return [f"{name}=={version}" for name, version in oldest.items() if not name.startswith("pymacaron")]


def _order(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def declared(package: str, extras: Iterable[str] = ()) -> list[str]:
    """List what a package requires, with some of its extras."""
    project = tomllib.loads((PACKAGES / package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]


def main(*arguments: str) -> int:
    """Run pip with the pins as constraints, and return how it ended."""
    found = re.findall(r"packages/(\w+)(?:\[([\w,-]+)\])?", " ".join(arguments))
    requirements = [each for package, extras in found for each in declared(package, filter(None, extras.split(",")))]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins(requirements)))
        file.flush()
        command = [sys.executable, "-m", "pip", "install", "-c", file.name, *arguments]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
