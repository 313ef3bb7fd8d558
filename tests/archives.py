"""Build the wheels and source archives of all seven distributions, and tell what is wrong with one of them."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import chdir
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from hatchling.build import build_sdist, build_wheel
from packaging.metadata import Metadata
from packaging.requirements import Requirement

PACKAGES = ("core", "auth", "async", "docker", "aws", "gcp", "testing")
"""Core comes first, since pip wants to have met what others require before it asks an index for that."""
BESIDE = {
    "sdist": {".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"},
    "wheel": {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"},
}
"""What an archive holds besides the sources."""


@dataclass(frozen=True)
class Archive:
    """A wheel or a source archive: its contents by name, those of a source archive without the folder they stand in.

    `package` is the folder below packages/ that it was built of.
    """

    path: Path
    package: str
    files: Mapping[str, bytes]

    @property
    def is_wheel(self) -> bool:
        """Tell it from a source archive."""
        return self.path.suffix == ".whl"

    @cached_property
    def metadata(self) -> Metadata:
        """What it says of itself; raises an ExceptionGroup for a field that an index would refuse."""
        (text,) = [data for name, data in self.files.items() if name.endswith((".dist-info/METADATA", "PKG-INFO"))]
        return Metadata.from_email(text, validate=True)

    @property
    def beside(self) -> set[str]:
        """All other files; those of a wheel named as below its .dist-info."""
        if self.is_wheel:
            return {name.partition(".dist-info/")[2] for name in self.files} - {""}
        return {name for name in self.files if not name.startswith("src/")}

    @property
    def sources(self) -> set[str]:
        """The files that are installed, named as below packages/*/src."""
        if self.is_wheel:
            return {name for name in self.files if ".dist-info/" not in name}
        return {name.removeprefix("src/") for name in self.files if name.startswith("src/")}


def opened(path: Path, package: str) -> Archive:
    """Read an archive."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return Archive(path, package, {name: wheel.read(name) for name in wheel.namelist()})
    with tarfile.open(path) as archive:
        files = {member.name: archive.extractfile(member) for member in archive.getmembers()}
        return Archive(path, package, {name.partition("/")[2]: file.read() for name, file in files.items() if file})


def version_of(root: Path) -> str:
    """Read the one version."""
    text = (root / "packages/core/src/pymacaron/version.py").read_text(encoding="utf-8")
    return text.partition('__version__ = "')[2].partition('"')[0]


def tracked(root: Path) -> list[Path]:
    """List what git tracks below packages/, as paths below `root`."""
    command = ["git", "ls-files", "-z", "packages"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (root / name).is_file()]


def build(root: Path, folder: Path) -> list[Archive]:
    """Build into a folder what git tracks and nothing else: a source archive of each package, and its wheel of that."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        for path in tracked(root):
            (Path(place) / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, Path(place) / path)
        return [archive for package in PACKAGES for archive in _both(Path(place), package, folder)]


def _both(place: Path, package: str, folder: Path) -> Iterator[Archive]:
    with chdir(place / "packages" / package):
        source = folder / build_sdist(str(folder))
    yield opened(source, package)
    with tarfile.open(source) as archive:
        archive.extractall(place / "opened", filter="data")
    with chdir(place / "opened" / source.name.removesuffix(".tar.gz")):
        yield opened(folder / build_wheel(str(folder)), package)


def problems(archive: Archive, root: Path, version: str) -> Iterator[str]:
    """Yield a sentence for each thing that keeps an archive of `root` from being released as a version."""
    try:
        metadata = archive.metadata
    except ExceptionGroup as errors:
        yield from (f"{archive.path.name}: {error}" for error in errors.exceptions)
        return
    for problem in (*_wrong_facts(metadata, version), *_wrong_files(archive, root)):
        yield f"{archive.path.name}: {problem}"


def _wrong_facts(metadata: Metadata, version: str) -> Iterator[str]:
    if not metadata.summary or not metadata.description:
        yield "its metadata has no summary or no description"
    if str(metadata.version) != version:
        yield f"its version is {metadata.version}, where version.py has {version}"
    if metadata.description_content_type != "text/markdown":
        yield f"its description is {metadata.description_content_type}, where README.md is text/markdown"
    for each in metadata.requires_dist or []:
        yield from _wrong_requirement(each, version)


def _wrong_requirement(requirement: Requirement, version: str) -> Iterator[str]:
    if requirement.name.startswith("pymacaron"):
        if not requirement.specifier.contains(version, prereleases=True):
            yield f"it requires {requirement}, which {version} is not: amend its pyproject.toml"
    elif requirement.url or not any(each.operator in (">=", "~=", "==") for each in requirement.specifier):
        yield f"it requires {requirement}: name the lowest version that it works with"


def _wrong_files(archive: Archive, root: Path) -> Iterator[str]:
    src = f"packages/{archive.package}/src/"
    expected = {name.removeprefix(src) for name in map(Path.as_posix, tracked(root)) if name.startswith(src)}
    yield from (f"it lacks {name}" for name in sorted(expected - archive.sources))
    yield from (f"it holds {name}, which git does not track" for name in sorted(archive.sources - expected))
    beside = BESIDE["wheel" if archive.is_wheel else "sdist"]
    yield from (f"it holds {name}, which is no source" for name in sorted(archive.beside - beside))
    here = [str(place).encode() for place in (root, Path.home()) if len(place.parts) > 1]
    for name, data in sorted(archive.files.items()):
        if any(place + b"/" in data for place in here):
            yield f"{name} names a folder of this machine"
    for top in sorted({name.partition("/")[0] for name in expected}):
        if f"{top}/py.typed" not in expected:
            yield f"it lacks {top}/py.typed"
    licence = (root / "LICENSE").read_bytes()
    if licence not in [data for name, data in archive.files.items() if PurePosixPath(name).name == "LICENSE"]:
        yield f"it lacks the licence: copy LICENSE to packages/{archive.package}"
