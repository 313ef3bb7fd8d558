"""What a project lacks for deploys, and the making of it: APIs, the repository, the service account, who may call."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron.deploy import Environment
from pymacaron.exceptions import DeployError
from pymacaron_gcp.calls import CALLS
from pymacaron_gcp.client import Gcp, GcpError
from pymacaron_gcp.cloudrun.invoking import INVOKE
from pymacaron_gcp.cloudrun.names import service_name
from pymacaron_gcp.cloudrun.secrets import missing_secrets
from pymacaron_gcp.cloudrun.service import RunService
from pymacaron_gcp.pauses import ticks
from pymacaron_gcp.settings import GcpSettings

__all__ = ["APIS", "deploy_permissions", "made", "missing"]

APIS = ("run", "artifactregistry", "secretmanager", "logging", "iam", "cloudresourcemanager")
SETUP = "run 'pym gcp setup'"
ENABLE_SECONDS = 120


def missing(gcp: Gcp, settings: GcpSettings, environment: Environment) -> list[str]:
    """Return a sentence for each thing that is missing, APIs before all that needs them; nothing is changed."""
    # Service Usage answers from the first day of a project, the others once they are enabled.
    if disabled := _disabled(gcp):
        return [f"the API {api}.googleapis.com is not enabled in {gcp.project}: {SETUP}" for api in disabled]
    service = _service(gcp, environment)
    forbidden = _forbidden(gcp, settings, service)
    if forbidden:
        return [
            f"{gcp.who} may not do this in {gcp.project}: {', '.join(forbidden)}; grant what 'pym gcp policy' prints",
        ]
    return [
        *_anonymous(gcp, settings, service),
        *(f"there is no {thing}: {SETUP}" for thing in _absent(gcp, settings)),
        *missing_secrets(gcp, settings, environment),
        *_wrongly_open(service, settings.gcp_public),
    ]


def made(gcp: Gcp, settings: GcpSettings, environment: Environment) -> Iterator[str]:
    """Make what is missing, and yield a line for each thing that was made."""
    for api in _disabled(gcp):
        _enable(gcp, api)
        yield f"enabled {api}.googleapis.com"
    if not _has_repository(gcp, settings):
        place = {"parent": gcp.parent, "repository_id": settings.gcp_repository}
        gcp.call("artifact_registry", "create_repository", repository={"format_": "DOCKER"}, **place)
        yield f"made the repository {settings.gcp_repository}"
    account = settings.gcp_service_account
    if account and not _has_account(gcp, account):
        name = {"accountId": account.partition("@")[0], "serviceAccount": {"displayName": "PyMacaron service"}}
        gcp.call("iam", "create_service_account", body=name)
        yield f"made the service account {account}"
    service = _service(gcp, environment)
    if service.read() is not None and service.publish(settings.gcp_public):
        yield f"{'opened' if settings.gcp_public else 'closed'} {service.name} to the public"


def deploy_permissions(settings: GcpSettings) -> list[str]:
    """Return the permissions that a deployer needs, to call a service that not everybody may among them."""
    calls = {call.name for call in CALLS.values() if call.purpose == "deploy" and call.name}
    return sorted(calls if settings.gcp_public else calls | {INVOKE})


def _forbidden(gcp: Gcp, settings: GcpSettings, service: RunService) -> list[str]:
    wanted = deploy_permissions(settings)
    answer = gcp.call("cloudresourcemanager", "test_permissions", body={"permissions": wanted})
    lacking = [name for name in wanted if name not in answer.get("permissions", [])]
    # To call a service may be granted on it alone.
    return lacking if lacking != [INVOKE] or not service.allows(INVOKE) else []


def _anonymous(gcp: Gcp, settings: GcpSettings, service: RunService) -> Iterator[str]:
    """Yield why a service that not everybody may call could not be asked which release it is."""
    if not settings.gcp_public:
        try:
            gcp.id_token(f"https://{service.name}")
        except GcpError as error:
            yield f"gcp_public is false, and a deploy calls what it deploys: {error}"


def _disabled(gcp: Gcp) -> list[str]:
    return [api for api in APIS if not _is_enabled(gcp, api)]


def _enable(gcp: Gcp, api: str) -> None:
    gcp.call("serviceusage", "enable_service", api=f"{api}.googleapis.com", body={})
    for _ in ticks(ENABLE_SECONDS, lambda told: None, lambda: "the API is being enabled"):
        if _is_enabled(gcp, api):
            return
    raise DeployError(f"{api}.googleapis.com was not enabled within {ENABLE_SECONDS} s: run 'pym gcp setup' again")


def _is_enabled(gcp: Gcp, api: str) -> bool:
    found = gcp.call("serviceusage", "get_service", api=f"{api}.googleapis.com")
    return bool(found.get("state") == "ENABLED")


def _absent(gcp: Gcp, settings: GcpSettings) -> Iterator[str]:
    if not _has_repository(gcp, settings):
        yield f"repository {settings.gcp_repository} in {gcp.parent}"
    account = settings.gcp_service_account
    if account and not _has_account(gcp, account):
        yield f"service account {account}"


def _service(gcp: Gcp, environment: Environment) -> RunService:
    return RunService(gcp, service_name(environment.label))


def _wrongly_open(service: RunService, is_meant: bool) -> Iterator[str]:
    if service.read() is not None and service.is_public() != is_meant:
        state = "closed to the public" if is_meant else "open to everybody"
        yield f"{service.name} is {state}, and gcp_public is {str(is_meant).lower()}: {SETUP}"


def _has_repository(gcp: Gcp, settings: GcpSettings) -> bool:
    name = f"{gcp.parent}/repositories/{settings.gcp_repository}"
    return _is_there(gcp, "artifact_registry", "get_repository", name=name)


def _has_account(gcp: Gcp, account: str) -> bool:
    return _is_there(gcp, "iam", "get_service_account", account=account)


def _is_there(gcp: Gcp, service: str, operation: str, **parameters: str) -> bool:
    try:
        gcp.call(service, operation, **parameters)
    except GcpError as error:
        if error.is_missing:
            return False
        raise
    return True
