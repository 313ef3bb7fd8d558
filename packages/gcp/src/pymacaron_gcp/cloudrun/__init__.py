"""The deploy target `gcp-cloud-run`: one service per environment, and a revision per release."""

from __future__ import annotations

from pymacaron.deploy import Environment
from pymacaron_gcp.cloudrun.target import CloudRunTarget
from pymacaron_gcp.cloudrun.twoservices import TwoServices

__all__ = ["CloudRunTarget", "TwoServices", "opened"]


def opened(environment: Environment) -> CloudRunTarget | TwoServices:
    """Open the target: one service, or with `gcp_staging` two of them."""
    target = CloudRunTarget(environment)
    return TwoServices(target) if target.settings.gcp_staging else target
