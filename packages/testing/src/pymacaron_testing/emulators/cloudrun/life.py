"""The life of revisions: containers are started and asked whether they are ready, and then the traffic moves."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from functools import partial
from typing import Any

from google.cloud.run_v2 import types as run_v2

from pymacaron_testing.emulators.cloudrun.checks import TO_LATEST
from pymacaron_testing.emulators.cloudrun.containers import Command, Containers, LaunchError, Running, in_parallel
from pymacaron_testing.emulators.cloudrun.identity import admitted
from pymacaron_testing.emulators.cloudrun.state import FAILED, SUCCEEDED, Served, State, condition
from pymacaron_testing.emulators.proxy import Address, Upstream

__all__ = ["Life"]

PORT = 8080
STALLED = 60
"""Seconds that a machine may be held up while a revision starts, beside its patience."""


class Life:
    """Runs what the resources say: `delay` is the seconds of each change, `patience` those of a start."""

    def __init__(self, state: State, containers: Containers, delay: float, patience: float) -> None:
        self._state, self._containers = state, containers
        self._delay, self._patience = delay, patience
        self._threads: list[threading.Thread] = []

    def later(self, work: Callable[..., None], *arguments: Any) -> None:
        """Do something after the delay, beside all else."""

        def delayed() -> None:
            time.sleep(self._delay)
            work(*arguments)

        thread = threading.Thread(target=delayed, daemon=True)
        self._threads.append(thread)
        thread.start()

    def serve(self, name: str) -> Served:
        """Return what serves a service, listening from now on."""
        if name not in self._state.served:
            served = Served(self._address(name, lambda: self._state.served[name].choose()))
            self._state.served[name] = served
        return self._state.served[name]

    def tag_uri(self, name: str, tag: str) -> str:
        """Return the URL of a tag of a service."""
        served = self.serve(name)
        if tag not in served.tags:
            served.tags[tag] = self._address(name, lambda: served.tagged.get(tag))
        return f"http://{served.tags[tag].name}"

    def start(self, revision: Any, instances: int = 1, port: int = 0, probe: str = "") -> str:
        """Start the containers of a revision, and return why it failed, or nothing."""
        running = self._state.running.setdefault(revision.name, [])
        try:
            running += [
                self._containers.start(self.command(revision.containers[0], port, revision)) for _ in range(instances)
            ]
        except LaunchError as error:
            return str(error)
        if port:
            self._state.upstreams[revision.name] = Upstream(running[0].port)
            return self._probe(running[0], probe)
        return next((f"exited with {one.code()}" for one in running if one.code() is not None), "")

    def command(self, container: Any, port: int = 0, revision: Any = None) -> Command:
        """Return what a container of a template runs, its secrets among its variables."""
        variables = {one.name: self._value(one) for one in container.env}
        if port:
            service = revision.service.rpartition("/")[2]
            variables |= {"PORT": str(port), "K_SERVICE": service, "K_REVISION": revision.name.rpartition("/")[2]}
        return Command(container.image, tuple(container.command), tuple(container.args), variables, port)

    def run(self, container: Any) -> Running:
        """Start a container that ends by itself; raises LaunchError."""
        return self._containers.start(self.command(container))

    def settle(self, name: str, generation: int, failure: str) -> None:
        """End a change of a service: give the traffic where it belongs, unless a revision failed that it goes to."""
        self._wait_for_revisions(name)
        with self._state.lock:
            service = self._state.resources.get(name)
            if service is None or service.generation != generation:
                return
            failure = failure or self._unready(service)
            if not failure:
                self.move(service)
                service.observed_generation = service.generation
            service.reconciling = False
            state = FAILED if failure else SUCCEEDED
            service.terminal_condition = condition("Ready", state, failure)
            service.conditions = [
                condition("RoutesReady", state, failure),
                condition("ConfigurationsReady", state, failure),
            ]

    def _wait_for_revisions(self, name: str) -> None:
        end = time.monotonic() + self._patience + STALLED
        while any(one.reconciling for one in self._state.below(name, "revisions")) and time.monotonic() < end:
            time.sleep(0.02)

    def _unready(self, service: Any) -> str:
        for target in service.traffic:
            revision = self._state.resources.get(f"{service.name}/revisions/{target.revision}")
            if revision is not None and revision.conditions[0].state != SUCCEEDED:
                return f"Revision '{target.revision}' is not ready and cannot serve traffic."
        return ""

    def move(self, service: Any) -> None:
        """Give the traffic to the revisions that a service names."""
        served, name = self.serve(service.name), service.name
        split, tagged, statuses = [], {}, []
        for target in service.traffic or [run_v2.TrafficTarget(type_=TO_LATEST, percent=100)]:
            revision = target.revision or service.latest_ready_revision.rpartition("/")[2]
            split += [(revision, target.percent)] if target.percent else []
            uri = self.tag_uri(name, target.tag) if target.tag else ""
            tagged.update({target.tag: revision} if target.tag else {})
            statuses.append(
                run_v2.TrafficTargetStatus(
                    type_=target.type_, revision=target.revision, percent=target.percent, tag=target.tag, uri=uri
                )
            )
        served.split, served.tagged = tuple(split), tagged
        service.traffic_statuses = statuses

    def stop(self, name: str) -> None:
        """Stop the containers of a resource, and keep their last lines."""
        if (upstream := self._state.upstreams.pop(name, None)) is not None:
            upstream.drain(10)
        for one in self.retire(name, self._state.running.pop(name, [])):
            one.join()

    def retire(self, name: str, running: list[Running]) -> list[threading.Thread]:
        """Begin to stop containers of a resource, keep their last lines, and return the threads that do it."""
        for one in running:
            self._state.old_logs.append((name, one.logs()))
        threads = [threading.Thread(target=one.stop) for one in running]
        self._threads += threads
        for thread in threads:
            thread.start()
        return threads

    def end(self) -> None:
        """Stop everything."""
        for thread in self._threads:
            thread.join(60)
        in_parallel([one.stop for running in self._state.running.values() for one in running])
        for served in self._state.served.values():
            in_parallel([address.close for address in (served.address, *served.tags.values())])

    def _address(self, name: str, revision: Callable[[], str | None]) -> Address:
        return Address(lambda: self._route(name, revision()), admit=lambda headers: self._admitted(name, headers))

    def _route(self, name: str, revision: str | None) -> Upstream | None:
        return self._state.upstreams.get(f"{name}/revisions/{revision}") if name in self._state.resources else None

    def _admitted(self, name: str, headers: Message) -> dict[str, str]:
        """Let through whom the policy of a service does; what is not there is for the route to answer."""
        service = self._state.resources.get(name)
        if service is None or self._state.is_public(name):
            return {}
        audiences = (*service.urls, *service.custom_audiences)
        return admitted(headers, self._state.identities, audiences, partial(self._state.may_invoke, name))

    def _value(self, variable: Any) -> str:
        reference = variable.value_source.secret_key_ref
        if not reference.secret:
            return str(variable.value)
        return self._state.project.secret(reference.secret, reference.version or "latest")

    def _probe(self, running: Running, path: str) -> str:
        end, is_over = time.monotonic() + self._patience, False
        while not is_over:
            is_over = time.monotonic() >= end  # looked at once more: what was held up may be this process
            if (code := running.code()) is not None:
                return f"The user-provided container exited with {code} before it listened on the port PORT={PORT}."
            if not path or _is_good(running.port, path):
                return ""
            time.sleep(0.05)
        return "The user-provided container failed the configured startup probe checks."


def _is_good(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return bool(answer.status < 400)
    except OSError:
        return False
