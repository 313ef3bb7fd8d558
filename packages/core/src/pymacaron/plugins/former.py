"""Distributions of PyMacaron 1 and 2 that are installed beside ours, and hold modules of the same names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import distributions

__all__ = ["former_distributions"]

FORMER = {
    "pymacaron-core": "pymacaron",
    "pymacaron-unit": "pymacaron-testing",
    "pymacaron-dynamodb": "pymacaron-aws",
}
"""Names that ended with PyMacaron 2, and the distribution that brings what they had."""

KEPT = ("pymacaron-async", "pymacaron-aws", "pymacaron-docker", "pymacaron-gcp")
"""Names that went on, from version 3."""


def former_distributions(path: Sequence[str] | None = None) -> Iterator[str]:
    """Yield a sentence, with what to type, for each former distribution on `path`; sys.path unless given."""
    found = distributions() if path is None else distributions(path=[*path])
    for name, version in sorted({(_normal(each.name), each.version) for each in found}):
        home = FORMER.get(name) or (name if name in KEPT and _is_former(version) else None)
        if home:
            yield (
                f"{name} {version} of PyMacaron {'1 and ' if name in FORMER else ''}2 is installed, whose modules "
                f"{home} has now: pip uninstall {name}, then pip install --force-reinstall --no-deps '{home}>=3'"
            )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_former(version: str) -> bool:
    major = version.partition(".")[0]
    return major.isdigit() and int(major) < 3
