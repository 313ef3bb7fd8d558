"""Services and their revisions, as the Admin API creates, changes, shows and deletes them."""

from __future__ import annotations

import uuid
from typing import Any

from google.cloud.run_v2 import types as run_v2
from google.iam.v1 import iam_policy_pb2, policy_pb2  # type: ignore[import-untyped,unused-ignore]

from pymacaron_testing.emulators.cloudrun.checks import check_containers, check_etag, check_name, check_traffic, masked
from pymacaron_testing.emulators.cloudrun.life import PORT, Life
from pymacaron_testing.emulators.cloudrun.state import (
    CALLER,
    FAILED,
    INVOKE,
    PENDING,
    SUCCEEDED,
    State,
    condition,
    stamp,
    touch,
)
from pymacaron_testing.emulators.cloudrun.wire import Refusal, operation_body, read, write

__all__ = ["ServiceOperations"]

Query = dict[str, str]
Body = dict[str, Any]


class ServiceOperations:
    """The operations on services and their revisions; each gets a name, the query and the body of a request."""

    def __init__(self, state: State, life: Life) -> None:
        self._state, self._life = state, life

    def create(self, parent: str, query: Query, body: Body) -> Body:
        """Create a service with its first revision."""
        name = f"{parent}/services/{query.get('serviceId', '')}"
        check_name(query.get("serviceId", ""))
        if name in self._state.resources:
            raise Refusal(409, f"Resource '{query['serviceId']}' already exists.", "ALREADY_EXISTS")
        service = read(run_v2.Service, body)
        service.name, service.uid, service.create_time = name, str(uuid.uuid4()), stamp()
        return self._apply(service, None, query)

    def update(self, name: str, query: Query, body: Body) -> Body:
        """Change the fields of a service that the mask names."""
        wanted = read(run_v2.Service, body)
        current = self._state.find(name)
        check_etag(current, wanted.etag)
        return self._apply(masked(current, wanted, query.get("updateMask", "")), current, query)

    def get(self, name: str, query: Query, body: Body) -> Body:
        """Show a service."""
        return write(self._state.find(name))

    def list(self, parent: str, query: Query, body: Body) -> Body:
        """Show all services."""
        return {"services": [write(one) for one in self._state.below(parent, "services")]}

    def delete(self, name: str, query: Query, body: Body) -> Body:
        """Delete a service and all its revisions."""
        service = self._state.find(name)
        check_etag(service, query.get("etag", ""))
        del self._state.resources[name]
        for revision in list(self._state.below(name, "revisions")):
            self._drop(revision)
        return operation_body(self._state.parent, service, done=True)

    def get_policy(self, name: str, query: Query, body: Body) -> Body:
        """Show who may do what with a service; its conditions are shown to who asks for version 3."""
        self._state.find(name)
        policy = policy_pb2.Policy()
        policy.CopyFrom(self._state.policies.setdefault(name, policy_pb2.Policy(etag=b"0")))
        if query.get("options.requestedPolicyVersion") != "3":
            for binding in policy.bindings:
                binding.ClearField("condition")
        return write(policy)

    def set_policy(self, name: str, query: Query, body: Body) -> Body:
        """Change who may do what."""
        self._state.find(name)
        policy = read(iam_policy_pb2.SetIamPolicyRequest, body).policy
        current = self._state.policies.setdefault(name, policy_pb2.Policy(etag=b"0"))
        if policy.etag and policy.etag != current.etag:
            raise Refusal(409, "There were concurrent policy changes.")
        policy.etag = uuid.uuid4().bytes
        self._state.policies[name] = policy
        return write(policy)

    def test_permissions(self, name: str, query: Query, body: Body) -> Body:
        """Tell which of some permissions the caller has on a service, by what is granted there or everywhere."""
        self._state.find(name)
        granted = self._state.project.permissions
        own = {INVOKE} if self._state.may_invoke(name, CALLER) else set()
        return {"permissions": [one for one in body["permissions"] if granted is None or one in granted | own]}

    def get_revision(self, name: str, query: Query, body: Body) -> Body:
        """Show a revision."""
        return write(self._state.find(name, "Revision"))

    def list_revisions(self, parent: str, query: Query, body: Body) -> Body:
        """Show the revisions of a service in pages, the newest first."""
        self._state.find(parent)
        start, size = int(query.get("pageToken") or 0), min(int(query.get("pageSize") or 50), 50)
        found = list(self._state.below(parent, "revisions"))
        page = {"revisions": [write(one) for one in found[start : start + size]]}
        return page | ({"nextPageToken": str(start + size)} if len(found) > start + size else {})

    def delete_revision(self, name: str, query: Query, body: Body) -> Body:
        """Delete a revision, unless something leads to it or it is the newest."""
        revision = self._state.find(name, "Revision")
        service = self._state.find(name.partition("/revisions/")[0])
        short = name.rpartition("/")[2]
        if any(target.revision == short for target in (*service.traffic, *service.traffic_statuses)):
            raise Refusal(400, f"Revision '{short}' is actively serving traffic or tagged.", "FAILED_PRECONDITION")
        if service.latest_created_revision == name:
            raise Refusal(400, f"Revision '{short}' is the latest created Revision.", "FAILED_PRECONDITION")
        self._drop(revision)
        return operation_body(self._state.parent, revision, done=True)

    def _apply(self, service: Any, current: Any, query: Query) -> Body:
        check_containers(self._state, service.template)
        revision = self._new_revision(service, current)
        known = [one.name.rpartition("/")[2] for one in self._state.below(service.name, "revisions")]
        check_traffic(service, [*known, revision.name.rpartition("/")[2]] if revision else known)
        if query.get("validateOnly") == "true":
            return operation_body(self._state.parent, service, done=True)
        self._accept(service)
        if revision is not None:
            service.latest_created_revision = revision.name
            self._state.resources[revision.name] = revision
        self._life.later(self._reconcile, service.name, service.generation, revision)
        return operation_body(self._state.parent, service)

    def _accept(self, service: Any) -> None:
        touch(service)
        service.uri = f"http://{self._life.serve(service.name).address.name}"
        service.urls = [service.uri]
        service.terminal_condition = condition("Ready", PENDING)
        self._state.resources[service.name] = service

    def _new_revision(self, service: Any, current: Any) -> Any:
        if current is not None and current.template == service.template:
            return None
        short = service.name.rpartition("/")[2]
        suffix = service.template.revision or f"{short}-{service.generation + 1:05}-{uuid.uuid4().hex[:3]}"
        check_name(suffix, 63)
        if not suffix.startswith(f"{short}-"):
            raise Refusal(400, f"template.revision: must begin with '{short}-'")
        name = f"{service.name}/revisions/{suffix}"
        if name in self._state.resources:
            raise Refusal(
                409, f"Revision named '{suffix}' with different configuration already exists.", "ALREADY_EXISTS"
            )
        return _revision(name, service)

    def _reconcile(self, name: str, generation: int, revision: Any) -> None:
        failure = self._started(revision) if revision is not None else ""
        service = self._state.resources.get(name)
        if service is not None and revision is not None and not failure:
            service.latest_ready_revision = revision.name
        short = revision.name.rpartition("/")[2] if revision is not None else ""
        self._life.settle(
            name, generation, failure and f"Revision '{short}' is not ready and cannot serve traffic. {failure}"
        )

    def _started(self, revision: Any) -> str:
        container = revision.containers[0]
        port = container.ports[0].container_port if container.ports else PORT
        failure = self._life.start(revision, 1, port, container.startup_probe.http_get.path)
        revision.conditions = [condition("Ready", FAILED if failure else SUCCEEDED, failure)]
        revision.reconciling, revision.observed_generation = False, revision.generation
        return failure

    def _drop(self, revision: Any) -> None:
        self._state.resources.pop(revision.name, None)
        self._life.later(self._life.stop, revision.name)


def _revision(name: str, service: Any) -> Any:
    template = service.template
    return run_v2.Revision(
        name=name,
        uid=str(uuid.uuid4()),
        generation=1,
        service=service.name.rpartition("/")[2],
        create_time=stamp(),
        labels=dict(template.labels),
        annotations=dict(template.annotations),
        containers=list(template.containers),
        scaling=template.scaling,
        timeout=template.timeout,
        service_account=template.service_account,
        max_instance_request_concurrency=template.max_instance_request_concurrency,
        vpc_access=template.vpc_access,
        reconciling=True,
        conditions=[condition("Ready", PENDING)],
        etag=f'"{uuid.uuid4().hex}"',
    )
