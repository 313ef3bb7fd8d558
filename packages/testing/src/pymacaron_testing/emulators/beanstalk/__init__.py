"""An emulator of AWS Elastic Beanstalk: over HTTP, with environments that run the real image on this machine.

Each request is read, and each answer written and read again, by botocore's own model of the service. What is simpler
than the real thing:

- An environment is one container per service of the compose file, whatever its minimum and maximum of instances; there
  is no load balancer, autoscaling, network or https, and no log group. A key pair, a type of instance, a role or a
  certificate that does not exist is not noticed.
- A name under elasticbeanstalk.com is an address of this machine, "127.0.0.1:<port>". It follows a swap at once, where
  real names take a minute or more until every caller has the new one.
- Health is what the health check of the option `HealthCheckPath` says after the start, and later when it is described,
  and of a single instance whether its container runs; enhanced health has no metrics. States take fractions of a
  second and not minutes.
- Options are checked by a table of the options known here; the defaults of the others are not told.
- Everything is in one account and one region. Policies are enforced where `authorize` is given, on the calls alone and
  never on what Elastic Beanstalk does downstream in the name of the caller.
- The tail of logs is read from the emulator itself and not from S3.
- Secrets of `environmentsecrets` are read when the machine starts; a value of several lines does not arrive.
"""

from pymacaron_testing.emulators.beanstalk.faults import Fault, Faults
from pymacaron_testing.emulators.beanstalk.machines import Bundle, DockerMachines, LaunchError, Machines, Running
from pymacaron_testing.emulators.beanstalk.server import Beanstalk

__all__ = ["Beanstalk", "Bundle", "DockerMachines", "Fault", "Faults", "LaunchError", "Machines", "Running"]
