"""ECR as docker sees it: moto's API hands out address and password of a registry on this machine."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pymacaron_testing.emulators.registry import Refused, Registry

__all__ = ["copied_docker_config", "emulated_ecr", "logged_in_docker_config"]

HELPERS = ("credsStore", "credHelpers")


@contextmanager
def emulated_ecr(client: Any, *, asks: bool) -> Iterator[Registry]:
    """Run a registry to which moto's `GetAuthorizationToken` leads; the engine forgets its names in the end.

    With `asks`, a repository has to be known to ECR, of which `client` is boto3's, and may be immutable.
    """
    from moto.ecr.responses import ECRResponse

    def admit(repository: str, overwritten: str | None) -> None:
        if asks:
            _admit(client, repository, overwritten)

    with tempfile.TemporaryDirectory(prefix="pymacaron-registry-") as folder, Registry(Path(folder), admit) as registry:
        try:
            with patch.object(ECRResponse, "get_authorization_token", lambda self: _token(registry)):
                yield registry
        finally:
            registry.forget()


def _admit(client: Any, repository: str, overwritten: str | None) -> None:
    from botocore.exceptions import ClientError

    try:
        (found,) = client.describe_repositories(repositoryNames=[repository])["repositories"]
    except ClientError as error:
        raise Refused(404, "NAME_UNKNOWN", f"The repository with name '{repository}' does not exist") from error
    if overwritten and found["imageTagMutability"] == "IMMUTABLE":
        text = (
            f"The image tag '{overwritten}' already exists in the '{repository}' repository and cannot be overwritten"
        )
        raise Refused(400, "TAG_INVALID", f"{text} because the repository is immutable.")


def _token(registry: Registry) -> Any:
    from moto.core.responses import ActionResult

    token = _encoded(registry)
    expires = datetime.now(UTC) + timedelta(hours=12)
    data = {"authorizationToken": token, "expiresAt": expires, "proxyEndpoint": f"http://{registry.host}"}
    return ActionResult({"authorizationData": [data]})


def copied_docker_config(folder: Path) -> None:
    """Make a folder what docker's own configuration is, so that logging in changes a copy.

    It has no helpers, as these keep passwords elsewhere.
    """
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    for path in own.iterdir() if own.is_dir() else ():
        if path.name != "config.json":
            (folder / path.name).symlink_to(path)
    config = own / "config.json"
    data = json.loads(config.read_text()) if config.exists() else {}
    (folder / "config.json").touch(mode=0o600)
    (folder / "config.json").write_text(json.dumps({key: value for key, value in data.items() if key not in HELPERS}))


def logged_in_docker_config(folder: Path, registry: Registry) -> Path:
    """Make a folder such a copy, with the password of a registry, and return it."""
    copied_docker_config(folder)
    path = folder / "config.json"
    data = json.loads(path.read_text())
    data.setdefault("auths", {})[registry.host] = {"auth": _encoded(registry)}
    path.write_text(json.dumps(data))
    return folder


def _encoded(registry: Registry) -> str:
    return base64.b64encode(f"{registry.user}:{registry.password}".encode()).decode()
