"""The life of one container of a pod: started, probed, ended, and started again after a pause."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pymacaron_testing.emulators.kubernetes.containers import Containers, LaunchError, Running
from pymacaron_testing.emulators.kubernetes.probes import Probe, ask
from pymacaron_testing.emulators.kubernetes.settings import ConfigError
from pymacaron_testing.emulators.kubernetes.wire import Object, now

__all__ = ["Life", "Surroundings"]

LONGEST_PAUSE = 5.0
STILL = 3600.0
NEVER_PULL = "Never"


@dataclass(frozen=True)
class Surroundings:
    """What a container has around it: `start` starts it, `publish` tells its state, `tell` an event of it.

    `restarts` says whether it is started again after an exit code; `backoff` is the first pause, in seconds.
    """

    containers: Containers
    start: Callable[[Object], Running]
    publish: Callable[[], None]
    tell: Callable[[str, str, str, str], None]
    restarts: Callable[[int], bool]
    grace: float
    backoff: float


@dataclass
class Life:
    """A container of a pod.

    `state` and `last` are those of its ContainerStatus; `running` is the newest that was started, `previous` the one
    before.
    """

    spec: Object
    around: Surroundings
    field_path: str
    state: Object = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last: Object = field(default_factory=dict)
    restarts: int = 0
    is_ready: bool = False
    is_started: bool = False
    running: Running | None = None
    previous: Running | None = None
    ending: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    first_start: threading.Event = field(default_factory=threading.Event)
    _exited: threading.Event = field(default_factory=threading.Event)
    _crashes: int = 0

    @property
    def name(self) -> str:
        """Its name in the pod."""
        return str(self.spec["name"])

    @property
    def code(self) -> int | None:
        """Its exit code, where it has ended for good."""
        return self.state["terminated"]["exitCode"] if self.over.is_set() and "terminated" in self.state else None

    def run(self) -> None:
        """Live until nothing starts it again."""
        try:
            while not self.ending.is_set():
                running = self._start()
                if running is None:
                    continue
                code = self._attend(running)
                if self.ending.is_set() or not self.around.restarts(code):
                    break
                self._pause()
        finally:
            self.over.set()
            self.first_start.set()
            self.around.publish()

    def _start(self) -> Running | None:
        image = self.spec["image"]
        try:
            if self.around.containers.user_of(image) is None:
                self._miss(image)
                return None
            running = self.around.start(self.spec)
        except ConfigError as error:
            self._tell("Failed", f"Error: {error}", "Warning")
            self._wait(error.reason, str(error), self.around.backoff)
            return None
        except LaunchError as error:
            self._fail(str(error))
            return None
        self._tell("Pulled", f'Container image "{image}" already present on machine')
        self._tell("Created", f"Created container: {self.name}")
        self._tell("Started", f"Started container {self.name}")
        if self.previous is not None:
            self.previous.remove()
        self.previous, self.running = self.running, running
        self._exited.clear()
        self._show({"running": {"startedAt": now()}}, ready=False, started=False)
        self.first_start.set()
        return running

    def _miss(self, image: str) -> None:
        never = self.spec.get("imagePullPolicy") == NEVER_PULL
        if never:
            reason, message = "ErrImageNeverPull", f'Container image "{image}" is not present with pull policy of Never'
            self._tell(reason, message, "Warning")
            self._wait(reason, message, self.around.backoff)
            return
        message = f'failed to pull and unpack image "{image}": not found'
        self._tell("Pulling", f'Pulling image "{image}"')
        self._tell("Failed", f'Failed to pull image "{image}": {message}', "Warning")
        self._tell("Failed", "Error: ErrImagePull", "Warning")
        self._wait("ErrImagePull", message, self.around.backoff)
        self._tell("BackOff", f'Back-off pulling image "{image}"', kind="Normal")
        self._tell("Failed", "Error: ImagePullBackOff", "Warning")
        self._wait("ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: {message}', self._longer())

    def _fail(self, message: str) -> None:
        self._tell("Failed", f"Error: {message}", "Warning")
        ended = {"exitCode": 128, "reason": "StartError", "message": message, "startedAt": now(), "finishedAt": now()}
        self._show({"terminated": ended}, ready=False, started=False)
        self._pause()

    def _attend(self, running: Running) -> int:
        """Probe a container until it ends, and return its exit code."""
        result: list[tuple[int, bool]] = []
        began, exited = now(), threading.Event()
        self._exited = exited

        def wait() -> None:
            result.append(running.wait())
            exited.set()

        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        probes = _Probes(self, running)
        while not exited.wait(probes.pause()):
            if not self.ending.is_set():
                probes.run_due()
        code, memory = result[0]
        reason = "OOMKilled" if memory else "Completed" if code == 0 else "Error"
        ended = {"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": now()}
        ended["containerID"] = f"docker://{running.name}"
        if code and self.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            ended["message"] = b"".join(running.logs(["--tail", "80"])).decode(errors="replace")[-2048:]
        self._show({"terminated": ended}, ready=False, started=False)
        return code

    def kill(self, why: str) -> None:
        """Stop what runs, so that it is started again."""
        self._tell("Killing", f"Container {self.name} {why}, will be restarted")
        if self.running is not None:
            self.running.stop(self.around.grace)

    def end(self, grace: float) -> None:
        """End for good: the hook, then SIGTERM, then SIGKILL when the time is over."""
        self.ending.set()
        end = time.monotonic() + grace
        running = self.running
        if running is None or self._exited.is_set() or self.over.is_set():
            return
        self._tell("Killing", f"Stopping container {self.name}")
        if grace:
            self._stop_hook(running, grace)
        running.stop(max(end - time.monotonic(), 1 if grace else 0))

    def _stop_hook(self, running: Running, grace: float) -> None:
        hook = (self.spec.get("lifecycle") or {}).get("preStop")
        if not hook:
            return
        asked = threading.Thread(target=self._ask_hook, args=(hook, running, grace), daemon=True)
        asked.start()
        end = time.monotonic() + grace
        while asked.is_alive() and time.monotonic() < end and not self._exited.is_set():
            asked.join(0.05)

    def _ask_hook(self, hook: Object, running: Running, grace: float) -> None:
        if failure := ask(hook, self.spec, running, grace):
            self._tell("FailedPreStopHook", f"PreStopHook failed: {failure}", "Warning")

    def remove(self) -> None:
        """Remove the containers."""
        for one in (self.previous, self.running):
            if one is not None:
                one.remove()

    def _pause(self) -> None:
        """Wait in CrashLoopBackOff until the next start."""
        ended = self.state.get("terminated") or {}
        self.last = {"terminated": ended}
        self.restarts += 1
        self._crashes += 1
        if ended.get("exitCode") == 0 and self._crashes == 1:
            return
        pause = self._longer()
        message = f"back-off {pause:g}s restarting failed container={self.name}"
        self._tell("BackOff", f"Back-off restarting failed container {self.name}", "Warning")
        self._wait("CrashLoopBackOff", message, pause)

    def _longer(self) -> float:
        return min(self.around.backoff * float(2 ** min(self._crashes, 10)), LONGEST_PAUSE)

    def _wait(self, reason: str, message: str, seconds: float) -> None:
        self._show({"waiting": {"reason": reason, "message": message}}, ready=False, started=False)
        self.ending.wait(seconds)

    def _show(self, state: Object, *, ready: bool, started: bool) -> None:
        self.state, self.is_ready, self.is_started = state, ready, started
        self.around.publish()

    def show_probes(self, ready: bool, started: bool) -> None:
        """Tell what the probes found."""
        if (ready, started) != (self.is_ready, self.is_started) and "running" in self.state:
            self._show(self.state, ready=ready, started=started)

    def _tell(self, reason: str, message: str, type_: str = "Normal", kind: str = "") -> None:
        self.around.tell(reason, message, kind or type_, self.field_path)

    def tell_unhealthy(self, probe: str, failure: str) -> None:
        """Tell of a probe that failed."""
        title = {"startupProbe": "Startup", "readinessProbe": "Readiness", "livenessProbe": "Liveness"}[probe]
        self._tell("Unhealthy", f"{title} probe failed: {failure}", "Warning")


class _Probes:
    """The probes of a container that runs: the one of the start first, then the others."""

    def __init__(self, life: Life, running: Running) -> None:
        self._life = life
        self._start = Probe.of("startupProbe", life.spec, running)
        self._ready = Probe.of("readinessProbe", life.spec, running)
        self._alive = Probe.of("livenessProbe", life.spec, running)
        self._show()

    def _due(self) -> Iterator[Probe]:
        if self._start is not None and not self._start.verdict:
            yield self._start
        else:
            yield from (one for one in (self._ready, self._alive) if one is not None)

    def pause(self) -> float:
        """Return the seconds until the next probe."""
        return max(min((one.due - time.monotonic() for one in self._due()), default=STILL), 0.001)

    def run_due(self) -> None:
        """Run what is due, and kill the container where that is what follows."""
        for probe in list(self._due()):
            if probe.due <= time.monotonic():
                self._run(probe)

    def _run(self, probe: Probe) -> None:
        failure = probe.run()
        if self._life.ending.is_set():
            return
        if failure:
            self._life.tell_unhealthy(probe.name, failure)
        if probe.verdict is False and probe.name != "readinessProbe":
            title = "startup" if probe is self._start else "liveness"
            self._life.kill(f"failed {title} probe")
            probe.due = time.monotonic() + STILL
        self._show()

    def _show(self) -> None:
        started = self._start is None or self._start.verdict is True
        ready = started and (self._ready is None or self._ready.verdict is True)
        self._life.show_probes(ready, started)
