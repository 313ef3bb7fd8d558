"""The subresource `scale`: how many pods a workload wants."""

from __future__ import annotations

import copy
from typing import Any

from pymacaron_testing.emulators.kubernetes.wire import Object

__all__ = ["scale_of", "with_replicas"]


def scale_of(one: Object) -> Object:
    """Return the scale of a workload."""
    metadata = one["metadata"]
    names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = (one["spec"].get("selector") or {}).get("matchLabels") or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in names},
        "spec": {"replicas": one["spec"]["replicas"]},
        "status": {
            "replicas": (one.get("status") or {}).get("replicas", 0),
            "selector": ",".join(f"{name}={value}" for name, value in selector.items()),
        },
    }


def with_replicas(live: Object, scale: Any) -> Object:
    """Return a workload with another scale."""
    changed = copy.deepcopy(live)
    changed["spec"]["replicas"] = int((scale.get("spec") or {}).get("replicas", 0))
    return changed
