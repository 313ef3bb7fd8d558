"""What engines and registries complain of is told with the next step; the texts are theirs."""

from __future__ import annotations

import pytest

from pymacaron_docker.complaints import complaint_of_engine, complaint_of_push

FULL = "the disk of the Docker engine is full: remove what nobody needs there, as 'docker system prune' does"
OF_PUSHES = {
    'Get "http://10.1.2.3:5000/v2/": dial tcp 10.1.2.3:5000: connect: connection refused': (
        "registry.shop:5000 does not answer (connection refused): start it, or correct docker_registry"
    ),
    'Get "https://registry.shop/v2/": dial tcp: lookup registry.shop on 10.0.0.53:53: no such host': (
        "registry.shop:5000 does not answer (no such host): start it, or correct docker_registry"
    ),
    'Get "https://registry.shop/v2/": net/http: TLS handshake timeout': (
        "registry.shop:5000 does not answer (TLS handshake timeout): start it, or correct docker_registry"
    ),
    "received unexpected HTTP status: 500 Internal Server Error": (
        "registry.shop:5000 answers 500 Internal Server Error: look into its log, and for space on its disk"
    ),
    "no basic auth credentials": "no basic auth credentials: type 'docker login registry.shop:5000'",
    "write /var/lib/docker/image/overlay2/distribution/.tmp-7f0f: no space left on device": FULL,
    "manifest invalid: manifest invalid": "manifest invalid: manifest invalid",
}


@pytest.mark.parametrize(("said", "told"), OF_PUSHES.items())
def test_a_push_that_fails_is_told_with_what_to_do(said: str, told: str) -> None:
    assert complaint_of_push(said, "registry.shop:5000/shops/shop:1.0") == told


def test_who_is_denied_by_docker_hub_logs_in_there() -> None:
    told = complaint_of_push("denied: requested access to the resource is denied", "shops/shop:1.0")
    assert told == "denied: requested access to the resource is denied: type 'docker login'"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("failed to copy files: Error processing tar file(exit status 1): write /b: no space left on device", FULL),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", FULL),
        ("COPY failed: no source files were specified\n", "COPY failed: no source files were specified"),
    ],
)
def test_a_full_disk_of_the_engine_is_told_with_what_to_do(said: str, told: str) -> None:
    assert complaint_of_engine(said) == told
