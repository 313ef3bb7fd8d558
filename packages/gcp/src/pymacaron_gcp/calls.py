"""Every call that this package makes, and the permission it needs: the role of the deployer is made from this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["CALLS", "Permission", "Purpose", "permission"]

Purpose = Literal["deploy", "setup", "gke"]


@dataclass(frozen=True)
class Permission:
    """What IAM asks for a call, what the call is made for, and the method and path of one that has no library."""

    name: str
    purpose: Purpose = "deploy"
    method: str = ""
    path: str = ""


def _run(name: str) -> Permission:
    return Permission(f"run.{name}")


CALLS: Mapping[tuple[str, str], Permission] = MappingProxyType(
    {
        ("services", "create_service"): _run("services.create"),
        ("services", "delete_service"): _run("services.delete"),
        ("services", "get_iam_policy"): _run("services.getIamPolicy"),
        ("services", "get_service"): _run("services.get"),
        ("services", "set_iam_policy"): _run("services.setIamPolicy"),
        ("services", "test_iam_permissions"): Permission(""),
        ("services", "update_service"): _run("services.update"),
        ("revisions", "delete_revision"): _run("revisions.delete"),
        ("revisions", "list_revisions"): _run("revisions.list"),
        ("worker_pools", "create_worker_pool"): _run("workerpools.create"),
        ("worker_pools", "delete_worker_pool"): _run("workerpools.delete"),
        ("worker_pools", "get_worker_pool"): _run("workerpools.get"),
        ("worker_pools", "list_worker_pools"): _run("workerpools.list"),
        ("worker_pools", "update_worker_pool"): _run("workerpools.update"),
        ("jobs", "create_job"): _run("jobs.create"),
        ("jobs", "delete_job"): _run("jobs.delete"),
        ("jobs", "get_job"): _run("jobs.get"),
        ("jobs", "run_job"): _run("jobs.run"),
        ("jobs", "update_job"): _run("jobs.update"),
        ("executions", "get_execution"): _run("executions.get"),
        ("executions", "list_executions"): _run("executions.list"),
        ("artifact_registry", "create_repository"): Permission("artifactregistry.repositories.create", "setup"),
        ("artifact_registry", "get_repository"): Permission("artifactregistry.repositories.get"),
        ("secretmanager", "get_version"): Permission(
            "secretmanager.versions.get", "deploy", "GET", "/v1/{secret}/versions/{version}"
        ),
        ("logging", "list_entries"): Permission("logging.logEntries.list", "deploy", "POST", "/v2/entries:list"),
        ("serviceusage", "get_service"): Permission(
            "serviceusage.services.get", "deploy", "GET", "/v1/projects/{project}/services/{api}"
        ),
        ("serviceusage", "enable_service"): Permission(
            "serviceusage.services.enable", "setup", "POST", "/v1/projects/{project}/services/{api}:enable"
        ),
        ("iam", "get_service_account"): Permission(
            "iam.serviceAccounts.get", "deploy", "GET", "/v1/projects/{project}/serviceAccounts/{account}"
        ),
        ("iam", "create_service_account"): Permission(
            "iam.serviceAccounts.create", "setup", "POST", "/v1/projects/{project}/serviceAccounts"
        ),
        ("container", "get_cluster"): Permission("container.clusters.get", "gke", "GET", "/v1/{cluster}"),
        ("cloudresourcemanager", "test_permissions"): Permission(
            "", "deploy", "POST", "/v3/projects/{project}:testIamPermissions"
        ),
    }
)


def permission(service: str, operation: str) -> Permission:
    """Return what a call needs; KeyError for one that is not listed, which a role would not grant."""
    return CALLS[service, operation]
