"""The secrets of `env_secrets` on their way into a container: files that it alone can read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pymacaron.config import Config
from pymacaron.config.secrets import NoSecretError, secret_content

__all__ = ["PLACE", "read_secrets", "secrets_folder", "write_secrets"]

PLACE = "/run/secrets"
"""Where a container finds them; its PYM_SECRETS_DIR."""

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of random name and mode 0700 is made in it


def read_secrets(config: Config) -> dict[str, str]:
    """Return the contents of the secrets that this process has, by name."""
    found = {}
    for name in config.get("env_secrets") or ():
        with suppress(NoSecretError):
            found[name] = secret_content(name, os.environ)
    return found


@contextmanager
def secrets_folder(secrets: Mapping[str, str]) -> Iterator[Path]:
    """Give a folder with a file for each secret, in memory where there is /dev/shm, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="pym-", dir=_MEMORY if _MEMORY.is_dir() else None) as closed:
        yield write_secrets(Path(closed), secrets)


def write_secrets(closed: Path, secrets: Mapping[str, str]) -> Path:
    """Write secrets into a folder within a closed one (0700): the user of a container has another number than ours."""
    folder = closed / "secrets"
    folder.mkdir(mode=0o755)
    for name, content in secrets.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(f"{content}\n", encoding="utf-8")
        path.chmod(0o444)
    folder.chmod(0o755)
    return folder
