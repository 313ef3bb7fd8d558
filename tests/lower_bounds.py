"""Write the lower bounds of a package's dependencies as exact pins: `lower_bounds.py pyproject.toml oldest.txt`."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def pins(requirements: list[str]) -> list[str]:
    """Turn each `name>=X` into `name==X`; ValueError for a requirement that has no lower bound to test."""
    found = [(each, re.match(r"([\w.-]+)\s*(?:\[.*?\])?\s*[>~]=\s*([\w.]+)", each)) for each in requirements]
    if missing := [each for each, match in found if match is None]:
        raise ValueError(f"no lower bound to test in {missing}")
    return [f"{match[1]}=={match[2]}" for _, match in found if match is not None]


if __name__ == "__main__":
    project = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["project"]
    optional = project.get("optional-dependencies", {}).values()
    Path(sys.argv[2]).write_text("\n".join(pins(sum(optional, project["dependencies"]))) + "\n", encoding="utf-8")
