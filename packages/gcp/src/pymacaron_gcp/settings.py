"""The settings of pymacaron-gcp: the project, what a service on Cloud Run is made of, and how its traffic moves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from pymacaron.config.settings import Settings, setting
from pymacaron.exceptions import ConfigError

if TYPE_CHECKING:
    from pymacaron.config import Config

__all__ = ["GcpSettings", "gcp_settings"]

SecretName = Annotated[
    str,
    Field(
        pattern=r"^(projects/[a-z0-9-]+/secrets/)?[A-Za-z0-9_-]{1,255}(:[1-9]\d*)?$",
        json_schema_extra={"expected": "a secret of Secret Manager, such as 'shop-jwt' or 'shop-jwt:3'"},
    ),
]
Percent = Annotated[int, Field(ge=1, le=100)]


class GcpSettings(Settings):
    """The keys of pym-config.yaml that pymacaron-gcp reads; they count for deploys, and never in a request."""

    gcp_project: str | None = setting(
        None,
        description="The id of the project that deploys go to.",
        example="shop-project",
        pattern=r"^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$",
        expected="the id of a project, such as 'shop-project'",
    )
    gcp_region: str | None = setting(
        None,
        description="The region of everything that is made; that of `gke_location` without it.",
        example="europe-west1",
        pattern=r"^[a-z]+-[a-z]+\d+$",
        expected="a region such as europe-west1",
    )
    gcp_key_file: str | None = setting(
        None,
        description="File with the key of a service account; Google's application default credentials without it.",
        example="/etc/shop/deployer.json",
        min_length=1,
        secret=False,
    )
    gcp_repository: str = setting(
        "pymacaron",
        description="Repository of Artifact Registry that `pym gcp setup` makes, and that images go to without "
        "`docker_registry`.",
        example="shops",
        pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
    )
    gcp_memory: str = setting(
        "512Mi", description="Memory of an instance.", example="1Gi", pattern=r"^\d+(\.\d+)?(Mi|Gi)$"
    )
    gcp_cpu: str = setting(
        "1", description="CPUs of an instance.", example="2", pattern=r"^(0\.\d+|[1-8]|\d+m)$", expected="such as '1'"
    )
    gcp_request_concurrency: int = setting(
        80, description="The most requests that an instance is given at once.", example=16, ge=1, le=1000
    )
    gcp_min_instances: int = setting(
        0, description="The fewest instances of the service, whatever the traffic.", example=1, ge=0
    )
    gcp_max_instances: int = setting(10, description="The most instances of a revision.", example=50, ge=1)
    gcp_timeout: int = setting(
        300, description="Seconds after which Cloud Run gives up a request.", example=60, ge=1, le=3600
    )
    gcp_service_account: str | None = setting(
        None,
        description="Service account in whose name the service runs; the default one of Compute Engine without it.",
        example="shop@shop-project.iam.gserviceaccount.com",
        pattern=r"^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$",
        expected="the address of a service account",
    )
    gcp_public: bool = setting(
        True,
        description="Whether everybody may call the service; with false callers need an identity token, which the "
        "requests of a deploy carry.",
        example=False,
    )
    gcp_vpc: str | None = setting(
        None,
        description="Network, or 'network/subnetwork', that the service reaches private addresses through.",
        example="default/shops",
        pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?(/[a-z]([a-z0-9-]*[a-z0-9])?)?$",
    )
    gcp_secrets: dict[str, SecretName] = setting(
        {},
        description="Secrets of Secret Manager by the names in `env_secrets`, '<name>-<env>-<NAME>' for others; the "
        "version is the newest when a release is staged, unless one is named behind ':'.",
        example={"SHOP_JWT_SECRET": "shop-jwt:3"},
        secret=False,
    )
    gcp_staging: bool = setting(
        False,
        description="Whether a release is staged in a service of its own, '<name>-staging', where its tests run, "
        "before it goes to '<name>-live'.",
        example=True,
    )
    gcp_canary: list[Percent] = setting(
        [10, 50, 100],
        description="Percentages of the traffic that a release gets, one after the other; the last is 100.",
        example=[1, 25, 100],
    )
    gcp_canary_seconds: int = setting(
        30, description="Seconds that each share of the traffic is watched for before the next.", example=60, ge=0
    )
    gcp_canary_errors: int = setting(
        5,
        description="The most replies of 500 and above, in a hundred, with which a release gets its next share of the "
        "traffic; counted where `gcp_canary_seconds` is above 0, by the log of requests.",
        example=1,
        ge=0,
        le=100,
    )
    gcp_keep_revisions: int | None = setting(
        None, description="How many releases can be rolled back to; `keep_releases` by default.", example=10, ge=1
    )
    gcp_workers: int = setting(
        1, description="Instances of each background process, in a worker pool of its own.", example=3, ge=0
    )
    gcp_deploy_timeout: int = setting(
        600, description="Seconds after which a wait for Cloud Run is given up.", example=1200, ge=1
    )


def gcp_settings(config: Config) -> GcpSettings:
    """Return the settings of a configuration; raises ConfigError where one is missing or they contradict each other."""
    settings = config.section(GcpSettings)
    if not settings.gcp_region and config.get("gke_location"):
        settings = settings.model_copy(update={"gcp_region": re.sub(r"-[a-z]$", "", config.get("gke_location"))})
    for key, example in (("gcp_project", "shop-project"), ("gcp_region", "europe-west1")):
        if not getattr(settings, key):
            raise ConfigError(f"pym-config.yaml has no {key}: add a line such as '{key}: {example}'")
    if settings.gcp_min_instances > settings.gcp_max_instances:
        raise ConfigError(
            f"gcp_min_instances is {settings.gcp_min_instances} and gcp_max_instances {settings.gcp_max_instances}: "
            "raise the latter"
        )
    if settings.gcp_canary != sorted(set(settings.gcp_canary)) or settings.gcp_canary[-1:] != [100]:
        raise ConfigError(f"gcp_canary is {settings.gcp_canary}: let the percentages grow, the last one being 100")
    return settings
