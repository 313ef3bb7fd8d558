"""Pod Security Standards: what a namespace that is labelled `baseline` or `restricted` does not let in.

The labels are those of Pod Security Admission, "pod-security.kubernetes.io/enforce"; of the standards, the controls
that a pod can break by its own fields are held.
"""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron_testing.emulators.kubernetes.wire import Object

__all__ = ["LABEL", "violations"]

LABEL = "pod-security.kubernetes.io/enforce"
HARMLESS = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
PROFILES = {"RuntimeDefault", "Localhost"}
CAPABILITIES = {
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP"),
    *("SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
}


def violations(level: str, spec: Object) -> list[str]:
    """Return what a level has against a pod, each with what would mend it."""
    found = [] if level not in ("baseline", "restricted") else [*_baseline(spec)]
    return found + ([*_restricted(spec)] if level == "restricted" else [])


def _containers(spec: Object) -> list[Object]:
    return [*(spec.get("initContainers") or []), *spec["containers"]]


def _of(one: Object) -> Object:
    return one.get("securityContext") or {}


def _baseline(spec: Object) -> Iterator[str]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(name):
            yield f"host namespaces ({name}=true)"
    for volume in spec.get("volumes") or []:
        if "hostPath" in volume:
            yield f'hostPath volumes (volume "{volume["name"]}")'
    for one in _containers(spec):
        if _of(one).get("privileged"):
            yield f'privileged (container "{one["name"]}" must not set securityContext.privileged=true)'
        added = set((_of(one).get("capabilities") or {}).get("add") or [])
        if added - CAPABILITIES:
            yield f'non-default capabilities (container "{one["name"]}" must not add {", ".join(sorted(added))})'
        if any(port.get("hostPort") for port in one.get("ports") or []):
            yield f'hostPort (container "{one["name"]}" uses a hostPort)'


def _restricted(spec: Object) -> Iterator[str]:
    pod = _of(spec)
    for volume in spec.get("volumes") or []:
        if not set(volume) & HARMLESS and "hostPath" not in volume:
            yield f'restricted volume types (volume "{volume["name"]}")'
    for one in _containers(spec):
        own, who = _of(one), f'container "{one["name"]}"'
        if own.get("allowPrivilegeEscalation") is not False:
            must = "must set securityContext.allowPrivilegeEscalation=false"
            yield f"allowPrivilegeEscalation != false ({who} {must})"
        if "ALL" not in ((own.get("capabilities") or {}).get("drop") or []):
            yield f'unrestricted capabilities ({who} must set securityContext.capabilities.drop=["ALL"])'
        if not own.get("runAsNonRoot", pod.get("runAsNonRoot")):
            yield f"runAsNonRoot != true (pod or {who} must set securityContext.runAsNonRoot=true)"
        if own.get("runAsUser", pod.get("runAsUser")) == 0:
            yield f"runAsUser=0 (pod or {who} must not set runAsUser=0)"
        if (own.get("seccompProfile") or pod.get("seccompProfile") or {}).get("type") not in PROFILES:
            must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
            yield f"seccompProfile (pod or {who} {must})"
