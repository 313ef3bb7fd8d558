"""What an engine or a registry complains of, as half a sentence that ends with the next step."""

from __future__ import annotations

import re

__all__ = ["complaint_of_engine", "complaint_of_push", "is_full"]

_AWAY = re.compile(r"dial tcp|no such host|connection re(fused|set)|i/o timeout|TLS handshake timeout|\bEOF$")
_BROKEN = re.compile(r"unexpected HTTP status: (5\d\d\b.*)")
_REFUSED = re.compile(r"no basic auth credentials|unauthorized|denied|authentication required", re.IGNORECASE)
_REGISTRY = re.compile(r"(localhost|[^/]*[.:][^/]*)/")
"""What tells the registry in the name of an image; a name without one is of Docker Hub."""


def is_full(told: str) -> bool:
    """Tell whether somebody found no space on a disk."""
    return "no space left on device" in told.lower()


def complaint_of_engine(told: str) -> str:
    """Return what an engine says; where its disk is full, what to do."""
    if is_full(told):
        return "the disk of the Docker engine is full: remove what nobody needs there, as 'docker system prune' does"
    return told.strip()


def complaint_of_push(told: str, reference: str) -> str:
    """Return what an engine says of a push that failed, and what to do."""
    found = _REGISTRY.match(reference)
    registry = found[1] if found else "Docker Hub"
    if is_full(told):
        return complaint_of_engine(told)
    if _AWAY.search(told):
        return f"{registry} does not answer ({told.rpartition(': ')[2]}): start it, or correct docker_registry"
    if broken := _BROKEN.search(told):
        return f"{registry} answers {broken[1]}: look into its log, and for space on its disk"
    if _REFUSED.search(told):
        return f"{told.strip()}: type 'docker login{f' {registry}' if found else ''}'"
    return told.strip()
