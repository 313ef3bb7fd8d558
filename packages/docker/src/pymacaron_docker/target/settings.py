"""The settings of the target `docker`."""

from __future__ import annotations

from pymacaron.config.settings import Settings, setting

__all__ = ["TargetSettings"]


class TargetSettings(Settings):
    """Where releases run, and how the proxy before them is reached."""

    docker_hosts: list[str] = setting(
        [],
        description="URLs of the Docker engines that a release is deployed to, one after the other: unix://, tcp:// or "
        "ssh://; by default the one of DOCKER_HOST, else that of this machine.",
        example=["ssh://deploy@shop.example.com"],
    )
    docker_proxy_image: str = setting(
        "caddy:2", description="Image of the proxy: one with caddy 2.6 or later.", example="caddy:2", min_length=1
    )
    docker_proxy_address: str = setting(
        "0.0.0.0",  # noqa: S104 - the proxy is what the world calls
        description="Address of a host that the proxy listens on.",
        example="127.0.0.1",
        min_length=1,
    )
    docker_proxy_port: int = setting(
        80, description="Port of a host that the proxy takes HTTP on.", example=8000, ge=1, le=65535
    )
    docker_proxy_tls_port: int = setting(
        443,
        description="Port of a host that the proxy takes HTTPS on, where `domain` is set.",
        example=8443,
        ge=1,
        le=65535,
    )
    domain: str | None = setting(
        None,
        description="Domain of the service: the proxy gets a certificate for it, and sends HTTP on to HTTPS.",
        example="shop.example.com",
        min_length=1,
    )
    docker_stage_address: str = setting(
        "127.0.0.1",
        description="Address of a host on which staged releases and the proofs of the proxy are reached; for a host "
        "that tcp:// leads to, one of its private network.",
        example="10.0.0.4",
        min_length=1,
    )
    docker_memory: str | None = setting(
        None,
        description="Memory that a container may use.",
        example="512m",
        pattern=r"^[1-9][0-9]*[bkmg]$",
        expected="a number with b, k, m or g behind it, such as '512m'",
    )
    docker_processes: int | None = setting(
        None, description="Processes and threads that a container may have.", example=256, ge=8
    )
    docker_ready_timeout: int = setting(
        60, description="Seconds in which a release that starts has to be ready.", example=120, ge=1
    )
