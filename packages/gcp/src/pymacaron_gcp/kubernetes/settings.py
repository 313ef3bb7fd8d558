"""The settings of the targets `gke` and `kubernetes`: the cluster, the pods of a service, and who reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from pymacaron.config.settings import Settings, setting
from pymacaron.exceptions import ConfigError

if TYPE_CHECKING:
    from pymacaron.config import Config

__all__ = ["KubernetesSettings", "kubernetes_settings"]

NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
QUANTITY = r"^[1-9]\d*(\.\d+)?(m|Ki|Mi|Gi)?$"
SecretKey = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(/[A-Za-z0-9._-]{1,253})?$",
        json_schema_extra={"expected": "a Secret and a key of it, such as 'shop-secrets/jwt'"},
    ),
]


class KubernetesSettings(Settings):
    """The keys of pym-config.yaml for deploys to Kubernetes; `live_host` is core's."""

    gke_cluster: str | None = setting(
        None, description="The name of the cluster that `deploy_target: gke` goes to.", example="shops", pattern=NAME
    )
    gke_location: str | None = setting(
        None,
        description="The region or zone of the cluster; `gcp_region` without it.",
        example="europe-west1-b",
        pattern=r"^[a-z]+-[a-z]+\d+(-[a-z])?$",
        expected="a region or zone such as europe-west1-b",
    )
    gke_address: str | None = setting(
        None,
        description="The name of a reserved global address, which the Gateway or the Ingress gets.",
        example="shop-address",
        pattern=NAME,
    )
    gke_certificate_map: str | None = setting(
        None,
        description="The map of Certificate Manager whose certificates the Gateway uses.",
        example="shop-certificates",
        pattern=NAME,
    )
    kubernetes_context: str | None = setting(
        None,
        description="The context of the kubeconfig for `deploy_target: kubernetes`; its current one without it.",
        example="shops",
        min_length=1,
    )
    kubernetes_namespace: str | None = setting(
        None, description="The namespace; the name of the service without it.", example="shop", pattern=NAME
    )
    kubernetes_cpu: str = setting(
        "250m", description="CPU that a pod asks for.", example="1", pattern=r"^[1-9]\d*m?$|^0?\.\d+$"
    )
    kubernetes_memory: str = setting(
        "512Mi", description="Memory that a pod asks for, and may use.", example="1Gi", pattern=QUANTITY
    )
    kubernetes_min_replicas: int = setting(2, description="The fewest pods of the live web server.", example=3, ge=1)
    kubernetes_max_replicas: int = setting(10, description="The most pods of the live web server.", example=50, ge=1)
    kubernetes_cpu_target: int = setting(
        70, description="Percentage of `kubernetes_cpu` above which there will be more pods.", example=50, ge=1, le=100
    )
    kubernetes_workers: int = setting(1, description="Pods of each background process.", example=3, ge=0)
    kubernetes_worker_grace: int = setting(
        60, description="Seconds that a background process has to end its task.", example=600, ge=1
    )
    kubernetes_secrets: dict[str, SecretKey] = setting(
        {},
        description="Secret and key by the names in `env_secrets`; `<name>-<env>/<NAME>` for others.",
        example={"SHOP_JWT_SECRET": "shop-secrets/jwt"},
        secret=False,
    )
    kubernetes_service_account: str | None = setting(
        None,
        description="ServiceAccount of the pods; the address of one of Google Cloud is used by workload identity. One "
        "called after the environment is made without it.",
        example="shop@shop-project.iam.gserviceaccount.com",
        pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(@[a-z0-9.-]+\.gserviceaccount\.com)?$",
    )
    kubernetes_ingress: Literal["none", "gateway", "ingress"] = setting(
        "none",
        description="What leads to the Services: a Gateway or an Ingress, which want `live_host` and "
        "`kubernetes_staging_host`, or nothing but what `kubernetes_service_type` says.",
        example="gateway",
    )
    kubernetes_ingress_class: str | None = setting(
        None,
        description="Class of the Gateway or Ingress; on GKE, that of a global external load balancer without it.",
        example="nginx",
        pattern=NAME,
    )
    kubernetes_service_type: Literal["LoadBalancer", "NodePort", "ClusterIP"] = setting(
        "LoadBalancer",
        description="Type of the Services where `kubernetes_ingress` is none; those with no address of their own want "
        "`live_host` and `kubernetes_staging_host`.",
        example="ClusterIP",
    )
    kubernetes_staging_host: str | None = setting(
        None,
        description="URL at which staged releases are tested, where the address of the Service is not used.",
        example="https://staging.shop.example.com",
        min_length=1,
    )
    kubernetes_tls_secret: str | None = setting(
        None,
        description="Secret with the certificate of the Gateway or Ingress.",
        example="shop-tls",
        pattern=NAME,
        secret=False,
    )
    kubernetes_monitoring: bool = setting(
        False,
        description="Whether Managed Prometheus reads /metrics of each pod; `metrics` has to be set.",
        example=True,
    )
    kubernetes_start_timeout: int = setting(
        60, description="Seconds after which a container that is not ready is started again.", example=300, ge=1
    )
    kubernetes_deploy_timeout: int = setting(
        600, description="Seconds after which a roll-out is given up.", example=1200, ge=2
    )
    kubernetes_drain_seconds: int = setting(
        10,
        description="Seconds for which a pod that ends goes on serving while the load balancer forgets it.",
        example=30,
        ge=0,
        le=300,
    )


def kubernetes_settings(config: Config, is_gke: bool) -> KubernetesSettings:
    """Return the settings of a configuration; raises ConfigError where one is missing or they contradict each other."""
    settings = config.section(KubernetesSettings)
    if is_gke and not settings.gke_cluster:
        raise ConfigError("pym-config.yaml has no gke_cluster: add a line such as 'gke_cluster: shops'")
    if settings.kubernetes_min_replicas > settings.kubernetes_max_replicas:
        raise ConfigError(
            f"kubernetes_min_replicas is {settings.kubernetes_min_replicas} and kubernetes_max_replicas "
            f"{settings.kubernetes_max_replicas}: raise the latter"
        )
    if settings.kubernetes_monitoring and not config.get("metrics"):
        raise ConfigError("kubernetes_monitoring wants /metrics, which this service has not: add 'metrics: true'")
    _require_hosts(config, settings)
    if settings.kubernetes_ingress == "gateway" and not (is_gke or settings.kubernetes_ingress_class):
        raise ConfigError("a Gateway wants its class: add a line such as 'kubernetes_ingress_class: cilium'")
    _require_certificate(config, settings)
    return settings


def _require_certificate(config: Config, settings: KubernetesSettings) -> None:
    hosts = (str(config.get("live_host")), str(settings.kubernetes_staging_host))
    has_one = settings.kubernetes_tls_secret or settings.gke_certificate_map
    if settings.kubernetes_ingress == "gateway" and not has_one and not all(h.startswith("http://") for h in hosts):
        raise ConfigError(
            "a Gateway wants a certificate for https: set kubernetes_tls_secret or gke_certificate_map, or write "
            "http:// in live_host and kubernetes_staging_host"
        )


def _require_hosts(config: Config, settings: KubernetesSettings) -> None:
    has_address = settings.kubernetes_service_type == "LoadBalancer"
    if settings.kubernetes_ingress == "none" and has_address:
        return
    hosts = {
        "live_host": config.get("live_host"),
        "kubernetes_staging_host": settings.kubernetes_staging_host,
    }
    for key, value in hosts.items():
        if not value:
            reason = f"kubernetes_ingress is {settings.kubernetes_ingress}"
            raise ConfigError(f"{reason}, and there is no {key}: add a line such as '{key}: https://shop.example.com'")
    if len(set(hosts.values())) == 1:
        raise ConfigError(
            "live_host and kubernetes_staging_host are the same: give the staged releases a host of their own"
        )
