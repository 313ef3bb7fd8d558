"""The lock of an environment: the annotations of a job that never runs, changed only where its etag is the known one.

A job is there before the first service, and changing it makes no revision and moves no traffic.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NoReturn

from pymacaron.deploy import Lock
from pymacaron.exceptions import DeployError, LockedError
from pymacaron_gcp.client import Gcp, GcpError
from pymacaron_gcp.cloudrun.templates import ANNOTATION

__all__ = ["JobLock"]

ATTEMPTS = 10
KEYS = ("holder", "token", "since", "expires")
# A job must name an image, which is fetched when it runs: this one never does.
IMAGE = "us-docker.pkg.dev/cloudrun/container/job"


class JobLock:
    """The lock that a job is; `of` names the environment in errors.

    Whoever writes a job must be allowed to act as its service account: it is the `account` of the service, if any.
    """

    def __init__(self, gcp: Gcp, name: str, of: str, account: str | None = None) -> None:
        self._gcp, self._name, self._of, self._account = gcp, name, of, account or ""

    def take(self, lock: Lock) -> None:
        """Take or renew the lock; raises LockedError where somebody else holds it."""
        for _ in range(ATTEMPTS):
            job = self._read()
            held = _lock_of(job)
            if held and held.token != lock.token and held.expires > datetime.now(UTC):
                self._refuse(held)
            if held == lock or self._write(job, lock):
                return
        raise LockedError(f"{self._of} is being locked by several at once: run the command again")

    def give_back(self, token: str | None) -> None:
        """Give back the lock of a token, or any with None; nothing happens where there is none."""
        for _ in range(ATTEMPTS):
            job = self._read()
            held = _lock_of(job)
            if not held or token not in (None, held.token) or self._write(job, None):
                return

    def held(self) -> Lock | None:
        """Return the lock that counts at the moment."""
        held = _lock_of(self._read())
        return held if held and held.expires > datetime.now(UTC) else None

    def _read(self) -> Any:
        try:
            return self._gcp.call("jobs", "get_job", name=f"{self._gcp.parent}/jobs/{self._name}")
        except GcpError as error:
            if error.is_missing:
                return None
            raise

    def _write(self, job: Any, lock: Lock | None) -> bool:
        annotations = _annotations(lock)
        try:
            if job is None:
                task = {"containers": [{"image": IMAGE}], "service_account": self._account}
                new = {"annotations": annotations, "template": {"template": task}}
                self._gcp.call("jobs", "create_job", parent=self._gcp.parent, job_id=self._name, job=new)
            else:
                job.annotations, job.template.template.service_account = annotations, self._account
                self._gcp.call("jobs", "update_job", job=job)
        except GcpError as error:
            if error.is_conflict or error.is_missing:
                return False
            raise
        return True

    def _refuse(self, held: Lock) -> NoReturn:
        since = held.since.astimezone(UTC).strftime("%H:%M:%S UTC")
        raise LockedError(f"{held.holder} is changing {self._of} since {since}: wait, or 'pym deploy unlock'")


def _annotations(lock: Lock | None) -> dict[str, str]:
    if lock is None:
        return {}
    moments = {"since": lock.since.isoformat(), "expires": lock.expires.isoformat()}
    return {ANNOTATION + key: value for key, value in {"holder": lock.holder, "token": lock.token, **moments}.items()}


def _lock_of(job: Any) -> Lock | None:
    found = {key: job.annotations.get(ANNOTATION + key, "") for key in KEYS} if job is not None else {}
    if not found.get("token"):
        return None
    try:
        since, expires = (datetime.fromisoformat(found[key]) for key in ("since", "expires"))
    except ValueError:
        raise DeployError(f"the lock {job.name} is unreadable: remove it with 'gcloud run jobs delete'") from None
    return Lock(found["holder"], found["token"], since, expires)
