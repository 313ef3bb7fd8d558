"""The rules that a service, a worker pool or a job has to fit before anything is done about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from google.cloud.run_v2 import types as run_v2
from google.protobuf.field_mask_pb2 import FieldMask  # type: ignore[import-untyped,unused-ignore]

from pymacaron_testing.emulators.cloudrun.state import DEFAULT_ACCOUNT, State
from pymacaron_testing.emulators.cloudrun.wire import Refusal

__all__ = ["check_containers", "check_etag", "check_name", "check_traffic", "masked"]

TO_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
TO_LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
RESERVED = {"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}
RESERVED_DOMAINS = ("run.googleapis.com", "cloud.googleapis.com", "serving.knative.dev", "autoscaling.knative.dev")


def check_name(name: str, longest: int = 49) -> None:
    """Refuse a name that is no name of a resource."""
    if not re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", name) or len(name) > longest:
        raise Refusal(
            400, f"Violation in name '{name}': only lowercase, digits, and hyphens; at most {longest} characters"
        )


def check_etag(resource: Any, etag: str) -> None:
    """Refuse a change that was made of an older state."""
    if etag and etag != resource.etag:
        raise Refusal(
            409, f"Conflict for resource '{resource.name.rpartition('/')[2]}': version '{etag}' was specified"
        )


def check_containers(state: State, template: Any) -> None:
    """Refuse a template without an image, with variables that are Cloud Run's own, or secrets that are not there.

    The caller has to be allowed to act as its service account.
    """
    _check_account(state, template.service_account or DEFAULT_ACCOUNT)
    if not template.containers or not template.containers[0].image:
        raise Refusal(400, "template.containers[0].image: must be set")
    names = [variable.name for variable in template.containers[0].env]
    if len(set(names)) < len(names) or RESERVED & set(names):
        raise Refusal(400, "template.containers[0].env: names are reserved or stand twice")
    for variable in template.containers[0].env:
        reference = variable.value_source.secret_key_ref
        if reference.secret:
            state.project.secret(reference.secret, reference.version or "latest")
    annotations = getattr(template, "annotations", {})
    if any(key.partition("/")[0].endswith(RESERVED_DOMAINS) for key in annotations):
        raise Refusal(400, "template.annotations: keys of system annotations are not allowed")


def _check_account(state: State, account: str) -> None:
    project = state.project
    if project.permissions is not None and account not in project.acts_as:
        raise Refusal(
            403, f"Permission 'iam.serviceaccounts.actAs' denied on service account {account} (or it may not exist)."
        )


def check_traffic(service: Any, revisions: Iterable[str]) -> None:
    """Refuse traffic that does not add up, or that goes where nothing is."""
    short, known = service.name.rpartition("/")[2], set(revisions)
    tags = [target.tag for target in service.traffic if target.tag]
    if service.traffic and sum(target.percent for target in service.traffic) != 100:
        raise Refusal(400, "traffic: percentages must add up to 100")
    if len(set(tags)) < len(tags):
        raise Refusal(400, "traffic.tag: a tag stands twice")
    for tag in tags:
        if not re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", tag) or len(tag) < 3 or len(tag) + len(short) > 46:
            raise Refusal(400, f"traffic.tag: '{tag}' has less than 3 characters, or more than 46 with the service")
    for target in service.traffic:
        if target.type_ == TO_REVISION and target.revision not in known:
            raise Refusal(400, f"traffic: Revision '{target.revision}' not found")
        if target.type_ == TO_LATEST and target.revision:
            raise Refusal(400, "traffic.revision: must be empty where the type is LATEST")


def masked(current: Any, wanted: Any, mask: str) -> Any:
    """Return a copy of a message with the fields of another one that a mask names, with all of them for no mask."""
    kind = type(current)
    plain, source = kind.pb(kind(current)), kind.pb(wanted)
    if not mask:
        return kind(wanted)
    paths = FieldMask()
    paths.FromJsonString(mask)
    result = kind.pb(kind(current))
    for path in paths.paths:
        if path.partition(".")[0] not in plain.DESCRIPTOR.fields_by_name:
            raise Refusal(400, f"update_mask: '{path}' is no field")
        if "." not in path:
            result.ClearField(path)
    paths.MergeMessage(source, result, True, True)
    return kind.wrap(result)
