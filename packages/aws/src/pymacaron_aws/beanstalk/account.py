"""What an account holds of one environment of a service: its versions, environments, address, bucket and secrets."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pymacaron.deploy import Environment
from pymacaron.exceptions import DeployError
from pymacaron_aws.beanstalk.names import Stored, environment_name, secret_name, stored, version_label
from pymacaron_aws.client import Aws, AwsError
from pymacaron_aws.settings import AwsSettings

__all__ = ["Account", "Described"]

Described = dict[str, Any]
BRANCH = "Docker running on 64bit Amazon Linux 2023"
NO_SECRET = "ResourceNotFoundException"  # noqa: S105 - a code of errors


class Account:
    """The view of one environment; nothing is changed here, and nothing is remembered that may change."""

    def __init__(self, aws: Aws, environment: Environment, settings: AwsSettings) -> None:
        self.aws, self.environment, self.settings = aws, environment, settings

    @cached_property
    def bucket(self) -> str:
        """The bucket of source bundles and the lock."""
        return self.settings.docker_bucket or f"elasticbeanstalk-{self.aws.region}-{self.aws.account}"

    @property
    def prefix(self) -> str:
        """The first label of the live address."""
        return (self.settings.aws_cname or self.environment.label).replace("_", "-").replace(".", "-")

    @cached_property
    def address(self) -> str:
        """The live address: the name under elasticbeanstalk.com that is swapped."""
        return str(self.dns()["FullyQualifiedCNAME"]).lower()

    @property
    def live_url(self) -> str:
        """The URL that the world calls: `live_host` where a name of DNS can lead there, else the live address."""
        live_host = self.environment.config.get("live_host")
        if live_host and ":" not in self.address:  # an emulator's address has a port, and no name of DNS leads to it
            return str(live_host if "://" in live_host else f"https://{live_host}").rstrip("/")
        return f"http://{self.address}"

    def dns(self) -> dict[str, Any]:
        """Ask whether the live address is free."""
        return self.aws.call("elasticbeanstalk", "check_dns_availability", CNAMEPrefix=self.prefix)

    def environments(self) -> list[Described]:
        """Return the environments of the service that exist."""
        name = {"ApplicationName": self.environment.service, "IncludeDeleted": False}
        found = self.aws.every("elasticbeanstalk", "describe_environments", "Environments", **name)
        return [one for one in found if one["Status"] not in ("Terminating", "Terminated")]

    def name_of(self, release: str, purpose: str = "") -> str:
        """Return the name of the environment of a release."""
        return environment_name(self.environment.label, release, purpose)

    def described(self, release: str) -> Described | None:
        """Return the environment that runs a release, whatever its status, None where it is gone.

        It has the name of another release where it was deployed to in place.
        """
        return self._described(VersionLabel=version_label(self.environment.label, release))

    def named(self, name: str) -> Described | None:
        """Return the environment of a name, whatever its status and its release, None where it is gone."""
        return self._described(EnvironmentNames=[name])

    def _described(self, **wanted: Any) -> Described | None:
        mine = {"ApplicationName": self.environment.service, "IncludeDeleted": False}
        found = self.aws.every("elasticbeanstalk", "describe_environments", "Environments", **mine, **wanted)
        return next((one for one in found if one["Status"] != "Terminated"), None)

    def owner(self, environments: list[Described]) -> Described | None:
        """Return the environment that owns the live address."""
        return next((one for one in environments if str(one.get("CNAME", "")).lower() == self.address), None)

    def versions(self) -> list[Stored]:
        """Return the releases whose versions are stored, newest first."""
        name = {"ApplicationName": self.environment.service}
        found = self.aws.every("elasticbeanstalk", "describe_application_versions", "ApplicationVersions", **name)
        mine = [one for one in found if one["VersionLabel"].startswith(f"{self.environment.label}-")]
        read = [self._read(one) for one in sorted(mine, key=lambda one: one["DateCreated"], reverse=True)]
        return [one for one in read if one and one.environment == self.environment.label]

    def find(self, release: str) -> Stored | None:
        """Return a stored release by its id."""
        return next((one for one in self.versions() if one.id == release), None)

    def _read(self, version: Described) -> Stored | None:
        try:
            answer = self.aws.call(
                "elasticbeanstalk", "list_tags_for_resource", ResourceArn=version["ApplicationVersionArn"]
            )
        except AwsError as error:
            if error.aws_code == "ResourceNotFoundException":
                return None
            raise
        return stored(version, {tag["Key"]: tag["Value"] for tag in answer["ResourceTags"]})

    def platform(self) -> dict[str, str]:
        """Return the parameter that names the platform of a new environment."""
        chosen = self.settings.aws_platform
        if chosen:
            return {"PlatformArn" if chosen.startswith("arn:") else "SolutionStackName": chosen}
        conditions = {"PlatformBranchName": BRANCH, "PlatformLifecycleState": "Recommended"}
        filters = [{"Type": key, "Operator": "=", "Values": [value]} for key, value in conditions.items()]
        found = self.aws.every("elasticbeanstalk", "list_platform_versions", "PlatformSummaryList", Filters=filters)
        ready = [one for one in found if one.get("PlatformStatus", "Ready") == "Ready"]
        if not ready:
            raise DeployError(f"AWS recommends no version of '{BRANCH}' in {self.aws.region}: set aws_platform")
        return {"PlatformArn": max(ready, key=_version)["PlatformArn"]}

    def secrets(self) -> dict[str, str]:
        """Return the ARN of each of `env_secrets`; raises DeployError that names those without one."""
        found = {name: self._secret(name) for name in self.environment.config.get("env_secrets") or ()}
        missing = [name for name, arn in found.items() if not arn]
        if missing:
            raise DeployError(
                f"{', '.join(missing)}: no secret '{secret_name(self.environment, missing[0])}' in Secrets Manager and "
                "no ARN in aws_secrets: run 'pym aws setup', or set aws_secrets"
            )
        return found

    def _secret(self, name: str) -> str:
        if name in self.settings.aws_secrets:
            return self.settings.aws_secrets[name]
        try:
            return str(
                self.aws.call("secretsmanager", "describe_secret", SecretId=secret_name(self.environment, name))["ARN"]
            )
        except AwsError as error:
            if error.aws_code == NO_SECRET:
                return ""
            raise


def _version(platform: Described) -> tuple[int, ...]:
    return tuple(int(part) for part in str(platform.get("PlatformVersion", "0")).split(".") if part.isdigit())
