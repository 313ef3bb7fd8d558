"""Everything that happens by itself: controllers reconcile when something changed, pods run, owners are followed."""

from __future__ import annotations

import copy
import threading
import traceback
from collections.abc import Iterator

from pymacaron_testing.emulators.kubernetes.addresses import Addresses
from pymacaron_testing.emulators.kubernetes.containers import Containers
from pymacaron_testing.emulators.kubernetes.deployments import Deployments
from pymacaron_testing.emulators.kubernetes.events import Recorder
from pymacaron_testing.emulators.kubernetes.jobs import Jobs
from pymacaron_testing.emulators.kubernetes.kinds import kind
from pymacaron_testing.emulators.kubernetes.logs import log_of
from pymacaron_testing.emulators.kubernetes.pods import PodRunner
from pymacaron_testing.emulators.kubernetes.replicasets import MANAGER, ReplicaSets, delete
from pymacaron_testing.emulators.kubernetes.rest import Asked, Operations
from pymacaron_testing.emulators.kubernetes.routing import Routing
from pymacaron_testing.emulators.kubernetes.scaling import watch_over
from pymacaron_testing.emulators.kubernetes.state import State

__all__ = ["Controllers"]

PERIOD = 0.2


class Controllers:
    """What runs behind the API."""

    def __init__(self, state: State, containers: Containers, backoff: float, lag: float, delay: float) -> None:
        self._state, self._containers, self._backoff, self._delay = state, containers, backoff, delay
        self._kubelet = Recorder(state, "kubelet")
        self._runners: dict[str, PodRunner] = {}
        self.addresses = Addresses(state, Routing(state, self._runners.get, lag))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def bind(self, operations: Operations) -> None:
        """Let the controllers do what callers do, by the same operations."""
        self._operations = operations
        self._deployments = Deployments(self._state, operations)
        self._sets = ReplicaSets(self._state, operations)
        self._jobs = Jobs(self._state, operations)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and with it every pod."""
        self._stopped.set()
        self._state.touch()
        self._thread.join()
        for runner in self._runners.values():
            runner.kill()
        for runner in self._runners.values():
            runner.join()
        self.addresses.close()

    def logs(self, asked: Asked) -> Iterator[bytes | None]:
        """Return the log of a container; raises Refusal."""
        with self._state.lock:
            pod = self._state.find(asked.kind, asked.namespace, asked.name)
            runner = self._runners.get(pod["metadata"]["uid"])
        return log_of(asked, pod, runner.lives if runner is not None else {})

    def add_account(self, namespace: str) -> None:
        """Give a namespace its default service account."""
        asked = Asked(
            kind("ServiceAccount"), namespace, query={"fieldManager": MANAGER}, body={"metadata": {"name": "default"}}
        )
        with self._state.lock:
            if self._state.get("ServiceAccount", namespace, "default") is None:
                self._operations.create(asked)

    def _run(self) -> None:
        seen = 0
        while not self._stopped.wait(self._delay):
            with self._state.lock:
                if self._state.number == seen:
                    self._state.changed.wait(PERIOD)
                seen = self._state.number
                try:
                    self._reconcile()
                except Exception:  # one object that is not understood must not stop all others
                    traceback.print_exc()

    def _reconcile(self) -> None:
        self._collect()
        self._empty_namespaces()
        self._deployments.reconcile()
        self._sets.reconcile()
        self._jobs.reconcile()
        self._run_pods()
        self.addresses.reconcile()
        watch_over(self._state)

    def _run_pods(self) -> None:
        pods = {pod["metadata"]["uid"]: pod for pod in self._state.all("Pod")}
        for uid, pod in pods.items():
            if uid not in self._runners and not self._stopped.is_set():
                pod = copy.deepcopy(pod)
                self._runners[uid] = PodRunner(self._state, self._containers, self._kubelet, pod, self._backoff)
                self._runners[uid].start()
            if pod["metadata"].get("deletionTimestamp"):
                self._runners[uid].end()
        for uid in [uid for uid, runner in self._runners.items() if uid not in pods and runner.is_over]:
            del self._runners[uid]

    def _collect(self) -> None:
        """Delete what belonged to objects that are gone, and let go those that wait for it."""
        everything = list(self._state.everything())
        present = {one["metadata"]["uid"] for _, one in everything}
        leaving = {
            one["metadata"]["uid"]
            for _, one in everything
            if "foregroundDeletion" in (one["metadata"].get("finalizers") or [])
            and one["metadata"].get("deletionTimestamp")
        }
        awaited: set[str] = set()
        for _, one in everything:
            owners = {each["uid"] for each in one["metadata"].get("ownerReferences") or []}
            awaited |= owners
            if owners and not (owners & present - leaving) and not one["metadata"].get("deletionTimestamp"):
                delete(self._operations, one)
        for kind_of, one in everything:
            if one["metadata"]["uid"] in leaving - awaited:
                freed = copy.deepcopy(one)
                freed["metadata"]["finalizers"].remove("foregroundDeletion")
                self._state.replace(kind_of, freed)

    def _empty_namespaces(self) -> None:
        for namespace in self._state.all("Namespace"):
            name = namespace["metadata"]["name"]
            if not namespace["metadata"].get("deletionTimestamp"):
                self.add_account(name)
                continue
            inside = [one for _, one in self._state.everything() if one["metadata"].get("namespace") == name]
            for one in inside:
                if not one["metadata"].get("deletionTimestamp"):
                    delete(self._operations, one)
            if not inside and namespace["spec"].get("finalizers"):
                self._state.change("Namespace", namespace, lambda found: found["spec"].pop("finalizers"))
                self._state.remove(kind("Namespace"), namespace)
