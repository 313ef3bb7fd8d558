"""The builder "docker": images made, found, started and pushed by a Docker engine."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from pymacaron.deploy import Environment, Image, ImageContext, Started
from pymacaron.exceptions import DeployError
from pymacaron_docker.complaints import complaint_of_engine, is_full
from pymacaron_docker.engine import Engine, ImageFacts, Login
from pymacaron_docker.image.archive import pack, pack_texts
from pymacaron_docker.image.dockerfile import CODE, LIBRARIES, Recipe, dockerfile
from pymacaron_docker.image.libraries import Libraries, libraries
from pymacaron_docker.image.names import destination, reference, registry_of
from pymacaron_docker.image.running import started
from pymacaron_docker.image.tree import File, changes, files
from pymacaron_docker.secrets import read_secrets

__all__ = ["DIRTY", "DockerBuilding", "recipe"]

DIRTY = "-dirty"
"""What the commit of an image ends with that holds more, or less, than that commit."""

SHORTEST_SECRET = 8
"""Characters of a secret that files are searched for."""

_COMMIT = "org.opencontainers.image.revision"
_VERSION = "org.opencontainers.image.version"
_NEVER = ("PYM_ENV", "PYM_RELEASE")


class DockerBuilding:
    """An open builder of one environment; every method raises DeployError."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._config = environment.config

    @cached_property
    def engine(self) -> Engine:
        """The engine at DOCKER_HOST, opened when it is needed."""
        return Engine()

    def check(self) -> list[str]:
        """Return what is missing for a build, a sentence each."""
        found = []
        for asked in (lambda: self.engine, lambda: libraries(self._environment.root, self._config)):
            try:
                asked()
            except DeployError as error:
                found.append(str(error))
        return found

    def find(self, version: str) -> Image | None:
        """Return the image of a version where the engine has it, and it was built of a commit as it is."""
        name = reference(self._environment, version)
        facts = self.engine.image(name)
        if facts is None or facts.labels.get(_VERSION) != version or not facts.labels.get(_COMMIT):
            return None
        return None if facts.labels[_COMMIT].endswith(DIRTY) else self._shown(name, facts)

    def build(self, root: Path, version: str, commit: str) -> Image:
        """Build the image of what git tracks; a tree with changes only for a commit that ends with "-dirty"."""
        name = reference(self._environment, version)
        if not commit.endswith(DIRTY):
            self._refuse_changes(root)
        made = libraries(root, self._config)
        text = dockerfile(recipe(self._environment, root, version, commit, made))
        self._build(name, self._context(root, text, made))
        facts = self._facts(name)
        self._refuse_variables(name, facts)
        return self._shown(name, facts)

    def start(self, image: Image, variables: Mapping[str, str]) -> AbstractContextManager[Started]:
        """Run the web server of an image on a free port of 127.0.0.1; ready when entered."""
        return started(self.engine, self._environment, image, variables)

    def push(self, image: Image) -> Image:
        """Push an image, unless its registry has it, and return it with its digest; as it is where there is none."""
        place = destination(self._environment)
        if place is None:
            self._environment.tell(f"{image.reference} stays here: neither docker_registry nor docker_repo is set")
            return image
        name = f"{place}:{image.reference.rpartition(':')[2]}"
        if name != image.reference:
            self.engine.tag(image.id, name)
        login = self._login()
        pushed = self._pushed(name, login)
        if pushed is None:
            digest = self.engine.push(name, self._environment.tell, login)
            pushed = f"{place}@{digest}"
        return replace(image, digest=pushed)

    def _login(self) -> Login:
        registry = self._environment.registry
        is_there = registry is not None and registry.place.startswith(f"{registry_of(self._environment)}/")
        return registry.login() if registry is not None and is_there else None

    def _pushed(self, name: str, login: Login) -> str | None:
        digest = self._shown(name, self._facts(name)).digest
        names = (digest, name) if digest else ()
        return digest if names and all(self.engine.is_pushed(one, login) for one in names) else None

    def _refuse_changes(self, root: Path) -> None:
        found = changes(root, self._config.get("include_links") or (), self._config.get("docker_wheels"))
        if found:
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            raise DeployError(
                f"{', '.join(found[:3])}{more} differ from the commit in {root}: commit them, or build with --dirty"
            )

    def _context(self, root: Path, text: str, made: Libraries) -> bytes:
        found = files(root, self._config.get("include_links") or (), self._config.get("docker_wheels"))
        refuse_secrets(found, read_secrets(self._config))
        code = pack(found, "app")
        return pack_texts({"Dockerfile": text.encode(), CODE: code, LIBRARIES: pack_texts(made.files)})

    def _build(self, name: str, context: bytes) -> None:
        last: deque[str] = deque(maxlen=20)

        def tell(line: str) -> None:
            if line.strip():
                last.append(line.rstrip())
                self._environment.tell(line.rstrip())

        engine = self.engine
        try:
            engine.build(io.BytesIO(context), name, tell)
        except DeployError as error:
            # pip tells of a full disk in its lines alone, and the engine that a command failed
            cause = next((complaint_of_engine(line) for line in last if is_full(line)), str(error))
            raise DeployError("\n".join([f"{name} cannot be built: {cause}", *last])) from error

    def _refuse_variables(self, name: str, facts: ImageFacts) -> None:
        baked = {*_NEVER, *(self._config.get("env_secrets") or ())}.intersection(facts.environment)
        if baked:
            self.engine.remove_image(name)
            raise DeployError(
                f"the image would hold the variable {min(baked)}: take it out of Dockerfile.extra, docker_base or the "
                "plugin that sets it, since it belongs to where the image runs"
            )

    def _facts(self, name: str) -> ImageFacts:
        facts = self.engine.image(name)
        if facts is None:
            raise DeployError(f"the Docker engine has no image {name}: build it first")
        return facts

    def _shown(self, name: str, facts: ImageFacts) -> Image:
        own = f"{name.rpartition(':')[0]}@"
        digest = next((digest for digest in facts.digests if digest.startswith(own)), None)
        return Image(name, facts.id, facts.labels.get(_COMMIT, ""), digest)


def refuse_secrets(found: Iterable[File], secrets: Mapping[str, str]) -> None:
    """Raise DeployError for a file with the content of a secret, unless that is as short as words are."""
    wanted = {name: content.encode() for name, content in secrets.items() if len(content) >= SHORTEST_SECRET}
    for file in found if wanted else ():
        content = b"" if file.link is not None else file.source.read_bytes()
        for name, secret in wanted.items():
            if secret in content:
                raise DeployError(
                    f"{file.path} holds the secret {name}, which no image may: take it out, and make a new one"
                )


def recipe(environment: Environment, root: Path, version: str, commit: str, made: Libraries) -> Recipe:
    """Return what the Dockerfile of a folder is computed from."""
    extra = root / "Dockerfile.extra"
    config = environment.config
    return Recipe(
        base=config.docker_base,
        version=version,
        labels={
            "org.opencontainers.image.title": str(config.name),
            "org.opencontainers.image.base.name": config.docker_base,
            _VERSION: version,
            _COMMIT: commit,
        },
        are_hashed=made.are_hashed,
        steps=tuple(environment.image_steps(ImageContext(root, config, version))),
        extra=extra.read_text(encoding="utf-8") if extra.exists() else "",
    )
