"""Pods on the one node: each is run by a thread of its own, from its schedule to its removal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from pymacaron_testing.emulators.kubernetes.containers import Containers, Running
from pymacaron_testing.emulators.kubernetes.events import Recorder
from pymacaron_testing.emulators.kubernetes.kinds import kind
from pymacaron_testing.emulators.kubernetes.life import Life, Surroundings
from pymacaron_testing.emulators.kubernetes.selectors import selects
from pymacaron_testing.emulators.kubernetes.settings import ConfigError, command_of, files_of
from pymacaron_testing.emulators.kubernetes.state import State
from pymacaron_testing.emulators.kubernetes.wire import Object, now

__all__ = ["NODE", "PodRunner", "is_ready", "set_condition"]

NODE = "emulator"


class PodRunner:
    """Who runs a pod: `lives` are its containers, by their names."""

    def __init__(self, state: State, containers: Containers, recorder: Recorder, pod: Object, backoff: float) -> None:
        self._state, self._containers, self._recorder = state, containers, recorder
        self._pod, self._backoff = pod, backoff
        self._ending, self._hurry = threading.Event(), False
        self._files: Mapping[str, Mapping[str, bytes] | None] = {}
        self._volumes: list[str] = []
        self._making = threading.Lock()
        self._initialized = not pod["spec"].get("initContainers")
        self.lives: dict[str, Life] = {}
        self.ended_at: float | None = None
        self._main: list[str] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Have the pod end: it is removed when its containers have ended."""
        self.ended_at = self.ended_at or time.monotonic()
        self._ending.set()

    def kill(self) -> None:
        """Have the pod end at once."""
        self._hurry = True
        self._ending.set()

    def join(self) -> None:
        """Wait until the pod is gone."""
        self._thread.join()

    @property
    def is_over(self) -> bool:
        """Whether the pod is gone."""
        return not self._thread.is_alive()

    def port(self, inside: int) -> int | None:
        """Return the port of this machine behind one of the pod."""
        for life in self.lives.values():
            if life.running is not None and inside in life.running.ports:
                return life.running.ports[inside]
        return None

    def _run(self) -> None:
        try:
            self._schedule()
            if self._mount() and self._initialize():
                self._run_containers()
            self._ending.wait()
            self._end_containers()
        finally:
            self._clean_up()

    def _schedule(self) -> None:
        metadata = self._pod["metadata"]
        place = f"{metadata['namespace']}/{metadata['name']}"
        self._tell("Scheduled", f"Successfully assigned {place} to {NODE}")

        def assign(pod: Object) -> None:
            pod["spec"]["nodeName"] = NODE
            status = pod.setdefault("status", {})
            status |= {"phase": "Pending", "startTime": now(), "hostIP": "127.0.0.1"}
            set_condition(status, "PodScheduled", True)

        self._state.change("Pod", self._pod, assign)

    def _mount(self) -> bool:
        """Wait until there is what the volumes hold; tell whether that was before the end."""
        while not self._ending.is_set():
            try:
                with self._state.lock:
                    self._files = files_of(self._state, self._pod)
                return True
            except ConfigError as error:
                names = ", ".join(one["name"] for one in self._pod["spec"]["volumes"])
                self._tell("FailedMount", f'MountVolume.SetUp failed for volume "{names}" : {error}', "Warning")
                self._publish()
                self._ending.wait(self._backoff)
        return False

    def _make_volumes(self, image: str) -> None:
        """Make the volumes, once there is an image that a helper may be of."""
        with self._making:
            if self._files and not self._volumes:
                self._volumes = list(self._files)
                self._containers.make_volumes(image, self._files)

    def _initialize(self) -> bool:
        """Run the init containers one after the other; tell whether all was well."""
        for spec in self._pod["spec"].get("initContainers") or []:
            policy = "Never" if self._pod["spec"]["restartPolicy"] == "Never" else "OnFailure"
            life = self._live(spec, "spec.initContainers", policy)
            while not life.over.wait(0.05):
                if self._ending.is_set():
                    return False
            if life.code != 0:
                self._publish()
                return False
        self._initialized = True
        return True

    def _run_containers(self) -> None:
        spec = self._pod["spec"]
        self._main = [one["name"] for one in spec["containers"]]
        for container in spec["containers"]:
            life = self._live(container, "spec.containers", spec["restartPolicy"])
            while not life.first_start.wait(0.05) and not self._ending.is_set() and len(self._main) > 1:
                pass

    def _live(self, spec: Object, place: str, policy: str) -> Life:
        restarts = {"Always": lambda code: True, "OnFailure": lambda code: code != 0, "Never": lambda code: False}
        around = Surroundings(
            self._containers,
            self._start_container,
            self._publish,
            self._tell,
            restarts[policy],
            self._grace(),
            self._backoff,
        )
        life = Life(spec, around, f"{place}{{{spec['name']}}}")
        # A new one, as others may be walking through that before.
        self.lives = {**self.lives, life.name: life}
        threading.Thread(target=life.run, daemon=True).start()
        return life

    def _start_container(self, spec: Object) -> Running:
        user = self._containers.user_of(spec["image"]) or ""
        self._make_volumes(spec["image"])
        first = next((life for name, life in self.lives.items() if name in self._main and name != spec["name"]), None)
        network = first.running.name if first is not None and first.running is not None else ""
        with self._state.lock:
            pod = self._state.get("Pod", self._pod["metadata"]["namespace"], self._pod["metadata"]["name"]) or self._pod
            command = command_of(self._state, pod, spec, user, network, self._asked_ports(pod))
        return self._containers.start(command)

    def _asked_ports(self, pod: Object) -> set[int]:
        """Return the ports that services and the other containers need: the first container publishes all."""
        labels = pod["metadata"].get("labels") or {}
        ports = {one["containerPort"] for each in pod["spec"]["containers"] for one in each.get("ports") or []}
        for service in self._state.all("Service", pod["metadata"]["namespace"]):
            if selects({"matchLabels": service["spec"].get("selector") or {"": ""}}, labels):
                ports |= {one["targetPort"] for one in service["spec"]["ports"] if isinstance(one["targetPort"], int)}
        return ports

    def _grace(self) -> float:
        return float(self._pod["spec"].get("terminationGracePeriodSeconds", 30))

    def _end_containers(self) -> None:
        pod = self._state.get("Pod", self._pod["metadata"]["namespace"], self._pod["metadata"]["name"])
        grace = float((pod or self._pod)["metadata"].get("deletionGracePeriodSeconds", self._grace()))
        if self._hurry:
            grace = 0
        threads = [threading.Thread(target=life.end, args=(grace,)) for life in self.lives.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for life in self.lives.values():
            life.over.wait(grace + 30)

    def _clean_up(self) -> None:
        for life in self.lives.values():
            life.remove()
        self._containers.remove_volumes(self._volumes)
        with self._state.lock:
            found = self._state.get("Pod", self._pod["metadata"]["namespace"], self._pod["metadata"]["name"])
            if found is not None and found["metadata"]["uid"] == self._pod["metadata"]["uid"]:
                self._state.remove(kind("Pod"), found)

    def _tell(self, reason: str, message: str, type_: str = "Normal", field: str = "") -> None:
        self._recorder.tell(self._pod, reason, message, type_, field)

    def _publish(self) -> None:
        """Write the state of the containers into the status of the pod."""

        def write(pod: Object) -> None:
            status = pod.setdefault("status", {})
            spec = pod["spec"]
            status["containerStatuses"] = [self._status(one) for one in spec["containers"]]
            if spec.get("initContainers"):
                status["initContainerStatuses"] = [self._status(one) for one in spec["initContainers"]]
            ready = all(one["ready"] for one in status["containerStatuses"])
            status["phase"] = self._phase(spec, status)
            _place(self.lives, status)
            set_condition(status, "Initialized", self._initialized)
            unready = [one["name"] for one in status["containerStatuses"] if not one["ready"]]
            message = f"containers with unready status: [{' '.join(unready)}]"
            for name in ("ContainersReady", "Ready"):
                set_condition(status, name, ready, "" if ready else "ContainersNotReady", "" if ready else message)

        self._state.change("Pod", self._pod, write)

    def _status(self, spec: Object) -> Object:
        life = self.lives.get(spec["name"])
        common = {"name": spec["name"], "image": spec["image"], "imageID": ""}
        if life is None:
            reason = "ContainerCreating" if self._initialized else "PodInitializing"
            waiting = {"waiting": {"reason": reason}}
            return common | {"ready": False, "started": False, "restartCount": 0, "state": waiting, "lastState": {}}
        known = {"containerID": f"docker://{life.running.name}"} if life.running is not None else {}
        common["imageID"] = spec["image"] if life.running is not None else ""
        ready = life.is_ready or (spec["name"] not in self._main and life.code == 0)
        return (
            common
            | known
            | {
                "ready": ready,
                "started": life.is_started,
                "restartCount": life.restarts,
                "state": life.state,
                "lastState": life.last,
            }
        )

    def _phase(self, spec: Object, status: Object) -> str:
        main = [self.lives[name] for name in self._main if name in self.lives]
        codes = [life.code for life in main]
        if main and len(main) == len(spec["containers"]) and None not in codes:
            return "Succeeded" if not any(codes) else "Failed"
        begun = any(life.running is not None for life in main)
        failed = any(name not in self._main and life.code for name, life in self.lives.items())
        return "Failed" if failed else "Running" if begun else "Pending"


def _place(lives: dict[str, Life], status: Object) -> None:
    running = next((life.running for life in lives.values() if life.running is not None), None)
    if running is not None:
        status |= {"podIP": running.address, "podIPs": [{"ip": running.address}]}


def set_condition(status: Object, name: str, good: bool, reason: str = "", message: str = "", **more: Any) -> None:
    """Set a condition, whose time is that of its last change of state."""
    conditions = status.setdefault("conditions", [])
    value = "True" if good else "False"
    before: Object = next((one for one in conditions if one["type"] == name), {})
    since = before["lastTransitionTime"] if before.get("status") == value else now()
    told = {"reason": reason, "message": message} if reason else {}
    condition = {"type": name, "status": value, "lastTransitionTime": since, **told, **more}
    if before:
        conditions[conditions.index(before)] = condition
    else:
        conditions.append(condition)


def is_ready(pod: Object) -> bool:
    """Tell whether a pod takes requests."""
    conditions = pod.get("status", {}).get("conditions") or []
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")


def ready_pods(pods: list[Object]) -> Iterator[Object]:
    """Yield the pods that take requests."""
    return (pod for pod in pods if is_ready(pod))
