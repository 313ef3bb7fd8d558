"""Make a base image where none can be pulled: Debian with python3 and the certificates that this machine trusts.

`python tests/base_image.py` leaves it in the engine at DOCKER_HOST; it needs debootstrap, and to be root.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pymacaron_docker.engine import Engine

REFERENCE = "pymacaron-test/base:bookworm"
PACKAGES = "python3,python3-venv,ca-certificates"
CERTIFICATES = Path("/etc/ssl/certs")


def base_image(engine: Engine, reference: str = REFERENCE) -> str:
    """Return the base image, made where the engine has none."""
    if engine.image(reference) is None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder, "root")
            command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)]
            subprocess.run(command, check=True, stdout=sys.stderr, timeout=600)
            shutil.rmtree(root / CERTIFICATES.relative_to("/"))
            shutil.copytree(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
            shutil.rmtree(root / "var/cache/apt")
            archive = Path(folder, "root.tar")
            subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True, timeout=600)
            repository, _, tag = reference.partition(":")
            engine.api.import_image_from_file(str(archive), repository, tag)
    return reference


if __name__ == "__main__":
    print(base_image(Engine()))
