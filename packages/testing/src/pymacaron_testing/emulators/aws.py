"""Amazon Web Services on this machine: Elastic Beanstalk by our own emulator, the other services by moto's server."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymacaron.deploy.emulators import REGISTRY
from pymacaron_testing.emulators.beanstalk import Beanstalk, DockerMachines, Machines
from pymacaron_testing.emulators.beanstalk.state import ACCOUNT, REGION
from pymacaron_testing.emulators.ecr import copied_docker_config, emulated_ecr, logged_in_docker_config
from pymacaron_testing.emulators.iam import add_managed_policies, allows
from pymacaron_testing.emulators.registry import Registry

__all__ = ["AwsEmulators", "aws_emulators"]

ANYBODY = ("AKIAREHEARSAL0000000", "rehearsal")
ALL = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
OF_AWS = ("AWS_", "BOTO_")
OF_DOCKER = ("DOCKER_CONFIG", REGISTRY)


@dataclass
class AwsEmulators:
    """What runs: its `environment` leads boto3 here, whatever of `profiles` it is told to use.

    `registry` is what docker takes for ECR.
    """

    beanstalk: Beanstalk
    registry: Registry
    url: str
    folder: Path
    keys: tuple[str, str] = field(repr=False)
    profiles: tuple[str, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a process to the emulators; this one has them, and no others of AWS.

        docker's configuration is a copy, in which `pym aws login` writes the password of the registry.
        """
        return {
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_ELASTIC_BEANSTALK": self.beanstalk.url,
            "DOCKER_CONFIG": str(self.folder / "docker"),
            REGISTRY: self.registry.host,
        }

    def client(self, service: str) -> Any:
        """Return a client of boto3 that may do all, for a test that looks at what a deploy did."""
        return _client(service, self.beanstalk.url if service == "elasticbeanstalk" else self.url, self.keys)

    def become(self, policy: Mapping[str, Any]) -> None:
        """Have the profiles be a new user who may do what a policy says, and no more where policies are enforced.

        Of the services that moto emulates, the resources of a statement count for S3 alone.
        """
        name = f"user-{uuid.uuid4().hex[:8]}"
        document = {**policy, "Statement": [_judged_by_moto(one) for one in policy["Statement"]]}
        made = _user(self.client("iam"), name, json.dumps(document))
        _write_profiles(self.folder, self.profiles, made)


@contextmanager
def aws_emulators(
    profiles: Iterable[str] = (),
    *,
    machines: Machines | None = None,
    delay: float = 0.05,
    patience: float = 30,
    enforce_policies: bool = False,
    only_ecr: bool = True,
) -> Iterator[AwsEmulators]:
    """Run the emulators until the context is left; nothing is kept.

    Meanwhile the variables of this process lead boto3 to them, so that nothing in it can reach a real account.

    `profiles` are those of ~/.aws that are asked for (`aws_user`). `machines` is where environments run, by default the
    Docker engine of this machine. `delay` and `patience` are those of `Beanstalk`. With `enforce_policies` each call is
    held against the policies of its user, who is a user of the emulated IAM: see `AwsEmulators.become`. With `only_ecr`
    the registry refuses what ECR would: repositories that it does not know, and tags that are to stay.
    """
    with ExitStack() as stack:
        stack.enter_context(_without_variables())
        url = stack.enter_context(_moto())
        keys = _user(_client("iam", url, ANYBODY), "emulator", ALL) if enforce_policies else ANYBODY
        if enforce_policies:
            stack.enter_context(_enforced())
        beanstalk = Beanstalk(
            machines or DockerMachines(),
            _Outside(url, keys),
            delay=delay,
            patience=patience,
            authorize=allows if enforce_policies else None,
        )
        registry = stack.enter_context(emulated_ecr(_client("ecr", url, keys), asks=only_ecr))
        stack.enter_context(beanstalk)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pymacaron-aws-")))
        (folder / "docker").mkdir()
        copied_docker_config(folder / "docker")
        (folder / "instances").mkdir()
        if isinstance(beanstalk.machines, DockerMachines):
            beanstalk.machines.pull_from(registry.host, logged_in_docker_config(folder / "instances", registry))
        names = tuple(dict.fromkeys(("default", *profiles)))
        _write_profiles(folder, names, keys)
        emulators = AwsEmulators(beanstalk, registry, url, folder, keys, names)
        os.environ.update(emulators.environment)
        yield emulators


@contextmanager
def _without_variables() -> Iterator[None]:
    before = dict(os.environ)
    for name in [name for name in before if name.startswith(OF_AWS)]:
        del os.environ[name]
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith((*OF_AWS, *OF_DOCKER))]:
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if name.startswith((*OF_AWS, *OF_DOCKER))})


@contextmanager
def _enforced() -> Iterator[None]:
    from moto import settings
    from moto.core.authorization import ActionAuthenticatorMixin

    before = settings.INITIAL_NO_AUTH_ACTION_COUNT, ActionAuthenticatorMixin.request_count
    settings.INITIAL_NO_AUTH_ACTION_COUNT, ActionAuthenticatorMixin.request_count = 0, 0
    try:
        yield
    finally:
        settings.INITIAL_NO_AUTH_ACTION_COUNT, ActionAuthenticatorMixin.request_count = before


def _judged_by_moto(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    known = all(action.startswith(("elasticbeanstalk:", "s3:")) for action in statement["Action"])
    return statement if known else {**statement, "Resource": "*"}


def _user(iam: Any, name: str, policy: str) -> tuple[str, str]:
    iam.create_user(UserName=name)
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy)["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


@contextmanager
def _moto() -> Iterator[str]:
    from moto.moto_api._internal.models import moto_api_backend
    from moto.server import ThreadedMotoServer

    logger = logging.getLogger("werkzeug")
    level = logger.level
    logger.setLevel(logging.ERROR)
    moto_api_backend.reset()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        add_managed_policies()
        yield f"http://{host}:{port}"
    finally:
        server.stop()
        logger.setLevel(level)


def _write_profiles(folder: Path, names: Iterable[str], keys: tuple[str, str]) -> None:
    text = f"aws_access_key_id = {keys[0]}\naws_secret_access_key = {keys[1]}\n"
    (folder / "credentials").write_text("".join(f"[{name}]\n{text}" for name in names))
    sections = ("default" if name == "default" else f"profile {name}" for name in names)
    (folder / "config").write_text("".join(f"[{section}]\nregion = {REGION}\n" for section in sections))


def _client(service: str, url: str, keys: tuple[str, str]) -> Any:
    import boto3

    return boto3.client(
        service, endpoint_url=url, region_name=REGION, aws_access_key_id=keys[0], aws_secret_access_key=keys[1]
    )


class _Outside:
    """What Elastic Beanstalk itself reads and writes, in moto's S3 and Secrets Manager."""

    def __init__(self, url: str, keys: tuple[str, str]) -> None:
        self._s3, self._secrets = _client("s3", url, keys), _client("secretsmanager", url, keys)

    def read(self, bucket: str, key: str) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            content: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise LookupError(f"s3://{bucket}/{key}") from error
        return content

    def delete(self, bucket: str, key: str) -> None:
        self._s3.delete_object(Bucket=bucket, Key=key)

    def secret(self, arn: str) -> str:
        from botocore.exceptions import ClientError

        try:
            return str(self._secrets.get_secret_value(SecretId=arn)["SecretString"])
        except ClientError as error:
            raise LookupError(arn) from error

    def own_bucket(self) -> str:
        name = f"elasticbeanstalk-{REGION}-{ACCOUNT}"
        if name not in [one["Name"] for one in self._s3.list_buckets()["Buckets"]]:
            self._s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name
