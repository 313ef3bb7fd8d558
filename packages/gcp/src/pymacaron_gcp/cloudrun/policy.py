"""The least that IAM must allow who deploys: the permissions of our own calls, and the roles beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymacaron_gcp.calls import CALLS
from pymacaron_gcp.cloudrun.checking import deploy_permissions

if TYPE_CHECKING:
    from pymacaron_gcp.cloudrun.target import CloudRunTarget

__all__ = ["deployer_role"]

COMPUTE = "the default service account of Compute Engine, <project number>-compute@developer.gserviceaccount.com"


def deployer_role(target: CloudRunTarget, setup: bool = False) -> dict[str, Any]:
    """Return a custom role under `role`, and under `grants` the roles on single things that are needed beside it.

    Google documents the latter: who deploys acts as the service account of the service and pushes its image, and the
    service account reads the secrets.
    """
    permissions = set(deploy_permissions(target.settings))
    if setup:
        permissions |= {call.name for call in CALLS.values() if call.purpose == "setup"}
    account = target.settings.gcp_service_account or COMPUTE
    repository = f"repository {target.settings.gcp_repository}"
    return {
        "role": {
            "title": "PyMacaron deployer",
            "description": f"Deploys {target.environment.service} to Cloud Run",
            "stage": "GA",
            "includedPermissions": sorted(permissions),
        },
        "grants": [
            {"role": "roles/iam.serviceAccountUser", "on": account, "to": "who deploys"},
            {"role": "roles/artifactregistry.writer", "on": repository, "to": "who deploys"},
            {"role": "roles/secretmanager.secretAccessor", "on": "the secrets", "to": account},
        ],
    }
