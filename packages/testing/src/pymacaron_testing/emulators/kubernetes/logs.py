"""Logs of containers, as `kubectl logs` asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pymacaron_testing.emulators.kubernetes.containers import Running
from pymacaron_testing.emulators.kubernetes.life import Life
from pymacaron_testing.emulators.kubernetes.rest import Asked
from pymacaron_testing.emulators.kubernetes.wire import Object, bad_request

__all__ = ["log_of"]


def log_of(asked: Asked, pod: Object, lives: Mapping[str, Life]) -> Iterator[bytes | None]:
    """Return the log of a container; raises Refusal where there is none."""
    name = asked.option("container") or _only(pod)
    known = [one["name"] for one in (*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or []))]
    if name not in known:
        raise bad_request(f"container {name} is not valid for pod {asked.name}")
    previous = asked.option("previous") in ("true", "True", "1")
    life = lives.get(name)
    running = _ended(life) if previous else life.running if life is not None else None
    if previous and running is None:
        raise bad_request(f'previous terminated container "{name}" in pod "{asked.name}" not found')
    if running is None:
        reason = (
            life.state.get("waiting", {}).get("reason", "ContainerCreating") if life is not None else "PodInitializing"
        )
        raise bad_request(f'container "{name}" in pod "{asked.name}" is waiting to start: {reason}')
    return _limited(running.logs([*_options(asked)]), int(asked.option("limitBytes") or 0))


def _ended(life: Life | None) -> Running | None:
    """Return the container before the one that runs, or that would run but for a pause."""
    if life is None or not life.restarts:
        return None
    return life.running if "waiting" in life.state else life.previous


def _only(pod: Object) -> str:
    names = [one["name"] for one in pod["spec"]["containers"]]
    if len(names) > 1:
        name = pod["metadata"]["name"]
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]")
    return str(names[0])


def _options(asked: Asked) -> Iterator[str]:
    for name, option in (("tailLines", "--tail"), ("sinceTime", "--since")):
        if asked.option(name):
            yield from (option, asked.option(name))
    if asked.option("sinceSeconds"):
        yield from ("--since", f"{asked.option('sinceSeconds')}s")
    for name, option in (("follow", "--follow"), ("timestamps", "--timestamps")):
        if asked.option(name) in ("true", "True", "1"):
            yield option


def _limited(parts: Iterator[bytes], limit: int) -> Iterator[bytes | None]:
    left = limit
    for part in parts:
        if limit and len(part) >= left:
            yield part[:left]
            return
        left -= len(part)
        yield part
