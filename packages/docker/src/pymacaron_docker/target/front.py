"""The front of an environment on one host: its network and its proxy, and the URLs that these give."""

from __future__ import annotations

import json
import socket
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pymacaron_docker.image.dockerfile import PORT
from pymacaron_docker.target import proxy
from pymacaron_docker.target.calls import HostEngine, Shown, Spec
from pymacaron_docker.target.names import Names
from pymacaron_docker.target.proxy import Switch

if TYPE_CHECKING:
    from pymacaron.deploy import Environment

__all__ = ["LOOPBACK", "Front"]

LOOPBACK = "127.0.0.1"


class Front:
    """The network and the proxy of an environment on one engine."""

    def __init__(self, engine: HostEngine, environment: Environment) -> None:
        self.engine = engine
        self.environment = environment
        self.config = environment.config
        self.names = Names(environment.label)
        self.switch = Switch(engine, self.names.proxy)

    def missing(self) -> list[str]:
        """Return what `prepare()` would make, a line each."""
        lines = []
        if not self.engine.has_network(self.names.network):
            lines.append(f"make the network {self.names.network}")
        current = self.engine.find(self.names.proxy)
        if current is None:
            lines.append(f"start the proxy {self.names.proxy}: {self.config.docker_proxy_image}, {self.url()}")
        elif current.labels.get("pymacaron.settings") != self._settings():
            lines.append(f"replace the proxy {self.names.proxy}, whose settings changed; it is away for a moment")
        elif not current.running:
            lines.append(f"start the proxy {self.names.proxy} again")
        return lines

    def has_image(self) -> bool:
        """Tell whether the image of the proxy is there, or can be had."""
        image = self.config.docker_proxy_image
        return self.engine.image(image) is not None or self.engine.is_pushed(image)

    def prepare(self, *, renew: bool = False) -> None:
        """Make the network and the proxy unless they are there; `renew` a proxy that has other settings."""
        if not self.engine.has_network(self.names.network):
            self.engine.make_network(self.names.network, self.names.own_labels("network"))
        current = self.engine.find(self.names.proxy)
        if renew and current and current.labels.get("pymacaron.settings") != self._settings():
            self.engine.remove(self.names.proxy)
            current = None
        if current is None:
            self._make_proxy()
        if current is None or not current.started:
            self.switch.make(self.config.get("domain"))
        self.engine.start(self.names.proxy)

    def _make_proxy(self) -> None:
        image = self.config.docker_proxy_image
        if self.engine.image(image) is None:
            self.environment.tell(f"pulling {image}")
            self.engine.pull(image)
        for volume in (self.names.switch, self.names.certificates):
            self.engine.make_volume(volume, self.names.own_labels("proxy"))
        self.engine.make(self._proxy())

    def _proxy(self) -> Spec:
        address, secured = self.config.docker_proxy_address, bool(self.config.get("domain"))
        ports: dict[int, tuple[str, int]] = {
            proxy.HTTP: (address, self.config.docker_proxy_port),
            proxy.PROOF: (self.config.docker_stage_address, 0),
        }
        if secured:
            ports[proxy.HTTPS] = (address, self.config.docker_proxy_tls_port)
        return Spec(
            self.names.proxy,
            self.config.docker_proxy_image,
            labels={**self.names.own_labels("proxy"), "pymacaron.settings": self._settings()},
            command=("caddy", "run", "--config", f"{proxy.FOLDER}/caddy.json"),
            variables={"XDG_DATA_HOME": "/data", "XDG_CONFIG_HOME": "/tmp", "HOME": "/tmp"},  # noqa: S108
            network=self.names.network,
            volumes={proxy.FOLDER: (self.names.switch, True), "/data": (self.names.certificates, True)},
            ports=ports,
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
        """Return the URL of the proxy for the world, by the address of this host."""
        if domain := self.config.get("domain"):
            port = self.config.docker_proxy_tls_port
            return f"https://{domain}" if port == 443 else f"https://{domain}:{port}"
        host, port = self._reached(self.config.docker_proxy_address), self.config.docker_proxy_port
        return f"http://{host}" if port == 80 else f"http://{host}:{port}"

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
