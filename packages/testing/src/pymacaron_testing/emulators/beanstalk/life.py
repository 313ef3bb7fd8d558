"""The life of an environment: what happens to it in the background after a call was answered."""

from __future__ import annotations

import io
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from typing import Protocol

from pymacaron_testing.emulators.beanstalk.machines import Bundle, LaunchError, Machines, Running
from pymacaron_testing.emulators.beanstalk.state import Environment, State, Version, now
from pymacaron_testing.emulators.proxy import Upstream

__all__ = ["Life", "Outside"]

SECRETS = "aws:elasticbeanstalk:application:environmentsecrets"
VARIABLES = "aws:elasticbeanstalk:application:environment"
HEALTH = ("aws:elasticbeanstalk:environment:process:default", "HealthCheckPath")
TYPE = ("aws:elasticbeanstalk:environment", "EnvironmentType")
UNHEALTHY = "100.0 % of the requests to the health check fail."


class Outside(Protocol):
    """The services of AWS that Elastic Beanstalk itself calls."""

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object of S3; raises LookupError where it is not there."""
        ...

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object of S3."""
        ...

    def secret(self, arn: str) -> str:
        """Return the value of a secret; raises LookupError where it is not there."""
        ...

    def own_bucket(self) -> str:
        """Return the bucket of Elastic Beanstalk in this region, made where it is not there."""
        ...


class Life:
    """Runs environments: `delay` is the seconds of each state, `patience` those until a service must be healthy."""

    def __init__(self, state: State, machines: Machines, outside: Outside, delay: float, patience: float) -> None:
        self._state, self._machines, self.outside = state, machines, outside
        self.delay, self.patience = delay, patience
        self._threads: list[threading.Thread] = []

    def process(self, version: Version) -> None:
        """Have a version be Processed after the delay."""

        def done() -> None:
            time.sleep(self.delay)
            version.status = "Processed"

        version.status = "Processing"
        self._later(done)

    def launch(self, environment: Environment, request: str) -> None:
        """Start the version of an environment, beside or instead of what it ran."""
        self._later(self._launch, environment, request)

    def terminate(self, environment: Environment, request: str) -> None:
        """End an environment; requests that are being served are waited for."""
        self._later(self._terminate, environment, request)

    def settle(self, environment: Environment, request: str, message: str, delays: int = 1) -> None:
        """Become Ready after so many delays."""

        def done() -> None:
            time.sleep(self.delay * delays)
            self._state.tell(environment, request, message)
            environment.status = "Ready"

        self._later(done)

    def watch(self, environment: Environment) -> None:
        """Look at the health of a running environment again."""
        if environment.status == "Ready" and environment.shown:
            environment.health, environment.causes = environment.shown.pop(0), ["It was turned so on demand."]
        elif environment.status == "Ready" and environment.running:
            causes = [] if _healthy(environment, environment.running) else [UNHEALTHY]
            if environment.started != environment.version:
                causes = [f'Incorrect application version found on all instances. Expected "{environment.version}".']
            environment.health, environment.causes = "Red" if causes else "Green", causes

    def end(self) -> None:
        """Stop everything that runs."""
        for environment in self._state.environments:
            environment.status = "Terminated"
        for thread in self._threads:
            thread.join(30)
        for environment in self._state.environments:
            self._stop(environment)

    def _later(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _launch(self, environment: Environment, request: str) -> None:
        tell = self._state.tell
        time.sleep(self.delay)
        tell(
            environment, request, f"Using {self.outside.own_bucket()} as Amazon S3 storage bucket for environment data."
        )
        before = environment.running, environment.upstream
        try:
            running = self._machines.start(self._bundle(environment))
        except LaunchError as error:
            self._failed(environment, request, str(error))
            return
        environment.running, environment.upstream = running, Upstream(running.port)
        environment.started = environment.version
        tell(environment, request, "Launched environment instances: i-0123456789abcdef0.")
        if not self._wait_until_healthy(environment):
            self._failed(environment, request, "the health check got no good answer")
            _retire(*before)
            return
        _retire(*before)
        tell(environment, request, f"Successfully launched environment: {environment.name}")
        environment.health, environment.causes = "Green", []
        environment.status = "Ready"

    def _bundle(self, environment: Environment) -> Bundle:
        version = self._state.versions[environment.application, environment.version]
        try:
            content = self.outside.read(version.bucket, version.key)
            return Bundle(environment.name, _unzipped(content), self._variables(environment))
        except LookupError as error:
            raise LaunchError(f"{error.args[0]} cannot be read") from error

    def _variables(self, environment: Environment) -> Mapping[str, str]:
        options = environment.options
        plain = {name: value for (namespace, name), value in options.items() if namespace == VARIABLES}
        arns = {name: value for (namespace, name), value in options.items() if namespace == SECRETS}
        return plain | {name: self.outside.secret(arn) for name, arn in arns.items()}

    def _wait_until_healthy(self, environment: Environment) -> bool:
        end, is_over = time.monotonic() + self.patience, False
        while environment.exists and not is_over:
            is_over = time.monotonic() >= end  # looked at once more: what was held up may be this process
            running = environment.running
            if running is None or _healthy(environment, running):
                return running is not None
            if not running.alive():
                return False
            time.sleep(0.05)
        return False

    def _failed(self, environment: Environment, request: str, cause: str) -> None:
        sentence, _, rest = cause.partition("\n")
        tell = self._state.tell
        tell(environment, request, f"Instance deployment failed: {sentence}", "ERROR")
        if rest:
            tell(environment, request, f"[Instance: i-0123456789abcdef0] {rest}"[:2000], "ERROR")
        tell(environment, request, "Create environment operation is complete, but with errors.", "ERROR")
        if environment.exists:
            environment.causes = [f"Application deployment failed: {sentence}"]
            environment.status, environment.health = "Ready", "Red"

    def _terminate(self, environment: Environment, request: str) -> None:
        time.sleep(self.delay)
        self._stop(environment)
        with self._state.lock:
            environment.status, environment.updated = "Terminated", now()
        self._state.tell(environment, request, "terminateEnvironment completed successfully.")

    def _stop(self, environment: Environment) -> None:
        running, upstream = environment.running, environment.upstream
        environment.running = environment.upstream = None
        _retire(running, upstream)


def _retire(running: object, upstream: Upstream | None) -> None:
    if upstream is not None:
        upstream.drain(10)
    if (stop := getattr(running, "stop", None)) is not None:
        stop()


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def _healthy(environment: Environment, running: Running) -> bool:
    if environment.options.get(TYPE) == "SingleInstance":  # there is no balancer, which would ask
        return running.alive()
    path = environment.options.get(HEALTH, "/")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{running.port}{path}", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
