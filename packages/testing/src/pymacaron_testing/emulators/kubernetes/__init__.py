"""An emulator of a Kubernetes cluster over HTTP, whose pods run the real image as containers here.

`with Kubernetes() as cluster, cluster.apply():` runs one, and sets KUBECONFIG to `cluster.kubeconfig`, a file whose
current context `emulator` leads there with a bearer token. Where hostnames lead is told by annotations: the one of
`ADDRESS` on each Service, Ingress and Gateway is its "127.0.0.1:<port>", the one of `HOSTS` on each Ingress and
HTTPRoute an object of JSON with that of each of its hostnames, at which nobody has to send the hostname;
`cluster.url_of` gives the same. The status of a Service or an Ingress has the port in `loadBalancer.ingress[].ports`,
that of a Gateway in the value of its address. What is simpler than the real thing:

- There is one node, "emulator", which takes every pod: resources are checked and have no effect, and affinity, taints
  and spread are stored. Times are real, but for the pauses of crashing containers, which begin at half a second.
- An image counts as pulled where the engine has it, whatever the pull policy and secrets are; where images are pulled
  from a registry, as those of GKE, one that no registry has does not exist.
- Containers publish the ports that they or a Service name; the containers of a pod share the network of the first one.
  Pods reach no Service by name or cluster IP. Volumes are emptyDir, secret, configMap, projected and downwardAPI, read
  when the pod starts; there is no token of the service account, and `subPath`, `fsGroup`, `defaultMode` and seccomp
  profiles have no effect.
- Probes ask httpGet (plain http), exec and tcpSocket, not grpc. A postStart hook is not run.
- There is no https: redirects to it, certificates, and the policies of GKE are stored, and certificates are active at
  once. Of an Ingress and of HTTP routes, hostnames, paths and weights count, and no other filters.
- Autoscalers keep a workload within its bounds and have no metrics. A deployment that changes its size in the middle of
  a roll-out is not scaled in proportion.
- Own kinds are held against the schemas of the package kubernetes-validate where it is installed, and unknown fields
  are refused unless the request says Ignore or Warn; custom resources are stored as they are, but for few fields.
- Field ownership is that of one version of each kind; `kubectl.kubernetes.io/last-applied-configuration` means nothing.
- Of authorization there is one caller, who may do everything unless `permit` says what, and SelfSubjectAccessReview.
- Attach, exec, port-forward, stateful sets, daemon sets, cron jobs and volume claims are not there at all.
"""

from pymacaron_testing.emulators.kubernetes.addresses import ADDRESS, HOSTS
from pymacaron_testing.emulators.kubernetes.containers import (
    Command,
    Containers,
    DockerContainers,
    LaunchError,
    Running,
)
from pymacaron_testing.emulators.kubernetes.faults import Fault, Faults
from pymacaron_testing.emulators.kubernetes.server import CONTEXT, Kubernetes

__all__ = [
    "ADDRESS",
    "CONTEXT",
    "HOSTS",
    "Command",
    "Containers",
    "DockerContainers",
    "Fault",
    "Faults",
    "Kubernetes",
    "LaunchError",
    "Running",
]
