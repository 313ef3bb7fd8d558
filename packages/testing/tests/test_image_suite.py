"""Each case of ImageBuilderSuite fails for a builder that breaks it, and none for one that keeps the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pymacaron_testing.suites import ImageBuilderSuite

Outcome = dict[str, dict[str, str]]

BUILDER = """
import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pymacaron.deploy import Image, Started
from pymacaron.exceptions import DeployError

SECRET = "canary-51a7"


class Recording:
    def __init__(self):
        self.told, self.images = [], {}

    def check(self):
        return []

    def find(self, version):
        return self.images.get(version)

    def build(self, root, version, commit):
        self.told.append(f"builds {root}")
        image = Image(f"shops/demo:{version}", "sha256:1", commit)
        if not root.exists():
            raise DeployError(f"{root} is not there")
        self.images[version] = image
        return image

    @contextmanager
    def start(self, image, variables):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                names = {"version": "PYM_VERSION", "release": "PYM_RELEASE", "pym_env": "PYM_ENV"}
                text = str({key: variables.get(name) for key, name in names.items()}).replace("'", '"')
                body = text.replace("None", "null").encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield Started(f"http://127.0.0.1:{server.server_port}", lambda: "it serves")
        finally:
            server.shutdown()
            server.server_close()

    def push(self, image):
        return replace(image, digest="shops/demo@sha256:2")

"""
BUILDER_TEST = """
class Test_{name}(ImageBuilderSuite):
    @pytest.fixture
    def builder(self, tmp_path):
        building = builder_{name}.Recording()
        return BuilderUnderTest(building, tmp_path, tmp_path / "no", "1.0", "abcdef", "canary-51a7", building.told)
"""
BREAKS = {
    "incomplete": ("test_nothing_is_missing", "finds what is missing", "return []", "return ['all is missing']"),
    "inventive": (
        "test_a_version_that_was_not_built_is_not_found",
        "for a version that was never built",
        "return self.images.get(version)",
        "return self.images.get(version, Image('shops/demo:1.0', 'sha256:1', 'abcdef'))",
    ),
    "nameless": (
        "test_an_image_has_the_name_of_its_version",
        "ends with no version",
        "shops/demo:{version}",
        "shops/demo:latest",
    ),
    "forgetful": (
        "test_an_image_is_found_again",
        "does not find what was built",
        "self.images[version] = image",
        "pass",
    ),
    "restless": (
        "test_building_the_same_again_gives_the_same",
        "has other content",
        '"sha256:1"',
        'f"sha256:{len(self.told)}"',
    ),
    "hasty": (
        "test_a_folder_that_cannot_be_built_is_told",
        "finds an image whose build failed",
        "        if not root.exists()",
        "        self.images[version] = image\n        if not root.exists()",
    ),
    "deaf": (
        "test_a_started_image_is_ready_and_tells_its_release",
        "tells the release None",
        '"PYM_RELEASE"',
        '"PYM_RELEASES"',
    ),
    "sticky": (
        "test_a_started_image_is_gone_after_the_block",
        "still answers after its block",
        "            server.shutdown()\n            server.server_close()",
        "            self.told.append('leaves it')",
    ),
    "swallowing": (
        "test_a_started_image_is_gone_after_the_block",
        "keeps an exception of its block to itself",
        "        finally:",
        "        except KeyError:\n            pass\n        finally:",
    ),
    "jealous": (
        "test_two_images_run_beside_each_other",
        "one of two started images does not answer",
        "        try:\n            yield",
        "        last, self.last = getattr(self, 'last', server), server\n"
        "        if last is not server:\n"
        "            last.shutdown()\n"
        "            last.server_close()\n"
        "        try:\n            yield",
    ),
    "gossip": ("test_no_secret_is_told", "a secret is told", '"it serves"', "SECRET"),
    "foreign": (
        "test_pushing_twice_gives_the_same_digest",
        "is not of shops/demo",
        "shops/demo@",
        "shop/demo@",
    ),
}
HEAD_OF_TESTS = "import pytest\n\nfrom pymacaron_testing.suites import *\n\n"


@pytest.fixture(scope="module")
def outcome(judged: Callable[..., Outcome]) -> Outcome:
    """Try the case that each of them breaks, and all cases on the good one."""
    sources = {name: BUILDER.replace(old, new) for name, (_, _, old, new) in BREAKS.items()} | {"good": BUILDER}
    imports = "".join(f"import builder_{name}\n" for name in sources)
    tests = "".join(BUILDER_TEST.format(name=name) for name in sources)
    files = {f"builder_{name}.py": source for name, source in sources.items()}
    files["test_it.py"] = HEAD_OF_TESTS + imports + tests
    return judged(files, {name: broken[0] for name, broken in BREAKS.items()})


def test_a_builder_that_keeps_the_contract_passes(outcome: Outcome) -> None:
    assert outcome["good"] == {}


def test_every_case_has_a_builder_that_breaks_it() -> None:
    assert {case for case, *_ in BREAKS.values()} == {*ImageBuilderSuite.cases}


@pytest.mark.parametrize("name", BREAKS)
def test_a_builder_that_breaks_the_contract_is_told(name: str, outcome: Outcome) -> None:
    case, sentence, *_ = BREAKS[name]
    assert sentence in outcome[name].get(case, "it passed")
