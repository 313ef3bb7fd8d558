"""What a container of a pod runs with: variables, files and limits, from the pod and from what it refers to."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pymacaron_testing.emulators.kubernetes.containers import Command, Mount
from pymacaron_testing.emulators.kubernetes.probes import port_number
from pymacaron_testing.emulators.kubernetes.state import State
from pymacaron_testing.emulators.kubernetes.wire import Object

__all__ = ["ConfigError", "command_of", "files_of", "volume_name"]

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][\w.-]*)\)")


class ConfigError(Exception):
    """A container that refers to what is not there; `reason` is that of its waiting state."""

    reason = "CreateContainerConfigError"


def _keys(state: State, kind: str, namespace: str, name: str, optional: bool) -> Mapping[str, bytes] | None:
    found = state.get(kind, namespace, name)
    if found is None:
        if optional:
            return None
        raise ConfigError(f'{kind.lower()} "{name}" not found')
    if kind == "ConfigMap":
        return {key: text.encode() for key, text in (found.get("data") or {}).items()}
    return {key: base64.b64decode(text) for key, text in (found.get("data") or {}).items()}


def command_of(
    state: State, pod: Object, container: Object, image_user: str, network: str, ports: Iterator[int] | set[int]
) -> Command:
    """Return what a container runs; raises ConfigError."""
    variables = _variables(state, pod, container)
    return Command(
        image=container["image"],
        command=tuple(_expanded(text, variables) for text in container.get("command") or []),
        args=tuple(_expanded(text, variables) for text in container.get("args") or []),
        variables=variables,
        ports=tuple(sorted({*ports, *_ports(container)} - {0})),
        mounts=tuple(_mounts(pod, container)),
        user=_user(pod, container, image_user),
        folder=container.get("workingDir", ""),
        network=network,
        security=tuple(_security(container)),
    )


def _ports(container: Object) -> Iterator[int]:
    yield from (one["containerPort"] for one in container.get("ports") or [])
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        yield port_number(container, ((container.get(name) or {}).get("httpGet") or {}).get("port", 0))
    stop = (container.get("lifecycle") or {}).get("preStop") or {}
    yield port_number(container, (stop.get("httpGet") or {}).get("port", 0))


def _variables(state: State, pod: Object, container: Object) -> dict[str, str]:
    namespace = pod["metadata"]["namespace"]
    variables: dict[str, str] = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    for source in container.get("envFrom") or []:
        for name, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            if reference := source.get(name):
                found = _keys(state, kind, namespace, reference["name"], reference.get("optional", False)) or {}
                variables |= {source.get("prefix", "") + key: text.decode() for key, text in found.items()}
    for one in container.get("env") or []:
        if (value := _value(state, pod, container, one)) is not None:
            variables[one["name"]] = _expanded(value, variables)
    return variables


def _value(state: State, pod: Object, container: Object, variable: Object) -> str | None:
    source = variable.get("valueFrom")
    if not source:
        return str(variable.get("value", ""))
    for name, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        if reference := source.get(name):
            return _key(state, pod, kind, reference)
    if reference := source.get("fieldRef"):
        return _field(pod, reference["fieldPath"])
    group, _, name = source["resourceFieldRef"]["resource"].partition(".")
    return str((container["resources"].get(group) or {}).get(name, "0"))


def _key(state: State, pod: Object, kind: str, reference: Object) -> str | None:
    namespace, optional = pod["metadata"]["namespace"], reference.get("optional", False)
    found = _keys(state, kind, namespace, reference["name"], optional)
    if found is None or reference["key"] not in found:
        if optional:
            return None
        raise ConfigError(f"couldn't find key {reference['key']} in {kind} {namespace}/{reference['name']}")
    return found[reference["key"]].decode()


def _field(pod: Object, path: str) -> str:
    if found := re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path):
        return str((pod["metadata"].get(found[1]) or {}).get(found[2], ""))
    value: Any = pod
    for name in path.split("."):
        value = value.get(name, "") if isinstance(value, Mapping) else ""
    return str(value)


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    """Put variables in for `$(NAME)`, as far as there are any."""
    return _REFERENCE.sub(lambda found: "$" if found[0] == "$$" else variables.get(found[1], found[0]), text)


def volume_name(pod: Object, volume: str) -> str:
    """Return the name of a pod's volume in the engine."""
    return f"pymacaron-{pod['metadata']['uid'][:13]}-{volume}"


def files_of(state: State, pod: Object) -> dict[str, Mapping[str, bytes] | None]:
    """Return what the volumes of a pod hold, by their names in the engine; raises ConfigError."""
    volumes: dict[str, Mapping[str, bytes] | None] = {}
    for volume in pod["spec"].get("volumes") or []:
        name = volume_name(pod, volume["name"])
        volumes[name] = None if "emptyDir" in volume else dict(_files(state, pod, volume))
    return volumes


def _files(state: State, pod: Object, volume: Object) -> Iterator[tuple[str, bytes]]:
    for source in (volume.get("projected") or {}).get("sources") or [volume]:
        for name, kind in (("secret", "Secret"), ("configMap", "ConfigMap")):
            if name in source:
                yield from _projected(state, pod, kind, source[name])
        for item in (source.get("downwardAPI") or {}).get("items") or []:
            yield item["path"], _field(pod, item["fieldRef"]["fieldPath"]).encode()


def _projected(state: State, pod: Object, kind: str, source: Object) -> Iterator[tuple[str, bytes]]:
    name, optional = source.get("secretName") or source.get("name", ""), source.get("optional", False)
    found = _keys(state, kind, pod["metadata"]["namespace"], name, optional) or {}
    items = source.get("items") or [{"key": key, "path": key} for key in found]
    for item in items:
        if item["key"] in found:
            yield item["path"], found[item["key"]]
        elif not optional:
            raise ConfigError(f"references non-existent secret key: {item['key']}")


def _mounts(pod: Object, container: Object) -> Iterator[Mount]:
    kinds = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    for mount in container.get("volumeMounts") or []:
        read_only = mount.get("readOnly", False) or "emptyDir" not in kinds[mount["name"]]
        yield Mount(volume_name(pod, mount["name"]), mount["mountPath"], read_only)


def _context(pod: Object, container: Object) -> Object:
    own = container.get("securityContext") or {}
    return {**(pod["spec"].get("securityContext") or {}), **own}


def _user(pod: Object, container: Object, image_user: str) -> str:
    context = _context(pod, container)
    user = context.get("runAsUser")
    if context.get("runAsNonRoot"):
        _check_user(user, image_user.partition(":")[0])
    group = context.get("runAsGroup")
    return "" if user is None else f"{user}:{group}" if group is not None else str(user)


def _check_user(user: int | None, image_user: str) -> None:
    if user == 0:
        raise ConfigError("container's runAsUser breaks non-root policy")
    if user is None and image_user in ("", "0", "root"):
        raise ConfigError("container has runAsNonRoot and image will run as root")
    if user is None and not image_user.isdigit():
        raise ConfigError(
            f"container has runAsNonRoot and image has non-numeric user ({image_user}), cannot verify user is non-root"
        )


def _security(container: Object) -> Iterator[str]:
    context = container.get("securityContext") or {}
    if context.get("readOnlyRootFilesystem"):
        yield "--read-only"
    if context.get("allowPrivilegeEscalation") is False:
        yield from ("--security-opt", "no-new-privileges")
    for option in ("drop", "add"):
        for name in (context.get("capabilities") or {}).get(option) or []:
            yield from (f"--cap-{option}", name)
