"""The way to a cluster: by a kubeconfig, or by what the Container API tells of a cluster of GKE."""

from __future__ import annotations

import base64
import os
import time
from typing import Any

from pymacaron.deploy import Environment
from pymacaron.deploy.emulators import EMULATION, emulation_folder
from pymacaron.exceptions import ConfigError, DeployError
from pymacaron_gcp.client import ENDPOINT, Gcp
from pymacaron_gcp.kubernetes.client import Cluster
from pymacaron_gcp.kubernetes.names import fitting
from pymacaron_gcp.kubernetes.settings import KubernetesSettings
from pymacaron_gcp.settings import GcpSettings

__all__ = ["cluster_of", "gke_cluster"]

TOKEN_SECONDS = 1800
"""Seconds after which a new token is asked for: one of Google is good for an hour."""


def cluster_of(environment: Environment, settings: KubernetesSettings, is_gke: bool) -> Cluster:
    """Return the cluster of an environment; it is called when it is first used."""
    namespace = settings.kubernetes_namespace or fitting(environment.service, 63)
    if emulation_folder() or (is_gke and ENDPOINT in os.environ):
        return Cluster(namespace, _emulated)
    if is_gke:
        gcp = gke_project(environment, settings)
        return Cluster(namespace, lambda: gke_cluster(gcp, str(settings.gke_cluster)))
    return Cluster(namespace, lambda: _by_kubeconfig(settings.kubernetes_context))


def gke_project(environment: Environment, settings: KubernetesSettings) -> Gcp:
    """Return the calls of the project that the cluster is in; raises ConfigError where a setting is missing."""
    ours = environment.config.section(GcpSettings)
    location = settings.gke_location or ours.gcp_region
    if not ours.gcp_project:
        raise ConfigError("pym-config.yaml has no gcp_project: add a line such as 'gcp_project: shop-project'")
    if not location:
        raise ConfigError("pym-config.yaml has no gke_location: add a line such as 'gke_location: europe-west1'")
    return Gcp(ours.gcp_project, location, ours.gcp_key_file)


def gke_cluster(gcp: Gcp, name: str) -> Any:
    """Return a client of a cluster of GKE, with tokens of the caller; raises DeployError where there is none."""
    from pymacaron_gcp.client import GcpError

    try:
        found = gcp.call("container", "get_cluster", cluster=f"{gcp.parent}/clusters/{name}")
    except GcpError as error:
        if error.is_missing:
            place = f"{gcp.project} in {gcp.region}"
            raise DeployError(f"there is no cluster {name} in {place}: correct gke_cluster or gke_location") from error
        raise
    from kubernetes.client import ApiClient, Configuration

    configuration: Any = Configuration()
    configuration.host, configuration.ca_cert_data = _endpoint(found)
    configuration.api_key_prefix["BearerToken"] = "Bearer"
    tokens = _Tokens(gcp)
    tokens(configuration)  # the library renews a token, and does not ask for the first one
    configuration.refresh_api_key_hook = tokens
    configuration.retries = False
    return ApiClient(configuration=configuration)


def _endpoint(found: dict[str, Any]) -> tuple[str, str | None]:
    """Return the URL of a control plane and the certificate of its authority; a name of DNS has a public one."""
    dns = found.get("controlPlaneEndpointsConfig", {}).get("dnsEndpointConfig", {})
    if dns.get("allowExternalTraffic") and dns.get("endpoint"):
        return f"https://{dns['endpoint']}", None
    certificate = base64.b64decode(found["masterAuth"]["clusterCaCertificate"]).decode()
    return f"https://{found['endpoint']}", certificate


class _Tokens:
    """Keeps a token in a configuration, and renews it in time."""

    def __init__(self, gcp: Gcp) -> None:
        self._gcp, self._until = gcp, 0.0

    def __call__(self, configuration: Any) -> None:
        if time.monotonic() > self._until:
            configuration.api_key["BearerToken"] = self._gcp.token()
            self._until = time.monotonic() + TOKEN_SECONDS


def _emulated() -> Any:
    """Return a client of the emulator that takes the place of every cluster, whatever the context is called."""
    api = _by_kubeconfig(None)
    if not api.configuration.host.startswith("http://127.0.0.1:"):
        name = EMULATION if EMULATION in os.environ else ENDPOINT
        raise ConfigError(f"{name} is set, and KUBECONFIG leads to no emulator at http://127.0.0.1: unset one of both")
    return api


def _by_kubeconfig(context: str | None) -> Any:
    from kubernetes.client import ApiClient, Configuration
    from kubernetes.config import ConfigException, load_kube_config

    configuration: Any = Configuration()
    path = os.environ.get("KUBECONFIG") or "~/.kube/config"
    try:
        load_kube_config(path, context, configuration, persist_config=False)
    except (ConfigException, OSError) as error:
        text = " ".join(str(error).split())[:200]
        raise DeployError(
            f"no cluster is reached by {path} ({text}): set KUBECONFIG, and kubernetes_context for one of several"
        ) from error
    configuration.retries = False
    return ApiClient(configuration=configuration)
