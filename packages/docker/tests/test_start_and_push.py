"""Images that are started here, with their last log lines where they fail, and pushed to a real registry.

These are the commands of build-an-image.md.
"""

from __future__ import annotations

import base64
import io
import json
import signal
import subprocess
import tarfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dockerkit
from ports import free_port
from pymacaron.deploy import Image, ImageBuilding
from pymacaron.exceptions import DeployError
from pymacaron.service import Service
from pymacaron_docker.engine import Engine
from pymacaron_docker.environment import environment_of, open_builder
from pymacaron_docker.image.running import ROLE, SERVICE

Stall = Callable[..., Path]
Build = Callable[..., dict[str, Any]]

PASSWORD = "registry-canary-9241"
USERS = "ada:$2b$12$s6.2NdAgQrr2AkJ4PEPK7.UYulBOJA9UGyVg8hzQ5tIupRwIHJ0L6\n"
HELPER = f"""#!/bin/sh
read server
[ "$1" = get ] && echo '{{"Username": "ada", "Secret": "{PASSWORD}"}}'
"""


def opened(root: Path, said: list[str] | None = None) -> ImageBuilding:
    service = Service(root, secrets="ignored")
    service.close()
    return open_builder(service, environment_of(service, (said if said is not None else []).append))


def test_a_container_that_ends_is_noticed_at_once_and_its_last_lines_are_told(
    stall: Stall, tmp_path: Path, build: Build, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = stall(tmp_path, {"docker_start_timeout": 600})
    image = Image(**build(root))
    monkeypatch.delenv("STALL_KEY", raising=False)
    with pytest.raises(DeployError) as told, opened(root).start(image, {}):
        pass
    sentence, *lines = str(told.value).splitlines()
    assert sentence == (
        "the container ended with exit code 2 before it was ready: read its last log lines and mend the service"
    )
    assert "STALL_KEY, which is not set" in "\n".join(lines)
    assert not engine.containers(**{SERVICE: dockerkit.name_of(root)})


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("def begin():\n    raise RuntimeError('no stock yet')\n", "the container ended with exit code 1 before"),
        (
            "import threading\ndef begin():\n    print('no stock yet')\n    threading.Event().wait()\n",
            "within 15 s: read",
        ),
    ],
    ids=["fails", "never ends"],
)
def test_a_service_that_is_never_ready_is_given_up(
    stall: Stall,
    tmp_path: Path,
    build: Build,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    told: str,
) -> None:
    settings = {"docker_start_timeout": 15 if "within" in told else 60, "startup": ["stall.late.begin"]}
    root = stall(tmp_path, settings, {"stall/late.py": function})
    image = Image(**build(root))
    monkeypatch.setenv("STALL_KEY", "sesame")
    with pytest.raises(DeployError, match=told) as error, opened(root).start(image, {}):
        pass
    assert "no stock yet" in str(error.value)
    assert not engine.containers(**{SERVICE: dockerkit.name_of(root)})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "TERM"])
def test_docker_run_serves_until_it_is_ended_and_docker_logs_shows_its_lines(
    stall: Stall, tmp_path: Path, build: Build, engine: Engine, number: signal.Signals
) -> None:
    root = stall(tmp_path, name=f"running-{number}")
    name = dockerkit.name_of(root)
    build(root)
    port = free_port()
    command = [dockerkit.PYM, "docker", "run", "--port", str(port)]
    environment = dockerkit.environment(STALL_KEY="sesame")
    with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, stdout=-1, text=True) as process:
        assert process.stderr is not None
        assert f"answers at http://127.0.0.1:{port}; Ctrl-C ends it" in process.stderr.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/version", timeout=60) as reply:
            assert json.load(reply)["pym_env"] == f"{name}-live"
        shown = dockerkit.pym(root, "docker", "logs", "-n", "50")
        assert "Booting worker" in shown.stdout
        assert len(engine.containers(**{SERVICE: name, ROLE: "web"})) == 1
        process.send_signal(number)
        assert process.wait(60) == 0
    assert not engine.containers(**{SERVICE: name})
    done = dockerkit.pym(root, "docker", "logs")
    assert (done.returncode, done.stderr) == (
        1,
        f"Error: no container runs {name} as web here: pym docker run\n",
    )


def test_what_a_killed_process_left_running_is_removed_by_the_next_one(
    stall: Stall, tmp_path: Path, build: Build, engine: Engine
) -> None:
    root = stall(tmp_path, name="orphaned")
    name = dockerkit.name_of(root)
    build(root)
    environment = dockerkit.environment(STALL_KEY="sesame")
    left = []
    for number in (signal.SIGKILL, signal.SIGINT):
        command = [dockerkit.PYM, "docker", "run", "--port", str(free_port())]
        with subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            assert "Ctrl-C ends it" in process.stderr.readline()
            (container,) = engine.containers(**{SERVICE: name})
            process.send_signal(number)
        left.append(container.id)
    assert left[0] != left[1]
    assert not engine.containers(**{SERVICE: name})


@pytest.fixture
def small(engine: Engine, stall: Stall, tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Give a service a small image of its version, named after a registry."""
    made: list[str] = []

    def make(host: str) -> Path:
        root = stall(tmp_path / "stall", {"docker_registry": host, "docker_repo": "tests"})
        version = dockerkit.pym(root, "version").stdout.strip()
        labels = {"version": version, "revision": dockerkit.git(root, "rev-parse", "HEAD")}
        made.append(f"{host}/tests/{dockerkit.name_of(root)}:{version}")
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.addfile(tarfile.TarInfo(f"made-for-{host}"))
        changes = [f"LABEL org.opencontainers.image.{name}={value}" for name, value in labels.items()]
        engine.api.import_image_from_data(
            archive.getvalue(), f"{host}/tests/{dockerkit.name_of(root)}", version, changes
        )
        return root

    yield make
    for reference in made:
        engine.remove_image(reference)


def test_an_image_is_pushed_once_and_known_by_its_digest(
    small: Callable[[str], Path], registry: str, engine: Engine
) -> None:
    root = small(registry)
    done = dockerkit.pym(root, "docker", "push", "--json")
    assert done.returncode == 0, done.stderr
    image = Image(**json.loads(done.stdout))
    repository, _, digest = str(image.digest).partition("@")
    assert (repository, digest[:7]) == (f"{registry}/tests/{dockerkit.name_of(root)}", "sha256:")
    with urllib.request.urlopen(
        f"http://{registry}/v2/tests/{dockerkit.name_of(root)}/manifests/{digest}", timeout=60
    ) as reply:
        assert reply.status == 200
    said: list[str] = []
    builder = opened(root, said)
    again = builder.find(image.reference.rpartition(":")[2])
    assert again is not None
    assert (builder.push(again), said) == (image, [])
    engine.remove_image(image.reference)
    engine.pull(str(image.digest))
    pulled = engine.image(str(image.digest))
    assert pulled is not None
    assert pulled.id == image.id
    engine.remove_image(str(image.digest))


@pytest.fixture(scope="module")
def guarded(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with dockerkit.registry(tmp_path_factory.mktemp("guarded"), USERS) as host:
        yield host


@pytest.mark.parametrize("way", ["docker's configuration", "a credential helper"])
def test_a_registry_is_logged_in_to_as_docker_does(
    small: Callable[[str], Path], guarded: str, tmp_path: Path, way: str
) -> None:
    root = small(guarded)
    settings = {"auths": {guarded: {"auth": base64.b64encode(f"ada:{PASSWORD}".encode()).decode()}}}
    if way == "a credential helper":
        settings = {"credHelpers": {guarded: "pymtest"}}  # type: ignore[dict-item]
    helper = dockerkit.write(tmp_path, {"bin/docker-credential-pymtest": HELPER}) / "bin/docker-credential-pymtest"
    helper.chmod(0o755)
    dockerkit.write(tmp_path, {"docker/config.json": json.dumps(settings)})
    path = f"{tmp_path}/bin:{dockerkit.environment()['PATH']}"
    done = dockerkit.pym(root, "docker", "push", DOCKER_CONFIG=f"{tmp_path}/docker", PATH=path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{guarded}/tests/{dockerkit.name_of(root)}@sha256:")
    assert PASSWORD not in done.stdout + done.stderr


def test_a_registry_that_refuses_is_told(small: Callable[[str], Path], guarded: str, tmp_path: Path) -> None:
    root = small(guarded)
    done = dockerkit.pym(root, "docker", "push", DOCKER_CONFIG=str(tmp_path))
    assert done.returncode == 1
    told = f"cannot be pushed: no basic auth credentials: type 'docker login {guarded}'"
    assert done.stderr.splitlines()[-1].endswith(told)


def test_a_registry_that_is_away_is_told_with_what_to_do(small: Callable[[str], Path]) -> None:
    host = f"127.0.0.1:{free_port()}"
    done = dockerkit.pym(small(host), "docker", "push")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        f"cannot be pushed: {host} does not answer (connection refused): start it, or correct docker_registry"
    )


def test_an_image_without_a_registry_stays_where_it_is(
    stall: Stall, tmp_path: Path, build: Build, engine: Engine
) -> None:
    root = stall(tmp_path, {"docker_repo": None}, name="staying")
    image = Image(**build(root))
    said: list[str] = []
    assert opened(root, said).push(image) == image
    assert said == [f"{image.reference} stays here: neither docker_registry nor docker_repo is set"]
    done = dockerkit.pym(root, "docker", "push")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        f"Error: {image.reference} was not pushed: set docker_registry, or docker_repo for Docker Hub",
    )
    engine.remove_image(image.reference)


def test_pymdocker_builds_and_pymversion_tells_the_version(stall: Stall, tmp_path: Path) -> None:
    root = stall(tmp_path)
    scripts = Path(dockerkit.PYM).parent
    text = subprocess.run([scripts / "pymdocker", "--dockerfile"], cwd=root, capture_output=True, text=True, check=True)
    assert text.stdout == dockerkit.pym(root, "docker", "build", "--dockerfile").stdout
    version = subprocess.run([scripts / "pymversion"], cwd=root, capture_output=True, text=True, check=True)
    assert version.stdout == dockerkit.pym(root, "version").stdout
