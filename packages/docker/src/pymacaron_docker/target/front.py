"""The front of an environment on one host: its network and its proxy, and the URLs that these give."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pymacaron.exceptions import DeployError
from pymacaron_docker.image.dockerfile import PORT
from pymacaron_docker.target import proxy
from pymacaron_docker.target.calls import HostEngine, Shown, Spec
from pymacaron_docker.target.names import Names
from pymacaron_docker.target.proxy import Switch
from pymacaron_docker.target.waiting import answer, until

if TYPE_CHECKING:
    from pymacaron.deploy import Environment

__all__ = ["LOOPBACK", "Front"]

LOOPBACK = "127.0.0.1"
START_SECONDS = 30
LAST_LINES = 20
_TAKEN = re.compile(r"port is already allocated|address already in use")


class Front:
    """The network and the proxy of an environment on one engine."""

    def __init__(self, engine: HostEngine, environment: Environment) -> None:
        self.engine = engine
        self.environment = environment
        self.config = environment.config
        self.names = Names(environment.label)
        self.switch = Switch(engine, self.names.proxy, self.names.next_proxy)

    def missing(self) -> list[str]:
        """Return what `prepare()` would make, a line each."""
        lines = []
        if not self.engine.has_network(self.names.network):
            lines.append(f"make the network {self.names.network}")
        current = self._seen()
        if current is None:
            lines.append(f"start the proxy {self.names.proxy}: {self.config.docker_proxy_image}, {self.url()}")
        elif self._differs(current):
            lines.append(f"replace the proxy {self.names.proxy}, whose settings changed; it is away for a moment")
        elif not current.running:
            lines.append(f"start the proxy {self.names.proxy} again")
        return lines

    def has_image(self) -> bool:
        """Tell whether the image of the proxy is there, or can be had."""
        image = self.config.docker_proxy_image
        return self.engine.image(image) is not None or self.engine.is_pushed(image)

    def prepare(self, *, renew: bool = False) -> None:
        """Make the network and the proxy unless they are there; `renew` a proxy that runs with other settings.

        One that does not run is always made by the settings: nobody misses it, and its port may be what was mended.
        """
        if not self.engine.has_network(self.names.network):
            self.engine.make_network(self.names.network, self.names.own_labels("network"))
        current = self._current()
        idle = current is None or not current.running
        if current is None or not current.started or (self._differs(current) and (renew or idle)):
            self._replace(current)
            return
        self.engine.remove(self.names.next_proxy)
        if idle:
            self._start(self.names.proxy)

    def _differs(self, current: Shown) -> bool:
        return current.labels.get("pymacaron.settings") != self._settings()

    def _seen(self) -> Shown | None:
        """Return the proxy, which has the name of the next one where a replacement was killed before its last step."""
        return self.engine.find(self.names.proxy) or self.engine.find(self.names.next_proxy)

    def _current(self) -> Shown | None:
        """Return the proxy, under its own name."""
        seen = self._seen()
        if seen and seen.name == self.names.next_proxy:
            self.engine.rename(seen.name, self.names.proxy)
        return self.engine.find(self.names.proxy)

    def _replace(self, current: Shown | None) -> None:
        """Put a new proxy in the place of one, which goes on as before where the new one does not start."""
        spec = self._proxy()
        self._make(spec)
        if current and (not current.running or _ports(current.ports) & _ports(spec.ports)):
            self._stop(current)
        try:
            self._start(spec.name)
            self._await(spec.name)
        except BaseException:
            self.engine.remove(spec.name)
            if current and current.running:
                self.engine.start(current.name)
                self._await(current.name)
            raise
        if current:
            self._stop(current)
            self.engine.remove(current.name)
        self.engine.rename(spec.name, self.names.proxy)

    def _make(self, spec: Spec) -> None:
        if self.engine.image(spec.image) is None:
            self.environment.tell(f"pulling {spec.image}")
            self.engine.pull(spec.image)
        for volume in (self.names.switch, self.names.certificates):
            self.engine.make_volume(volume, self.names.own_labels("proxy"))
        self.engine.remove(spec.name)
        self.engine.make(spec)
        self.switch.make(self.config.get("domain"), self._settings())

    def _stop(self, current: Shown) -> None:
        """End a proxy as soon as the requests that it has are answered."""
        self.engine.stop(current.name, int(self.config.graceful_timeout))

    def _start(self, name: str) -> None:
        try:
            self.engine.start(name)
        except DeployError as error:
            if taken := self._taken(str(error)):
                raise DeployError(
                    f"{taken}: port {self.config.get(taken)} of {self.config.docker_proxy_address} is taken on "
                    f"{self.engine.url}: set {taken} to one that is free, or stop what listens there"
                ) from error
            raise

    def _taken(self, complaint: str) -> str | None:
        """Return the setting of the port that an engine found taken, None where it complains of something else."""
        if not _TAKEN.search(complaint):
            return None
        keys = ("docker_proxy_port", "docker_proxy_tls_port")
        return next((key for key in keys if re.search(rf":{self.config.get(key)}\b", complaint)), None)

    def _await(self, name: str) -> None:
        """Wait until a proxy answers, whatever that is, or has ended."""
        state: dict[str, Shown | None] = {}

        def settled() -> bool:
            state["proxy"] = found = self.engine.find(name)
            url = self.url_of(found, proxy.PROOF)
            return found is None or not found.running or (url is not None and answer(url)[0] > 0)

        in_time, found = until(settled, START_SECONDS), state["proxy"]
        if not in_time or found is None or not found.running:
            lines = "".join(f"\n{line}" for line in self.engine.logs(name, LAST_LINES))
            raise DeployError(
                f"docker_proxy_image: {self.config.docker_proxy_image} does not serve as a proxy: name an image with "
                f"caddy 2.6 or later{lines}"
            )

    def _asked(self) -> dict[int, tuple[str, int]]:
        """Return the ports that the settings ask for, by those within the container."""
        address = self.config.docker_proxy_address
        ports = {
            proxy.HTTP: (address, self.config.docker_proxy_port),
            proxy.PROOF: (self.config.docker_stage_address, 0),
        }
        if self.config.get("domain"):
            ports[proxy.HTTPS] = (address, self.config.docker_proxy_tls_port)
        return ports

    def _proxy(self) -> Spec:
        return Spec(
            self.names.next_proxy,
            self.config.docker_proxy_image,
            labels={**self.names.own_labels("proxy"), "pymacaron.settings": self._settings()},
            command=("caddy", "run", "--config", proxy.file_of(self._settings())),
            variables={"XDG_DATA_HOME": "/data", "XDG_CONFIG_HOME": "/tmp", "HOME": "/tmp"},  # noqa: S108
            network=self.names.network,
            volumes={proxy.FOLDER: (self.names.switch, True), "/data": (self.names.certificates, True)},
            ports=self._asked(),
            user="0:0",
            capabilities=("NET_BIND_SERVICE",),
            restarts=True,
        )

    def _settings(self) -> str:
        """Return a digest of what the proxy was made with."""
        keys = ("docker_proxy_image", "docker_proxy_address", "docker_proxy_port", "docker_proxy_tls_port")
        parts = [self.config.get(key) for key in keys] + [self.config.docker_stage_address]
        told = json.dumps([parts, proxy.settings(self.config.get("domain"))], sort_keys=True)
        return sha256(told.encode()).hexdigest()[:16]

    def url(self) -> str:
        """Return the URL for the world: of the proxy that is there, whatever the settings say by now, else by these."""
        current, domain = self._seen(), self.config.get("domain")
        ports = {**self._asked(), **(current.ports if current else {})}
        address, port = ports[proxy.HTTPS if domain else proxy.HTTP]
        place = domain or self._reached(address)
        scheme, usual = ("https", 443) if domain else ("http", 80)
        return f"{scheme}://{place}" if port == usual else f"{scheme}://{place}:{port}"

    def url_of(self, container: Shown | None, port: int = PORT) -> str | None:
        """Return the URL that a container itself is reached at: as long as this process runs, behind SSH."""
        if container is None or port not in container.ports:
            return None
        address, published = container.ports[port]
        if self.engine.tunnel and address == LOOPBACK:
            published = self.engine.tunnel.port(published)
        return f"http://{self._reached(address)}:{published}"

    def _reached(self, address: str) -> str:
        if address not in ("0.0.0.0", "::"):  # noqa: S104
            return f"[{address}]" if ":" in address else address
        return self.hostname or LOOPBACK

    @property
    def hostname(self) -> str | None:
        """The name of the host, None for this machine."""
        place = urlsplit(self.engine.url)
        return place.hostname if place.scheme in ("ssh", "tcp", "http", "https") else None

    @property
    def is_known(self) -> bool:
        """Whether the host of the URL for the world can be looked up: an alias of ssh_config(5) cannot."""
        try:
            socket.getaddrinfo(urlsplit(self.url()).hostname, None)
        except OSError:
            return False
        return True


def _ports(ports: Mapping[int, tuple[str, int]]) -> set[int]:
    """Return the ports of a host that are asked for or held."""
    return {number for _, number in ports.values()}
