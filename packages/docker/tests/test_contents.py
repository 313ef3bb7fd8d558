"""What goes into an image, and what is refused: files, links, libraries, and the lines of the Dockerfile."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import dockerkit
from pymacaron_docker.engine import Engine
from pymacaron_docker.image.tree import changes, files
from pymacaron_docker.repository import clone_commit

Stall = Callable[..., Path]

STEPS = """
from pymacaron import hookimpl
from pymacaron.deploy import ImageStep

@hookimpl
def pym_image_steps(image):
    return [
        ImageStep("fonts", "system", ("RUN echo fonts",)),
        ImageStep("compiler", "python", ("RUN echo compiler",)),
        ImageStep("assets", "code", (f"RUN echo {image.config.name} {image.version}",)),
        ImageStep("warm-up", "start", ("RUN echo warm-up",)),
        ImageStep("argument", "base", ("ARG STALL=1",)),
    ]
"""


def refused(root: Path, *arguments: str, **variables: str) -> str:
    """Return the sentence of a build that is refused."""
    done = dockerkit.pym(root, "docker", "build", *arguments, **variables)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    return done.stderr.removeprefix("Error: ").rstrip("\n")


def lines(root: Path, *arguments: str) -> list[str]:
    done = dockerkit.pym(root, "docker", "build", "--dockerfile", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def wheel(folder: Path, name: str, version: str = "3.0.0", needs: tuple[str, ...] = ()) -> None:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        text = "".join(f"Requires-Dist: {need}\n" for need in needs)
        archive.writestr(f"{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n{text}")


def test_the_dockerfile_is_printed_without_a_build_or_an_engine(
    stall: Stall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = stall(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    text = lines(root)
    assert text[0] == "FROM pymacaron-test/base:bookworm AS system"
    assert text[-2:] == ["USER 10001:10001", 'CMD ["pym", "serve", "--host", "0.0.0.0", "--port", "8080"]']


def test_plugins_add_lines_to_each_phase(stall: Stall, tmp_path: Path) -> None:
    root = stall(tmp_path, {"plugins": {"local": ["stall.plugins"]}}, {"stall/plugins.py": STEPS})
    version = dockerkit.pym(root, "version").stdout.strip()
    marks = [
        "ARG STALL=1",
        "RUN echo fonts",
        "FROM system AS libraries",
        "RUN echo compiler",
        "ADD libraries.tar /",
        "FROM system",
        "ADD code.tar /",
        f"RUN echo {dockerkit.name_of(root)} {version}",
        "RUN echo warm-up",
        "USER 10001:10001",
    ]
    assert [line for line in lines(root) if line in marks] == marks


def test_dockerfile_extra_stands_right_before_the_final_command_and_has_all_rights(
    stall: Stall, tmp_path: Path
) -> None:
    root = stall(tmp_path, files={"Dockerfile.extra": "# more\nRUN touch /etc/more\n"})
    assert lines(root)[-5:-1] == ["USER root", "# more", "RUN touch /etc/more", "USER 10001:10001"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"stall/new.py": ""}, "stall/new.py differ from the commit in {root}: commit them, or build with --dirty"),
        ({"stall/api.py": "#"}, "stall/api.py differ from the commit in {root}: commit them, or build with --dirty"),
        (
            {"a": "", "b": "", "c": "", "d": "", "e": ""},
            "a, b, c and 2 more differ from the commit in {root}: commit them, or build with --dirty",
        ),
    ],
    ids=["a new file", "a change", "many"],
)
def test_a_tree_with_changes_is_refused(stall: Stall, tmp_path: Path, files: dict[str, str], told: str) -> None:
    root = stall(tmp_path)
    dockerkit.write(root, files)
    assert refused(root) == told.format(root=root)


def test_a_dirty_image_says_so_and_is_never_taken_for_that_of_its_commit(
    stall: Stall, tmp_path: Path, build: Callable[..., dict[str, str]], engine: Engine
) -> None:
    root = stall(tmp_path)
    dockerkit.write(root, {"stall/api.py": "raise SystemExit('broken')\n"})
    image = build(root, "--dirty")
    assert image["reference"].endswith("-dirty")
    assert image["commit"] == f"{dockerkit.git(root, 'rev-parse', 'HEAD')}-dirty"
    version = image["reference"].rpartition(":")[2]
    done = dockerkit.pym(root, "docker", "run", "--version", version)
    assert (done.returncode, done.stderr) == (
        1,
        f"Error: there is no image of version {version}: pym docker build --version {version}\n",
    )


def test_a_folder_that_git_does_not_know_is_refused(tmp_path: Path) -> None:
    dockerkit.write(tmp_path, {"pym-config.yaml": "name: stall\n"})
    assert refused(tmp_path).startswith(f"{tmp_path} is in no git repository with a commit: git init")


def test_a_link_that_leads_out_is_refused_unless_it_is_listed(
    stall: Stall, tmp_path: Path, build: Callable[..., dict[str, str]], engine: Engine
) -> None:
    common = dockerkit.commit(tmp_path / "common", {"price.py": "PRICE = 3\n", "test_price.py": ""})
    root = stall(tmp_path / "stall")
    (root / "common").symlink_to(common)
    dockerkit.commit(root)
    assert refused(root) == (
        "common is a symbolic link that leads out of the service: list it under include_links, or remove it"
    )
    root = stall(tmp_path / "stall", {"include_links": ["common"]})
    image = build(root)
    done = dockerkit.pym(root, "docker", "shell", "--", "sh", "-c", "ls /app/common/*.py")
    assert (done.stdout.split(), done.returncode) == (["/app/common/price.py", "/app/common/test_price.py"], 0), image
    dockerkit.write(common, {"price.py": "PRICE = 4\n"})
    assert refused(root).startswith("common/price.py differ from the commit")


def test_wheels_that_are_committed_are_libraries_and_no_code(
    stall: Stall, tmp_path: Path, wheels: Path, build: Callable[..., dict[str, str]], engine: Engine
) -> None:
    shutil.copytree(wheels, tmp_path / "wheels")
    root = stall(tmp_path, {"docker_wheels": "./wheels"}, {"wheels/README.md": "Built of this repository."})
    image = build(root)
    done = dockerkit.pym(root, "docker", "shell", "--", "sh", "-c", "ls /app/wheels; python -c 'import pymacaron'")
    assert (done.stdout.split(), done.returncode) == (["README.md"], 0), image


def test_a_submodule_is_part_of_the_code_and_one_that_is_not_here_is_refused(stall: Stall, tmp_path: Path) -> None:
    common = dockerkit.commit(tmp_path / "common", {"price.py": "PRICE = 3\n"})
    root = stall(tmp_path / "stall")
    dockerkit.git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(common), "common")
    dockerkit.commit(root)
    clone_commit(root, tmp_path / "clone", dockerkit.git(root, "rev-parse", "HEAD"))
    for folder in (root, tmp_path / "clone"):
        assert "common/price.py" in [str(file.path) for file in files(folder)]
        assert changes(folder) == []
    dockerkit.write(root, {"common/price.py": "PRICE = 4\n"})
    assert refused(root).startswith("common differ from the commit")
    dockerkit.git(tmp_path, "clone", "-q", str(root), "empty")
    assert refused(tmp_path / "empty") == (
        "the submodule common is not here: type 'git submodule update --init --recursive'"
    )


def test_without_wheels_of_our_own_nothing_is_built(stall: Stall, tmp_path: Path) -> None:
    root = stall(tmp_path, {"docker_wheels": None})
    assert refused(root) == (
        "an image takes pymacaron from wheels alone: build them by 'pip wheel --no-deps -w wheels FOLDER' for the "
        "folder of each package, and set docker_wheels to wheels"
    )


@pytest.mark.parametrize(
    ("requirements", "told"),
    [
        (
            "pymacaron-gcp\n",
            "{wheels} holds no wheel of pymacaron-gcp: build and commit it, since no index is asked for it",
        ),
        (
            "Pymacaron_GCP>=2 \\\n  --hash=sha256:00\n",
            "{wheels} holds no wheel of pymacaron-gcp: build and commit it, since no index is asked for it",
        ),
        ("-r more.txt\n", "{root}/more.txt cannot be read (No such file or directory): a requirements file names it"),
        (
            "pymacaron @ https://example.com/pymacaron.whl\n",
            "requirements.txt: 'pymacaron @ https://example.com/pymacaron.whl' names a place: its wheel comes from "
            "docker_wheels alone",
        ),
        (
            "-e ../lib\n",
            "requirements.txt: '-e ../lib' leads to files that the image does not have: name a distribution and its "
            "version",
        ),
    ],
)
def test_a_requirement_that_cannot_be_met_is_refused(
    stall: Stall, tmp_path: Path, wheels: Path, requirements: str, told: str
) -> None:
    root = stall(tmp_path, files={"requirements.txt": requirements})
    assert refused(root) == told.format(root=root, wheels=wheels)


def test_two_wheels_of_one_distribution_are_refused(stall: Stall, tmp_path: Path) -> None:
    own = tmp_path / "wheels"
    wheel(own, "pymacaron", "3.0.0")
    wheel(own, "pymacaron", "3.1.0")
    root = stall(tmp_path / "stall", {"docker_wheels": "../wheels"})
    assert refused(root) == "../wheels holds two wheels of pymacaron: remove pymacaron-3.0.0-py3-none-any.whl"


def test_a_wheel_of_ours_that_ours_need_must_be_there_too(stall: Stall, tmp_path: Path) -> None:
    own = tmp_path / "wheels"
    wheel(own, "pymacaron", needs=("flask>=3", "pymacaron-auth~=3.0"))
    root = stall(tmp_path / "stall", {"docker_wheels": "../wheels"})
    assert refused(root).startswith("../wheels holds no wheel of pymacaron-auth:")


@pytest.mark.parametrize("variable", ["PYM_ENV", "PYM_RELEASE", "STALL_KEY"])
def test_a_variable_of_where_an_image_runs_is_never_baked_in(stall: Stall, tmp_path: Path, variable: str) -> None:
    root = stall(tmp_path, files={"Dockerfile.extra": f"ENV {variable}=live\n"})
    done = dockerkit.pym(root, "docker", "build")
    assert done.returncode == 1
    assert f"Error: the image would hold the variable {variable}: take it out of Dockerfile.extra" in done.stderr


def test_a_file_that_holds_a_secret_is_refused(stall: Stall, tmp_path: Path) -> None:
    root = stall(tmp_path, files={"stall/notes.txt": "the key is open-sesame-17\n"})
    assert refused(root, STALL_KEY="open-sesame-17") == (
        "stall/notes.txt holds the secret STALL_KEY, which no image may: take it out, and make a new one"
    )


def test_a_build_that_fails_shows_its_last_lines(stall: Stall, tmp_path: Path) -> None:
    root = stall(tmp_path, files={"Dockerfile.extra": "RUN echo here it ends >&2; exit 7\n"})
    done = dockerkit.pym(root, "docker", "build")
    assert done.returncode == 1
    assert "returned a non-zero code: 7" in done.stderr
    assert "Error: here it ends" in done.stderr


def test_a_missing_engine_is_told_in_a_sentence(stall: Stall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = stall(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    assert refused(root) == (
        f"the Docker engine at unix://{tmp_path}/nobody.sock cannot be reached (DockerException): "
        "start it, or set DOCKER_HOST to where it listens"
    )
