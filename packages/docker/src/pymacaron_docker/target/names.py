"""What the target calls its containers, volumes and networks: all names derive from the environment and the release."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymacaron.deploy import Release

__all__ = ["WEB_ROLE", "Names"]

WEB_ROLE = "web"


class Names:
    """The names within one environment, such as "shop-live"."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.network = f"{label}-network"
        self.proxy = f"{label}-proxy"
        self.next_proxy = f"{label}-proxy-next"
        self.switch = f"{label}-switch"
        self.certificates = f"{label}-certificates"

    def container(self, release: str, role: str) -> str:
        """Name a container of a release."""
        return f"{self.label}-{release}-{role}"

    def secrets(self, release: str) -> str:
        """Name the volume with the secrets of a release."""
        return f"{self.label}-{release}-secrets"

    def address(self, release: str) -> str:
        """Name a release in the network: short enough for DNS, where a label has 63 characters (RFC 1035, 2.3.4)."""
        return f"r{sha256(self.container(release, WEB_ROLE).encode()).hexdigest()[:24]}"

    def labels(self, release: Release, role: str) -> dict[str, str]:
        """Return what is written on a container of a release, enough for anybody to go on with it."""
        told = {
            "environment": self.label,
            "release": release.id,
            "version": release.version,
            "commit": release.commit,
            "image": release.image.digest or release.image.reference,
            "role": role,
        }
        return {f"pymacaron.{name}": value for name, value in told.items()}

    def own_labels(self, part: str) -> dict[str, str]:
        """Return what is written on what belongs to the environment and to no release."""
        return {"pymacaron.environment": self.label, "pymacaron.part": part}
