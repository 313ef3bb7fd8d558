"""The contents of env_secrets on their way into a volume, and out of log lines."""

from __future__ import annotations

from collections.abc import Mapping

from pymacaron.exceptions import DeployError
from pymacaron_docker.target.archives import File, packed

__all__ = ["archive_of", "owner_of", "redacted"]


def owner_of(user: str) -> tuple[int, int]:
    """Return the numbers of an image's user and group; raises DeployError for a name, which only the image can read."""
    parts = (user or "0").split(":")
    if not all(part.isdecimal() for part in parts):
        raise DeployError(f"the image runs as {user!r}: give its user as a number, so that secrets can be given to it")
    return int(parts[0]), int(parts[-1])


def archive_of(contents: Mapping[str, str], owner: int, group: int) -> bytes:
    """Return the files of the secrets, which only their owner reads."""
    files = [File(name, text.encode(), mode=0o400, owner=owner, group=group) for name, text in contents.items()]
    return packed(files)


def redacted(text: str, contents: Mapping[str, str]) -> str:
    """Return a text without the contents of secrets."""
    for secret in sorted(contents.values(), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
