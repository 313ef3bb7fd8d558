"""The source bundle of a release: a compose file with its web server and other roles, and nothing that is secret."""

from __future__ import annotations

import io
import json
import shlex
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["PORT", "compose", "run_hook", "source_bundle"]

PORT = 8080
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def compose(image: str, roles: Mapping[str, tuple[str, ...]]) -> str:
    """Return the compose file: `web` is the image as it starts by itself, each other role the same with its command.

    Elastic Beanstalk writes variables and secrets of the environment to `.env`.
    """
    common: dict[str, Any] = {"image": image, "env_file": [".env"], "restart": "always", "init": True}
    services: dict[str, Any] = {"web": {**common, "ports": [f"80:{PORT}"]}}
    services |= {name: {**common, "command": list(command)} for name, command in sorted(roles.items())}
    return json.dumps({"services": services}, indent=2) + "\n"


def run_hook(image: str, command: tuple[str, ...], variables: Iterable[str]) -> str:
    """Return the script that runs a command in a container of the image; variables go in by their names alone."""
    names = [f"--env={name}" for name in sorted(variables)]
    return f"#!/bin/sh\nset -e\nexec {shlex.join(['docker', 'run', '--rm', '--init', *names, image, *command])}\n"


def source_bundle(files: Mapping[str, str]) -> bytes:
    """Return a zip of files, the same bytes for the same files; scripts of hooks may be executed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(entry, text)
    return content.getvalue()
