"""ImageBuilderSuite: what holds for everything that builds, starts and pushes images."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from pymacaron.exceptions import DeployError
from pymacaron_testing.suites.base import Suite, held

if TYPE_CHECKING:
    from pymacaron.deploy import Image, ImageBuilding

__all__ = ["BuilderUnderTest", "ImageBuilderSuite"]

RELEASE = "261121-1200-7-abcdef.2"


@dataclass(frozen=True)
class BuilderUnderTest:
    """An open builder, and the service that it builds.

    `root` is a clean checkout of `commit`, `version` what it is built as, and `broken` a folder that cannot be built.
    `secret` is the content of a secret of the service, which this process knows, and `told` what the builder said.
    """

    building: ImageBuilding
    root: Path
    broken: Path
    version: str
    commit: str
    secret: str
    told: Sequence[str] = field(default=())


class ImageBuilderSuite(Suite, is_contract=True):
    """The contract of an image builder: the fixture `builder` is a BuilderUnderTest, best made once for the class."""

    @pytest.fixture
    def image(self, builder: BuilderUnderTest) -> Image:
        """Build the image, or find it where an earlier case did."""
        found = builder.building.find(builder.version)
        return found or builder.building.build(builder.root, builder.version, builder.commit)

    def test_nothing_is_missing(self, builder: BuilderUnderTest) -> None:
        """The checks that precede a deploy find nothing, and change nothing."""
        missing = builder.building.check()
        held(not missing, f"check() finds what is missing where all is there: {missing}")

    def test_a_version_that_was_not_built_is_not_found(self, builder: BuilderUnderTest) -> None:
        """It is None, and no error."""
        found = builder.building.find("261121-0000-1-000000")
        held(found is None, f"find() returns {found} for a version that was never built")

    def test_an_image_has_the_name_of_its_version(self, builder: BuilderUnderTest, image: Image) -> None:
        """Its reference ends with the version, and its commit is the one that it was built of."""
        held(image.reference.endswith(f":{builder.version}"), f"the reference {image.reference} ends with no version")
        held(image.commit == builder.commit, f"the image is said to be of the commit {image.commit!r}")
        held(image.id.startswith("sha256:"), f"the id of an image is that of its content, not {image.id!r}")

    def test_an_image_is_found_again(self, builder: BuilderUnderTest, image: Image) -> None:
        """It is the same record that the build returned."""
        found = builder.building.find(builder.version)
        held(found is not None, "find() does not find what was built")
        held(found == image, f"find() returns {found} for what was built as {image}")

    def test_building_the_same_again_gives_the_same(self, builder: BuilderUnderTest, image: Image) -> None:
        """A deploy that was killed and goes on may build what is there."""
        again = builder.building.build(builder.root, builder.version, builder.commit)
        held(again.reference == image.reference, f"the second build is called {again.reference}")
        held(again.id == image.id, "a second build of the same commit has other content")

    def test_a_folder_that_cannot_be_built_is_told(self, builder: BuilderUnderTest) -> None:
        """It raises DeployError that begins with a sentence, and no image is left by that version."""
        version = f"{builder.version}-broken"
        with pytest.raises(DeployError) as error:
            builder.building.build(builder.broken, version, builder.commit)
        held(str(error.value).strip(), "the error of a build says nothing")
        held(builder.building.find(version) is None, "find() finds an image whose build failed")

    def test_a_started_image_is_ready_and_tells_its_release(self, builder: BuilderUnderTest, image: Image) -> None:
        """Its variables reach it, and /ready is 200 as soon as the block is entered."""
        variables = {"PYM_ENV": "suite-live", "PYM_RELEASE": RELEASE, "PYM_VERSION": builder.version}
        with builder.building.start(image, variables) as started:
            status, _ = _get(started.url, "/ready")
            held(status == 200, f"/ready is {status} when start() says that it is ready")
            _, told = _get(started.url, "/version")
            wanted = {"version": builder.version, "release": RELEASE, "pym_env": "suite-live"}
            for key, value in wanted.items():
                held(told.get(key) == value, f"/version tells the {key} {told.get(key)!r} instead of {value!r}")

    def test_a_started_image_is_gone_after_the_block(self, builder: BuilderUnderTest, image: Image) -> None:
        """Also where the block ends by an exception, which goes through."""
        running = builder.building.start(image, {})
        started = running.__enter__()
        error = KeyError("what fails in the block")
        try:
            swallowed = running.__exit__(KeyError, error, None)
        except KeyError:
            swallowed = False
        held(not swallowed, "start() keeps an exception of its block to itself")
        held(not _answers(started.url), f"{started.url} still answers after its block")

    def test_two_images_run_beside_each_other(self, builder: BuilderUnderTest, image: Image) -> None:
        """Each has a port of its own."""
        with builder.building.start(image, {}) as first, builder.building.start(image, {}) as second:
            held(first.url != second.url, "two started images share one URL")
            held(_answers(first.url) and _answers(second.url), "one of two started images does not answer")

    def test_no_secret_is_told(self, builder: BuilderUnderTest, image: Image) -> None:
        """Neither the image's record, nor a line of progress, nor its log holds it."""
        with builder.building.start(image, {}) as started:
            logs = started.logs()
        held(builder.secret not in f"{image}{list(builder.told)}{logs}", "a secret is told: keep it in files alone")

    def test_pushing_twice_gives_the_same_digest(self, builder: BuilderUnderTest, image: Image) -> None:
        """It is that of the same repository; an image that nowhere is to be pushed to stays as it is."""
        pushed = builder.building.push(image)
        if pushed.digest is None:
            held(pushed == image, "push() returns another image where it pushes nothing")
            return
        repository = image.reference.rpartition(":")[0]
        held(pushed.digest.startswith(f"{repository}@sha256:"), f"the digest {pushed.digest} is not of {repository}")
        held(builder.building.push(image) == pushed, "pushing again gives another digest")


def _get(url: str, path: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read() or b"{}")
    finally:
        connection.close()


def _answers(url: str) -> bool:
    try:
        return _get(url, "/ping")[0] == 200
    except (OSError, http.client.HTTPException):
        return False
