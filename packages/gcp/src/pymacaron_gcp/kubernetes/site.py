"""What manifests are computed from: an environment, its settings, and the places that it has in a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from pymacaron.deploy import Environment, Release
from pymacaron_gcp.kubernetes.names import Place, Places, fitting, places_of
from pymacaron_gcp.kubernetes.settings import KubernetesSettings

__all__ = ["PREFIX", "Site", "image_of"]

PREFIX = "pymacaron/"
"""What our labels and annotations begin with."""


@dataclass(frozen=True)
class Site:
    """An environment in a cluster; `is_gke` is whether Google's own kinds may be used."""

    environment: Environment
    settings: KubernetesSettings
    is_gke: bool = False

    @cached_property
    def places(self) -> Places:
        """The places of the environment."""
        return places_of(self.environment)

    @property
    def labels(self) -> dict[str, str]:
        """The labels by which everything of the environment is found."""
        return {f"{PREFIX}environment": self.places.live.name}

    def selector(self, place: Place, role: str = "web") -> dict[str, str]:
        """Return the labels by which the pods of a role at a place are selected; they never change."""
        return {"app.kubernetes.io/instance": place.name, "app.kubernetes.io/component": fitting(role, 63)}

    def labels_at(self, place: Place, role: str = "web") -> dict[str, str]:
        """Return all labels of what belongs to a role at a place."""
        general = {
            "app.kubernetes.io/name": fitting(self.environment.service, 63),
            "app.kubernetes.io/managed-by": "pymacaron",
        }
        return {**general, **self.labels, **self.selector(place, role)}

    def url(self, place: Place) -> str | None:
        """Return the URL that settings give a place, None where it is that of its Service."""
        live = place == self.places.live
        host = self.environment.config.get("live_host") if live else self.settings.kubernetes_staging_host
        return (host if "://" in host else f"https://{host}").rstrip("/") if host else None

    def host(self, place: Place) -> str:
        """Return the host of the URL of a place, "" where there is none."""
        return urlsplit(self.url(place) or "").hostname or ""

    def is_secure(self, place: Place) -> bool:
        """Tell whether a place is reached by HTTPS."""
        return (self.url(place) or "").startswith("https://")

    @property
    def account(self) -> str:
        """The name of the ServiceAccount of the pods."""
        wanted = self.settings.kubernetes_service_account
        return wanted if wanted and "@" not in wanted else self.places.live.name

    @property
    def google_account(self) -> str:
        """The service account of Google Cloud that the pods act as, "" for none."""
        wanted = self.settings.kubernetes_service_account or ""
        return wanted if "@" in wanted else ""


def image_of(release: Release) -> str:
    """Return the image of a release, by its digest where it has one."""
    return release.image.digest or release.image.reference
