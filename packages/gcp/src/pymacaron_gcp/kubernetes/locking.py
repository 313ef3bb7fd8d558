"""The lock of an environment: a Lease, replaced only as long as its resourceVersion is the known one."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from pymacaron.deploy import Lock
from pymacaron.exceptions import DeployError, LockedError
from pymacaron_gcp.kubernetes.client import Cluster, KubernetesError, Object
from pymacaron_gcp.kubernetes.site import PREFIX

__all__ = ["LeaseLock"]

ATTEMPTS = 10
KEYS = ("holder", "token", "since", "expires")


class LeaseLock:
    """The lock that a Lease is; `of` names the environment in errors."""

    def __init__(self, cluster: Cluster, name: str, of: str) -> None:
        self._cluster, self._name, self._of = cluster, name, of

    def take(self, lock: Lock) -> None:
        """Take or renew the lock; raises LockedError where somebody else holds it."""
        for _ in range(ATTEMPTS):
            lease = self._read()
            held = _lock_of(lease)
            if held and held.token != lock.token and held.expires > datetime.now(UTC):
                since = f"{held.since.astimezone(UTC):%H:%M:%S} UTC"
                raise LockedError(f"{held.holder} is changing {self._of} since {since}: wait, or 'pym deploy unlock'")
            if held == lock or self._write(lease, lock):
                return
        raise LockedError(f"{self._of} is being locked by several at once: run the command again")

    def give_back(self, token: str | None) -> None:
        """Give back the lock of a token, or any with None; nothing happens where there is none."""
        for _ in range(ATTEMPTS):
            lease = self._read()
            held = _lock_of(lease)
            if not held or token not in (None, held.token) or self._write(lease, None):
                return

    def held(self) -> Lock | None:
        """Return the lock that counts at the moment."""
        held = _lock_of(self._read())
        return held if held and held.expires > datetime.now(UTC) else None

    def _read(self) -> Object | None:
        return self._cluster.find("Lease", self._name)

    def _write(self, lease: Object | None, lock: Lock | None) -> bool:
        """Write a lock, and tell whether nobody else wrote meanwhile."""
        wanted = _lease(self._name, lock)
        try:
            if lease is None:
                self._cluster.create(wanted)
            else:
                wanted["metadata"]["resourceVersion"] = lease["metadata"]["resourceVersion"]
                self._cluster.replace(wanted)
        except KubernetesError as error:
            if error.is_conflict or error.is_missing:
                return False
            raise
        return True


def _lease(name: str, lock: Lock | None) -> Object:
    metadata: Object = {"name": name, "labels": {"app.kubernetes.io/managed-by": "pymacaron"}}
    made: Object = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": {}}
    if lock is not None:
        told = {"holder": lock.holder, "token": lock.token, "since": lock.since.isoformat()}
        told["expires"] = lock.expires.isoformat()
        metadata["annotations"] = {PREFIX + key: value for key, value in told.items()}
        now = datetime.now(UTC)
        made["spec"] = {
            "holderIdentity": lock.holder,
            "leaseDurationSeconds": max(1, ceil((lock.expires - now).total_seconds())),
            "acquireTime": _micro(lock.since),
            "renewTime": _micro(now),
        }
    return made


def _micro(moment: datetime) -> str:
    """Return a moment as Kubernetes' MicroTime."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _lock_of(lease: Object | None) -> Lock | None:
    annotations = ((lease or {}).get("metadata") or {}).get("annotations") or {}
    found = {key: str(annotations.get(PREFIX + key, "")) for key in KEYS}
    if not found["token"]:
        return None
    try:
        since, expires = (datetime.fromisoformat(found[key]) for key in ("since", "expires"))
    except ValueError:
        raise DeployError("the Lease that is the lock is unreadable: type 'kubectl delete lease' for it") from None
    return Lock(found["holder"], found["token"], since, expires)
