"""What the tests of pymacaron-testing share: files in a folder, the command `pym` as a process of its own, ports."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

import ports

if TYPE_CHECKING:
    from clusterkit import InProcess
    from pymacaron_testing.emulators.kubernetes import Kubernetes

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance") / "openapi"


@pytest.fixture
def laid(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Lay files out in a folder."""

    def lay(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return tmp_path

    return lay


@pytest.fixture
def pym(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `pym` in a folder."""

    def run(*arguments: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        environment = {key: text for key, text in os.environ.items() if not key.startswith(("PYM_", "GIT_"))}
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "pymacaron", *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
        )

    return run


@pytest.fixture
def large() -> Path:
    """The large document of others."""
    path = FOLDER / "large" / "github.json"
    if not path.exists():
        pytest.skip("no conformance data: set PYM_CONFORMANCE_DIR to its folder")
    return path


@pytest.fixture
def free_port() -> int:
    """Find a port that nobody listens on."""
    return ports.free_port()


@pytest.fixture(scope="session")
def run_pytest() -> Callable[..., str]:
    """Run pytest in a folder, and give what it prints."""

    def run(folder: Path, *options: str) -> str:
        command = [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "-q", *options]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300).stdout

    return run


@pytest.fixture(scope="module")
def judged(
    tmp_path_factory: pytest.TempPathFactory, run_pytest: Callable[..., str]
) -> Callable[..., dict[str, dict[str, str]]]:
    """Run classes of test_it.py among files: of each class `Test_<name>` one case, all of `Test_good`.

    Gives by name what each case says that failed.
    """

    def judge(files: Mapping[str, str], cases: Mapping[str, str]) -> dict[str, dict[str, str]]:
        folder = tmp_path_factory.mktemp("suites")
        for name, text in files.items():
            (folder / name).write_text(text)
        chosen = [f"test_it.py::Test_{name}::{case}" for name, case in cases.items()]
        run_pytest(folder, "--junitxml=out.xml", "test_it.py::Test_good", *chosen)
        found: dict[str, dict[str, str]] = {}
        for case in ElementTree.parse(folder / "out.xml").iter("testcase"):
            failed = found.setdefault(case.attrib["classname"].partition(".Test_")[2], {})
            for problem in (*case.findall("failure"), *case.findall("error")):
                failed[case.attrib["name"]] = f"{problem.attrib['message']}\n{problem.text}"
        return found

    return judge


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Request], Response]], str]]:
    """Serve functions from requests to responses, which are ready when they are asked."""
    started: list[tuple[BaseWSGIServer, threading.Thread]] = []

    def start(reply: Callable[[Request], Response]) -> str:
        def answer(request: Request) -> Response:
            return Response("{}") if request.path == "/ready" else reply(request)

        server = make_server("127.0.0.1", 0, Request.application(answer), threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        started.append((server, thread))
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def containers() -> InProcess:
    """Give containers inside this process, for the emulated cluster."""
    from clusterkit import InProcess

    return InProcess()


@pytest.fixture
def cluster(containers: InProcess) -> Iterator[Kubernetes]:
    """Run an emulated cluster that has a namespace "shop"."""
    from pymacaron_testing.emulators.kubernetes import Kubernetes

    with Kubernetes(containers=containers, backoff=0.05) as cluster:
        cluster.add_namespace("shop")
        yield cluster


@pytest.fixture
def core(cluster: Kubernetes) -> Any:
    """Give a client of the core API of the cluster."""
    from kubernetes.client import CoreV1Api

    from clusterkit import client_of

    return CoreV1Api(client_of(cluster))


@pytest.fixture
def apps(cluster: Kubernetes) -> Any:
    """Give a client of the API of deployments of the cluster."""
    from kubernetes.client import AppsV1Api

    from clusterkit import client_of

    return AppsV1Api(client_of(cluster))
