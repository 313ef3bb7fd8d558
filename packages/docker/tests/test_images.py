"""An image of a service, built of what git tracks and run by a real engine: build-an-image.md, README.md."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import dockerkit
from pymacaron.deploy import Image, Started
from pymacaron.exceptions import DeployError
from pymacaron.service import Service
from pymacaron_docker.engine import Engine
from pymacaron_docker.environment import environment_of, open_builder
from pymacaron_docker.image.archive import pack_texts
from pymacaron_docker.image.running import SERVICE, contained

CANARY = "canary-5f1d2a77-do-not-tell"
MAIN = ("pym", "serve", "--host", "0.0.0.0", "--port", "8080")
Stall = Callable[..., Path]
Build = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Running:
    """The image of the service, and a container that runs it."""

    root: Path
    image: Image
    started: Started
    container: str
    said: tuple[str, ...]

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.started.url}{path}", timeout=60) as reply:
            return json.load(reply)


@pytest.fixture(scope="module")
def root(stall: Stall, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stall(tmp_path_factory.mktemp("stall"))


@pytest.fixture(scope="module")
def running(root: Path, engine: Engine, build: Build) -> Iterator[Running]:
    """Build the image and run it, its secret known to this process alone."""
    image = Image(**build(root, STALL_KEY=CANARY))
    said: list[str] = []
    name = dockerkit.name_of(root)
    with service(root) as opened:
        builder = open_builder(opened, environment_of(opened, said.append))
        variables = {"PYM_ENV": "stall-live", "PYM_RELEASE": f"{opened.version}.2", "PYM_VERSION": opened.version}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STALL_KEY", CANARY)
        with builder.start(image, variables) as started:
            (container,) = engine.containers(**{SERVICE: name})
            yield Running(root, image, started, container.id, tuple(said))
    assert not engine.containers(**{SERVICE: name})


class service:  # noqa: N801 - reads as a function
    """A service of a folder, closed in the end."""

    def __init__(self, root: Path) -> None:
        self.opened = Service(root, secrets="ignored")

    def __enter__(self) -> Service:
        return self.opened

    def __exit__(self, *_: object) -> None:
        self.opened.close()


def test_an_image_serves_as_a_user_without_rights_that_can_write_to_scratch_alone(running: Running) -> None:
    told = running.get("/tell")
    assert told == {
        "secret": hashlib.sha256(CANARY.encode()).hexdigest(),
        "user": "10001:10001",
        "code": False,
        "libraries": False,
        "open to all": False,
        "scratch": True,
    }


def test_version_tells_the_version_of_the_image_and_the_release_of_where_it_runs(running: Running) -> None:
    told = running.get("/version")
    version = running.image.reference.rpartition(":")[2]
    assert (told["version"], told["release"], told["pym_env"]) == (version, f"{version}.2", "stall-live")


def test_an_image_says_what_it_holds_and_nothing_of_where_it_runs(running: Running, engine: Engine) -> None:
    commit = dockerkit.git(running.root, "rev-parse", "HEAD")
    shown = engine.api.inspect_image(running.image.id)["Config"]
    version = running.image.reference.rpartition(":")[2]
    assert shown["Labels"] == {
        "org.opencontainers.image.base.name": "pymacaron-test/base:bookworm",
        "org.opencontainers.image.revision": commit,
        "org.opencontainers.image.title": dockerkit.name_of(running.root),
        "org.opencontainers.image.version": version,
    }
    assert f"PYM_VERSION={version}" in shown["Env"]
    assert not [line for line in shown["Env"] if line.startswith(("PYM_ENV", "PYM_RELEASE", "STALL_KEY"))]
    assert (shown["User"], shown["StopSignal"], tuple(shown["Cmd"])) == ("10001:10001", "SIGTERM", MAIN)


def test_the_health_check_of_an_image_passes(running: Running, engine: Engine) -> None:
    _, *command = engine.api.inspect_image(running.image.id)["Config"]["Healthcheck"]["Test"]
    assert engine.execute(running.container, tuple(command))[0] == 0


def test_an_image_holds_neither_tests_nor_a_compiler_nor_the_files_of_git(running: Running, engine: Engine) -> None:
    script = "ls -A /app; which gcc cc c++ make; ls /opt"
    assert engine.execute(running.container, ("sh", "-c", script))[1].split() == [
        "apis",
        "pym-config.yaml",
        "stall",
        "venv",
    ]


def test_the_code_is_compiled_and_its_bytecode_never_checked(running: Running, engine: Engine) -> None:
    script = "import glob; print({open(f, 'rb').read()[4] for f in glob.glob('/app/**/*.pyc', recursive=True)})"
    assert engine.execute(running.container, ("python", "-c", script))[1] == "{1}\n"


def test_a_secret_is_in_no_image_no_inspection_and_no_log(running: Running, engine: Engine) -> None:
    api, canary = engine.api, CANARY.encode()
    told = [api.inspect_container(running.container), api.inspect_image(running.image.id)]
    told += [api.history(running.image.id), running.said, running.started.logs(), api.top(running.container)]
    assert CANARY not in json.dumps(told)
    tail = b""
    for chunk in api.get_image(running.image.id):
        assert canary not in tail + chunk
        tail = chunk[-len(canary) :]
    assert {each["Path"] for each in api.diff(running.container)} == {"/run", "/run/secrets"}


def test_secrets_on_the_host_stand_in_a_folder_that_is_closed_to_others(running: Running, engine: Engine) -> None:
    (mount,) = engine.api.inspect_container(running.container)["Mounts"]
    assert (mount["RW"], mount["Destination"]) == (False, "/run/secrets")
    assert Path(mount["Source"]).parent.stat().st_mode & 0o777 == 0o700


def test_the_same_commit_gives_the_same_layers_of_code_without_any_cache(
    running: Running, engine: Engine, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone"
    dockerkit.git(tmp_path, "clone", "-q", str(running.root), str(clone))
    for path in clone.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1, 1))
    monkeypatch.setattr(type(engine), "build", without_cache(running.image, engine))
    with service(clone) as opened:
        builder = open_builder(opened, environment_of(opened))
        again = builder.build(clone, f"{opened.version}-again", running.image.commit)
    first, second = engine.image(running.image.id), engine.image(again.id)
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert first.layers[-2:] == second.layers[-2:]


def without_cache(first: Image, engine: Engine) -> Callable[..., None]:
    """Build again what comes after the libraries, which stay, with nothing of it in the cache."""
    after = next(
        each["Id"] for each in engine.api.history(first.id) if "WORKDIR /app" in each["CreatedBy"] and each["Id"]
    )

    def build(self: Engine, context: io.BytesIO, tag: str, tell: Callable[[str], None]) -> None:
        with tarfile.open(fileobj=context) as archive:
            texts = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
        lines = texts["Dockerfile"].decode().splitlines()
        texts["Dockerfile"] = "\n".join([f"FROM {after}", *lines[lines.index("ADD code.tar /") :]]).encode()
        for message in self.api.build(
            fileobj=io.BytesIO(pack_texts(texts)), custom_context=True, tag=tag, nocache=True, rm=True, decode=True
        ):
            assert "error" not in message, message

    return build


def test_a_change_of_code_alone_reuses_the_libraries(
    running: Running, engine: Engine, build: Build, tmp_path: Path
) -> None:
    root = tmp_path / "changed"
    shutil.copytree(running.root, root)
    dockerkit.commit(root, {"stall/more.py": "MORE = 1\n"})
    done = dockerkit.pym(root, "docker", "build")
    assert done.returncode == 0, done.stderr
    assert "Running in" not in done.stderr.partition("ADD code.tar")[0]
    first, second = engine.image(running.image.id), engine.image(done.stdout.strip())
    assert first is not None
    assert second is not None
    assert first.layers[:-2] == second.layers[:-2]
    assert first.layers[-2:] != second.layers[-2:]


def test_the_image_of_a_version_is_found_again(running: Running) -> None:
    with service(running.root) as opened:
        builder = open_builder(opened, environment_of(opened))
        assert builder.check() == []
        assert builder.find(opened.version) == running.image
        assert builder.find("261121-0000-1-aaaaaa") is None


def test_a_role_runs_its_own_command_in_the_same_image(running: Running, engine: Engine) -> None:
    with service(running.root) as opened:
        environment = replace(environment_of(opened), roles={"worker": ("python", "-c", "print('I work')")})
        with contained(engine, environment, running.image, {}, role="worker") as container:
            lines = list(engine.logs(container.id, follow=True))
            shown = engine.api.inspect_container(container.id)
        assert (lines, container.url, shown["Config"]["Healthcheck"]["Test"]) == (["I work"], "", ["NONE"])
        cook = contained(engine, environment, running.image, {}, role="cook")
        with pytest.raises(DeployError, match="no role 'cook': choose among web, worker"), cook:
            pass
