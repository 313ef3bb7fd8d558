"""An emulator of Google Cloud Run over HTTP, with revisions, worker pools and jobs that run the real image here.

Requests are read and replies written as the message types of Google's own libraries, and refused where they do not fit.
Beside the Admin API (v2) it answers the few calls of Artifact Registry, Secret Manager, Logging, Service Usage, IAM
and Resource Manager that a deploy makes. What is simpler than the real thing:

- A revision is one container, from its first start until it is deleted; nothing is scaled, and CPU, memory,
  concurrency, the time-out of requests, networks, ingress and service accounts are stored and have no effect; who
  calls has to be allowed to act as the account, where permissions are enforced.
- Addresses are those of this machine, "http://127.0.0.1:<port>" for a service and for each tag. Requests are split by
  chance, by the percentages of the traffic; there is no https and no session affinity. Of who may invoke a service,
  the addresses of service accounts count, and no condition.
- The startup probe is asked until it is good or the patience is over; liveness probes are not asked again.
- Requests are not logged by themselves: a test adds them to `project.requests`.
- Of a filter of log entries, the labels of the resource and of the entry and the oldest time count.
- Update masks name fields at the top, or `scaling.*` and `template.*` below; names in lists cannot be masked.
- All is in one project and region. Permissions are enforced where `permissions` is given, for all callers alike: there
  is one caller, nobody, whose access and identity tokens are asked for at `/token` as Google's libraries do.
"""

from pymacaron_testing.emulators.cloudrun.containers import Command, Containers, DockerContainers, LaunchError, Running
from pymacaron_testing.emulators.cloudrun.faults import Fault, Faults
from pymacaron_testing.emulators.cloudrun.server import CloudRun

__all__ = ["CloudRun", "Command", "Containers", "DockerContainers", "Fault", "Faults", "LaunchError", "Running"]
