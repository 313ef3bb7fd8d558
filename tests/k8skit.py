"""What tests of Kubernetes share: sites of a service of files, releases, and all manifests of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymacaron.config import load_config, read_config_file
from pymacaron.deploy import Environment, Image, Release
from pymacaron.plugins.collect import Hooks
from pymacaron.plugins.manager import PluginManager
from pymacaron_gcp.kubernetes import pods, surroundings
from pymacaron_gcp.kubernetes.client import Object
from pymacaron_gcp.kubernetes.settings import kubernetes_settings
from pymacaron_gcp.kubernetes.site import Site

PLUGINS = Hooks(PluginManager({}))
WORKER = {"worker": ("python", "-m", "pymacaron_async")}
SECRETS: dict[str, Any] = {"env_secrets": ["SHOP_KEY"], "shop_api_key": "SHOP_KEY"}
HOSTS = {"live_host": "https://shop.example.com", "kubernetes_staging_host": "https://staging.shop.example.com"}
DIGEST = f"registry.example.com/shop@sha256:{'0' * 64}"


def environment_of(
    folder: Path, env: str = "live", roles: Mapping[str, tuple[str, ...]] | None = None, **settings: Any
) -> Environment:
    """Return an environment of a service whose settings are written to a folder."""
    (folder / "pym-config.yaml").write_text(json.dumps({"name": "shop", **settings}))
    config = load_config(read_config_file(folder, None), PLUGINS.config_sections(), secrets="ignored")
    return Environment(str(config.name), env, folder, config, roles or {})


def site_of(
    folder: Path,
    env: str = "live",
    roles: Mapping[str, tuple[str, ...]] | None = None,
    is_gke: bool = False,
    **settings: Any,
) -> Site:
    """Return what manifests are computed from."""
    environment = environment_of(folder, env, roles, **settings)
    return Site(environment, kubernetes_settings(environment.config, is_gke), is_gke)


def release(name: str = "1", environment: str = "shop-live", digest: str = DIGEST) -> Release:
    """Return a release of an image that was pushed."""
    return Release(name, name, "0123abc", Image(f"shop:{name}", "sha256:0", "0123abc", digest), environment)


def manifests_of(site: Site, one: Release | None = None) -> list[Object]:
    """Return every manifest of a release."""
    one = one or release()
    workers = [pods.worker(site, one, role, command) for role, command in site.environment.roles.items()]
    return [
        surroundings.namespace("shop"),
        *surroundings.before_releases(site),
        pods.staging_web(site, one),
        *workers,
        pods.web(site, one),
        *surroundings.scaling(site),
        pods.command_pod(site, one, site.places.run(one.id, ("migrate",)), ("migrate",)),
    ]


def pod_specs(manifests: list[Object]) -> list[Object]:
    """Return the specs of all pods in manifests."""
    found = [one["spec"]["template"]["spec"] for one in manifests if one["kind"] == "Deployment"]
    return found + [one["spec"] for one in manifests if one["kind"] == "Pod"]


def one_of(manifests: list[Object], kind: str, name: str = "shop-live") -> Object:
    """Return the one manifest of a kind and name."""
    (found,) = [one for one in manifests if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found
