"""The secrets of a service: keys of Secrets, referred to in manifests, and masked in lines that are told."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from pymacaron_gcp.kubernetes.client import Cluster
from pymacaron_gcp.kubernetes.site import Site

__all__ = ["Masking", "missing_secrets", "secret_names", "secret_of", "variables_of"]


def secret_of(site: Site, variable: str) -> tuple[str, str]:
    """Return the name and the key of the Secret that a variable is to hold."""
    name, _, key = site.settings.kubernetes_secrets.get(variable, site.places.live.name).partition("/")
    return name, key or variable


def secret_names(site: Site) -> list[str]:
    """Return the names of all Secrets that pods refer to."""
    return sorted({secret_of(site, variable)[0] for variable in variables_of(site)})


def variables_of(site: Site) -> list[str]:
    """Return the names of the variables that hold secrets."""
    return list(site.environment.config.get("env_secrets") or ())


def missing_secrets(site: Site, cluster: Cluster) -> list[str]:
    """Return a sentence for each Secret that is not there; none is read."""
    missing = []
    for name in secret_names(site):
        if not cluster.has("Secret", name):
            wanted = [variable for variable in variables_of(site) if secret_of(site, variable)[0] == name]
            missing.append(
                f"{', '.join(wanted)} wants the Secret {name}, which is not in the namespace {cluster.namespace}: make "
                "it there, or name another one in kubernetes_secrets"
            )
    return missing


class Masking:
    """Masks the secrets of a service in log lines; they are read when lines are shown, and kept nowhere."""

    def __init__(self, site: Site, cluster: Cluster) -> None:
        self._site, self._cluster = site, cluster
        self._values: list[str] | None = None

    def lines(self, lines: Iterable[str]) -> list[str]:
        """Return lines without secrets."""
        return [self.line(line) for line in lines]

    def line(self, text: str) -> str:
        """Return a line without secrets; raises DeployError where a Secret that may stand in it cannot be read."""
        if self._values is None:
            self._values = sorted(self._read(), key=len, reverse=True)
        for value in self._values:
            text = text.replace(value, "***")
        return text

    def _read(self) -> set[str]:
        found = set()
        for variable in variables_of(self._site):
            name, key = secret_of(self._site, variable)
            data = (self._cluster.find("Secret", name) or {}).get("data") or {}
            value = base64.b64decode(data.get(key, "")).decode(errors="replace").strip()
            found.add(value)
        return found - {""}
