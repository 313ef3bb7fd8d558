"""`pym deploy --plan`: what every step would do, told without doing it."""

from __future__ import annotations

from pymacaron.deploy import Image, Release
from pymacaron_docker.image.names import destination, reference, registry_of
from pymacaron_docker.pipeline.run import Run, free_id

__all__ = ["tell_plan"]

DOCKER = "docker"
"""The image builder whose settings say where an image is pushed to; others have their own."""


def tell_plan(run: Run) -> None:
    """Tell what would be tested, built, pushed and changed."""
    order, root = run.order, run.service.root
    found = None if order.force_build else run.builder.find(order.version)
    image = found or Image(reference(run.environment, order.version), "", order.commit)
    lines = [
        f"checkout: {order.commit[:12]} as {order.version}",
        f"unit tests: {'test' if order.unittest and (root / 'test').is_dir() else 'none'}",
        f"build image: {image.reference}{' is there' if found else ''}",
        f"acceptance tests: {'testaccept' if order.test and (root / 'testaccept').is_dir() else 'none'}",
        f"push: {_pushed(run, image)}",
    ]
    if order.deploy:
        lines += _changes(run, image)
    for line in lines:
        run.progress.say(line)


def _pushed(run: Run, image: Image) -> str:
    config = run.service.config
    if not run.order.push:
        return "nothing, by --no-push"
    if config.image_builder != DOCKER:
        return f"{image.reference}, as '{config.image_builder}' does it"
    if not destination(run.environment):
        return f"nothing, as neither docker_registry nor docker_repo is set: {image.reference} stays on its engine"
    return f"{image.reference} to {registry_of(run.environment) or 'Docker Hub'}, unless it is there"


def _changes(run: Run, image: Image) -> list[str]:
    order = run.order
    release = order.release or free_id(order.version, run.target.observe())
    planned = Release(release, order.version, order.commit, image, run.environment.label)
    command = " ".join(run.settings.release_command) or "none"
    told = [f"release command: {command}", f"release: {release}"]
    if order.with_downtime:
        return [*told, "replace what is live in place, with a downtime"]
    return [*told, *run.target.plan(planned)]
