"""Fail when an installed `pymacaron*` distribution came from anywhere but this repository: `python tests/origin.py`.

The names are taken on the public index by PyMacaron 2, so a wrong install would look right until much later.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

ROOT = Path(__file__).resolve().parent.parent


def strangers(root: Path, path: list[str]) -> Iterator[str]:
    """Yield one sentence for each `pymacaron*` distribution on `path` that was not installed from below `root`."""
    for distribution in distributions(path=path):
        name = re.sub(r"[-_.]+", "-", distribution.name).lower()
        if name.startswith("pymacaron") and not _comes_from(root, distribution):
            yield (
                f"{name} {distribution.version} was not installed from this repository ({root}): "
                f"uninstall it and install packages/{name.removeprefix('pymacaron-').replace('pymacaron', 'core')}"
            )


def _comes_from(root: Path, distribution: Distribution) -> bool:
    """Tell whether the `direct_url.json` of PEP 610, which pip writes for what no index gave, points below `root`."""
    url = urlsplit(json.loads(distribution.read_text("direct_url.json") or "{}").get("url", ""))
    return url.scheme == "file" and Path(url2pathname(url.path)).resolve().is_relative_to(root)


if __name__ == "__main__":
    sys.exit("\n".join(strangers(ROOT, sys.path)) or 0)
