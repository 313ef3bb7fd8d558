"""`pym deploy` of a service that only callers with an identity token reach, on an emulated Cloud Run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploykit import FILES, Shop
from gcpkit import PROJECT, REGION, prepare, target_of
from pymacaron_gcp.cloudrun.policy import deployer_role
from pymacaron_testing.emulators.cloudrun import CloudRun, Command, Running
from pymacaron_testing.fakes.processes import serve, stop

SERVICE = {
    **FILES,
    "pym-config.yaml": f"""
name: shop
deploy_target: gcp-cloud-run
image_builder: fake
gcp_project: {PROJECT}
gcp_region: {REGION}
gcp_public: false
gcp_canary: [50, 100]
gcp_canary_seconds: 0
gcp_deploy_timeout: 20
live_timeout: 4
plugins:
  local: [fakes]
""",
    # It tells what reached it, and wants a token of its own, as services do.
    "server.py": """
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        own = self.headers.get("Authorization", "")
        with open("asked.jsonl", "a") as file:
            file.write(json.dumps({"path": self.path, "own": own, "all": str(self.headers)}) + "\\n")
        answers = {"/ready": {}, "/version": {"release": os.environ["PYM_RELEASE"]}, "/hello": {"greeting": "hello"}}
        known = self.path in answers and (self.path != "/hello" or own == "Bearer of-ada")
        body = json.dumps(answers[self.path] if known else {}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
""",
    # It writes down what a process of the tests can see of all processes of the deploy.
    "testaccept/test_hello.py": """
import os
from pathlib import Path

import pytest
from pymacaron_testing import PyMacaronTestCase

HOME = Path(os.environ["FAKE_HOME"])


class Tests(PyMacaronTestCase):
    def test_that_it_greets_who_has_a_token_of_the_shop(self):
        count = len((HOME / "accepted.txt").read_text()) if (HOME / "accepted.txt").exists() else 0
        (HOME / "accepted.txt").write_text("x" * (count + 1))
        rejected = int((HOME / "reject").read_text()) if (HOME / "reject").exists() else 0
        assert count + 1 != rejected, "rejected"
        with (HOME / "seen.txt").open("ab") as file:
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    told = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                file.write(told if str(HOME).encode() in told else b"")
        assert self.assertGetReturnJson("/hello", auth="Bearer of-ada")["greeting"] == "hello"
""",
}


@dataclass
class Folders:
    """Containers that are processes which serve the folders of the fake builder, by the version in their image."""

    home: Path
    pids: list[int] = field(default_factory=list)

    def start(self, command: Command) -> Running:
        folder = self.home / "images" / command.image.rpartition("--")[2]
        log = self.home / "containers.log"
        pid, url = serve(folder, command.variables, {}, log, 10)
        self.pids.append(pid)
        port = int(url.rpartition(":")[2])
        lines = lambda: [f"{datetime.now(UTC).isoformat()} serves"]  # noqa: E731
        return Running(port, lines, lambda: None, lambda: 0, lambda: stop(pid))


@dataclass
class Place:
    """The shop, and the emulated Cloud Run that it is deployed to."""

    shop: Shop
    cloud: CloudRun
    printed: str = ""

    def deploy(self, version: str, *options: str, code: int = 0) -> str:
        return self.shop.deploy(version, "--no-unittest", *options, code=code)

    def releases(self) -> dict[str, str]:
        return self.shop.releases()

    def asked(self, version: str) -> list[dict[str, str]]:
        """Return the requests that reached the containers of a version."""
        path = self.shop.home / "images" / version / "asked.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root, home = tmp_path_factory.mktemp("shop"), tmp_path_factory.mktemp("fakes")
    shop = Shop(root, home, {"FAKE_HOME": str(home)})
    shop.git("init", "-q", "-b", "main")
    for name in ("name", "email"):
        shop.git("config", f"user.{name}", "shop@example.com")
    shop.commit(SERVICE)
    try:
        with CloudRun(containers=Folders(home), delay=0.01, patience=10) as cloud, prepare(cloud).apply():
            made = Place(shop, cloud)
            made.deploy("first", "--no-test")
            made.printed = made.deploy("second")
            yield made
    finally:
        shop.end_processes()


def test_a_deploy_is_accepted_staged_at_each_step_of_its_traffic_and_live(place: Place) -> None:
    assert place.releases() == {"second": "live", "first": "kept"}
    # The image, the release staged, with half of the traffic, and live.
    assert len((place.shop.home / "accepted.txt").read_text()) == 4
    greeted = [one for one in place.asked("second") if one["path"] == "/hello"]
    assert {one["own"] for one in greeted} == {"Bearer of-ada"}


def test_the_token_is_in_nothing_that_is_printed_written_or_seen_by_tests(place: Place) -> None:
    journals = "".join(path.read_text() for path in (place.shop.root / ".pym").rglob("*.jsonl"))
    told = {
        "printed": place.printed + place.shop.pym("deploy", "--plan"),
        "journals": journals,
        "processes": (place.shop.home / "seen.txt").read_bytes().decode(errors="replace"),
        "fakes": "".join(path.read_text() for path in place.shop.home.glob("*") if path.suffix in (".json", ".log")),
        "containers": json.dumps(place.asked("second")),
    }
    issued = place.cloud.identities.issued
    assert len(issued) > 3
    hidden = [token.rpartition(".")[2] for token in issued]
    assert [where for where, text in told.items() for secret in hidden if secret in text] == []
    assert "SIGNATURE_REMOVED_BY_GOOGLE" in told["containers"]


def test_a_release_that_is_rejected_between_steps_is_rolled_back_and_proven(place: Place) -> None:
    (place.shop.home / "accepted.txt").unlink()
    before = place.releases()
    place.shop.mark("reject", "3")
    printed = place.deploy("doomed", code=1)
    (place.shop.home / "reject").unlink()
    assert "Error: promote: testing: the acceptance test testaccept/test_hello.py" in printed
    assert "is proven live again" in printed
    assert place.releases() == before


def test_status_and_rollback_ask_the_service_with_a_token(place: Place) -> None:
    assert json.loads(place.shop.pym("status", "--json"))["answers"] is True
    assert ", proven by /version" in place.shop.pym("rollback", "first", "--yes")
    assert place.releases()["first"] == "live"


def test_a_deploy_that_is_longer_than_a_token_lasts_asks_for_another(place: Place) -> None:
    count = len(place.cloud.identities.issued)
    place.cloud.identities.seconds = 225  # google-auth asks for the next so long before the end of one
    place.deploy("long", "--no-test")
    place.cloud.identities.seconds = 3600
    assert len(place.cloud.identities.issued) - count > 8


@pytest.mark.parametrize(
    ("permissions", "seconds", "sentence"),
    [
        ({"run.routes.invoke"}, 3600, "run.routes.invoke; grant what 'pym gcp policy' prints"),
        (set(), 0, "gcp_public is false, and a deploy calls what it deploys: the caller was given no identity token"),
    ],
    ids=["may not call it", "gets no token"],
)
def test_who_cannot_call_the_service_is_refused_in_one_sentence_before_anything_is_made(
    place: Place, tmp_path: Path, permissions: set[str], seconds: int, sentence: str
) -> None:
    granted = deployer_role(target_of(tmp_path, gcp_public=False))["role"]["includedPermissions"]
    before = set(place.cloud.state.resources)
    place.cloud.project.permissions = frozenset({*granted} - permissions)
    place.cloud.identities.seconds = seconds
    printed = place.deploy("refused", code=1)
    place.cloud.project.permissions, place.cloud.identities.seconds = None, 3600
    (line,) = [one for one in printed.splitlines() if one.startswith("Error")]
    assert sentence in line
    assert not (place.shop.home / "images" / "refused").exists()
    assert set(place.cloud.state.resources) == before
