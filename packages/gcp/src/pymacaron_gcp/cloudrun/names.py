"""How the things of a release are called on Cloud Run, within the lengths that it allows."""

from __future__ import annotations

import hashlib
import re

__all__ = ["job_name", "lock_name", "pool_name", "revision_stem", "service_name", "short", "tag_name"]

# A tag and the name of its service have at most 46 characters together, and a tag of ours has 9.
LONGEST_SERVICE = 37
LONGEST = 49


def service_name(label: str) -> str:
    """Return the name of the service of an environment: "shop-live" as it is, others in letters Cloud Run takes."""
    return _fitting(label, LONGEST_SERVICE)


def revision_stem(service: str, release: str, content: str) -> str:
    """Return what the name of the revision of a release begins with; `content` is what it is made of.

    A revision never changes, so that what is made of other settings needs another name.
    """
    return f"{service}-{_slug(release)[:15].strip('-')}-{_digest(content)[:6]}"


def tag_name(release: str) -> str:
    """Return the tag of a staged release, the first part of the host of its URL."""
    return f"c{_digest(release)}"


def lock_name(service: str) -> str:
    """Return the name of the job whose annotations are the lock."""
    return f"{service}-lock"


def job_name(service: str, release: str, command: tuple[str, ...]) -> str:
    """Return the name of the job that runs a command of a release: the same for the same, so that it is found again."""
    return f"{service}-r{_digest(chr(0).join((release, *command)))}"


def pool_name(service: str, role: str) -> str:
    """Return the name of the worker pool of a background process."""
    return _fitting(f"{service}-{role}", LONGEST)


def short(name: str) -> str:
    """Return the last part of a resource's full name."""
    return name.rpartition("/")[2]


def _fitting(text: str, longest: int) -> str:
    slug = _slug(text)
    slug = slug if slug[:1].isalpha() else f"s-{slug}"
    return slug if slug == text and len(slug) <= longest else f"{slug[: longest - 9].strip('-')}-{_digest(text)}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
