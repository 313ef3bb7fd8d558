"""The settings of pymacaron-docker: what images are made of, and where they go."""

from __future__ import annotations

from pymacaron.config.settings import Settings, setting

__all__ = ["DockerSettings"]


class DockerSettings(Settings):
    """The keys of pym-config.yaml that images and the docker target read."""

    image_builder: str = setting("docker", description="Who builds images, by name.", example="docker", min_length=1)
    docker_base: str = setting(
        "python:3.13-slim",
        description="The image that images are made from: it has python3 with venv and pip, and CA certificates.",
        example="registry.example.com/base/python:3.13",
        pattern=r"^[a-z0-9][A-Za-z0-9._/:@-]*$",
        expected="a reference to an image, such as 'python:3.13-slim'",
    )
    docker_registry: str | None = setting(
        None,
        description="Host, and port where it is not 443, of the registry that images are pushed to; Docker Hub's "
        "without it.",
        example="registry.example.com",
        pattern=r"^[A-Za-z0-9.-]+(:[0-9]+)?$",
        expected="a host with or without a port, such as 'registry.example.com'",
    )
    docker_repo: str | None = setting(
        None,
        description="The part of an image's name between the registry and the `name` of the service.",
        example="shops",
        pattern=r"^[a-z0-9]+([._/-]+[a-z0-9]+)*$",
        expected="lower-case words parted by '/', such as 'shops'",
    )
    docker_wheels: str | None = setting(
        None,
        description="Folder, from that of the service, with the wheels of PyMacaron's own distributions, which an "
        "image takes from there alone.",
        example="wheels",
        min_length=1,
    )
    include_links: list[str] = setting(
        [],
        description="Names of symbolic links in the folder of the service whose targets become part of the image.",
        example=["common"],
    )
    docker_start_timeout: int = setting(
        60, description="Seconds that a container has to be ready after its start.", example=20, ge=1
    )
