"""Kubernetes: the targets `gke`, a cluster of Google, and `kubernetes`, any cluster that a kubeconfig leads to."""

from __future__ import annotations

from pymacaron_gcp.kubernetes.target import KubernetesTarget

__all__ = ["KubernetesTarget"]
