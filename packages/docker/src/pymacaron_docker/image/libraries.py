"""The libraries of an image: requirements of others, with their hashes, and PyMacaron's own wheels.

Nothing called pymacaron* is ever taken from an index: its lines are taken out of the requirements, its wheels come from
`docker_wheels` and are installed first, and pip is bound to their very versions when it looks for what they need.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

from pymacaron.config import Config
from pymacaron.exceptions import DeployError

__all__ = ["Libraries", "libraries"]

FOLDER = "/opt/libraries"
"""Where the files stand while libraries are installed; the image itself does not hold them."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_INCLUDED = re.compile(r"(-r|--requirement)[ =]*(?P<path>\S+)")
_DISTRIBUTIONS = ("pymacaron", *(f"pymacaron-{name}" for name in ("auth", "async", "docker", "aws", "gcp", "testing")))
_EXTRAS = {"cors": "cors", "metrics": "metrics", "publish_apis": "docs"}


@dataclass(frozen=True)
class Libraries:
    """What pip is told: `requirements` of others, `own` requirements, and the wheels that stand for these."""

    requirements: tuple[str, ...]
    own: tuple[str, ...]
    wheels: tuple[Path, ...]

    @property
    def are_hashed(self) -> bool:
        """Whether pip demands a hash of everything that it installs."""
        return any("--hash" in line for line in self.requirements)

    @property
    def files(self) -> dict[str, bytes]:
        """The contents that are put into FOLDER, by name."""
        folder = FOLDER.lstrip("/")
        texts = {
            f"{folder}/requirements.txt": self.requirements,
            f"{folder}/own.txt": self.own,
            f"{folder}/constraints.txt": _constraints(self.wheels),
        }
        wheels = {f"{folder}/{wheel.name}": wheel.read_bytes() for wheel in self.wheels}
        return {name: "".join(f"{line}\n" for line in lines).encode() for name, lines in texts.items()} | wheels


def libraries(root: Path, config: Config) -> Libraries:
    """Return the libraries of a service; raises DeployError where a wheel is missing, or a line cannot be met."""
    lines = list(_lines(root / "requirements.txt", root)) if (root / "requirements.txt").exists() else []
    own = sorted({*filter(_is_own, lines), *_needed(config)})
    for line in own:
        if "@" in line:
            raise DeployError(f"requirements.txt: '{line}' names a place: its wheel comes from docker_wheels alone")
    plain = [re.split(r"\s+--hash", line)[0] for line in own]
    others = tuple(line for line in lines if not _is_own(line))
    return Libraries(others, tuple(plain), tuple(_wheels(root, config, plain)))


def _constraints(wheels: Iterable[Path]) -> list[str]:
    """Bind the versions of our distributions; those without a wheel get one that no index has."""
    bound = dict.fromkeys(_DISTRIBUTIONS, "0+not.among.docker.wheels")
    bound |= {name_of(wheel): wheel.name.split("-")[1] for wheel in wheels}
    return [f"{name}=={version}" for name, version in sorted(bound.items())]


def name_of(text: str | Path) -> str:
    """Return the normalized name of a requirement, or of the file of a wheel (PEP 503)."""
    text = text.name.partition("-")[0] if isinstance(text, Path) else text
    found = _NAME.match(text)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _is_own(line: str) -> bool:
    return name_of(line) == "pymacaron" or name_of(line).startswith("pymacaron-")


def _lines(path: Path, root: Path) -> Iterator[str]:
    """Give the requirements of a file and of those that it includes, each with its options in one line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DeployError(f"{path} cannot be read ({error.strerror}): a requirements file names it") from None
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = re.sub(r"(^|\s+)#.*$", "", line).strip()
        if included := _INCLUDED.match(line):
            yield from _lines(path.parent / included["path"], root)
        elif line:
            _refuse_local(line, path)
            yield re.sub(r"\s+", " ", line)


def _refuse_local(line: str, path: Path) -> None:
    if line.startswith(("-e", "--editable", "-c", "--constraint", ".", "/", "file:", "-f", "--find-links")):
        raise DeployError(
            f"{path.name}: '{line}' leads to files that the image does not have: name a distribution and its version"
        )


def _needed(config: Config) -> Iterator[str]:
    """Give what every image needs: a server, what the settings switch on, and the plugins that are required."""
    extras = sorted({"serve", *(extra for key, extra in _EXTRAS.items() if config.get(key))})
    yield f"pymacaron[{','.join(extras + ['granian'] * (config.server == 'granian'))}]"
    yield from (f"pymacaron-{name}" for name in config.plugins.require)


def _wheels(root: Path, config: Config, own: Iterable[str]) -> list[Path]:
    """Return the wheels of our own distributions that these requirements lead to."""
    folder = config.get("docker_wheels")
    if not folder:
        raise DeployError(
            "an image takes pymacaron from wheels alone: build them by 'pip wheel --no-deps -w wheels FOLDER' for the "
            "folder of each package, and set docker_wheels to wheels"
        )
    there: dict[str, Path] = {}
    for wheel in sorted((root / folder).glob("pymacaron*.whl")):
        if there.setdefault(name_of(wheel), wheel) is not wheel:
            raise DeployError(f"{folder} holds two wheels of {name_of(wheel)}: remove {there[name_of(wheel)].name}")
    wanted, seen = [name_of(line) for line in own], set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in there:
            raise DeployError(f"{folder} holds no wheel of {name}: build and commit it, since no index is asked for it")
        wanted += _own_needs(there[name])
    return [there[name] for name in sorted(seen)]


def _own_needs(wheel: Path) -> list[str]:
    """Return the distributions of ours that a wheel requires whatever its extras."""
    with zipfile.ZipFile(wheel) as archive:
        (path,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(path).decode())
    needs = [need for need in metadata.get_all("Requires-Dist", []) if "extra ==" not in need]
    return [name_of(need) for need in needs if _is_own(need)]
