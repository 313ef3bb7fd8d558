"""LoadedService: a service in a test, complete and in process, with what tests ask it by."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pymacaron.app import create_app
from pymacaron.exceptions import StartError

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from pymacaron.client.synchronous import Client
    from pymacaron.service import Service

__all__ = ["LoadedService", "LoadedServices", "Source"]


@dataclass(frozen=True)
class LoadedService:
    """A service and the Flask app that serves it, until the test ends."""

    service: Service
    app: Flask
    _clients: dict[str, Client] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """Its folder."""
        return self.service.root

    @property
    def client(self) -> FlaskClient:
        """Flask's test client, which keeps no cookies."""
        return self.app.test_client(use_cookies=False)

    def api(self, name: str | None = None) -> Client:
        """Return the typed client of an API, which may be left out where there is one; calls stay in the process.

        Raises StartError where that is not clear, and for what keeps the API from being called.
        """
        names = sorted(name for name, owner in self.service.served.items() if owner == "own")
        if name is None and len(names) != 1:
            known = ", ".join(names)
            raise StartError(f"{self.service} has the APIs {known}: name one, as pym_client(api='{names[0]}')")
        name = name or names[0]
        if name not in self._clients:
            (pool,) = self.service.load_clients(apis=[name], local=True)
            self._clients[name] = pool.client
        return self._clients[name]

    def token(self, user_id: str | None = None) -> str:
        """Return a token of a user, by the first of the plugins that make some; raises StartError where none does."""
        issuers = self.service.hooks.token_issuers(self.service.config)
        if not issuers:
            raise StartError(
                f"no plugin of {self.service} makes tokens: configure one, such as pymacaron-auth by jwt_secret"
            )
        return self.service.run(issuers[0].issue, user_id)


Source = Mapping[str, str] | str | os.PathLike[str] | LoadedService | None
"""Files by their name, a folder, a service that is loaded; None is the folder of the service that the test is in."""


@dataclass
class LoadedServices:
    """The services of one test: files are laid out below `folder`, and `inside` is where the test is."""

    folder: Path
    inside: Path
    _made: dict[tuple[Path, str | None], LoadedService] = field(default_factory=dict)

    def root(self, source: Source, name: str) -> Path:
        """Return the folder of a service; raises StartError where there is none."""
        if isinstance(source, LoadedService):
            return source.root
        if isinstance(source, Mapping):
            return self._laid_out(source, name)
        if source is not None:
            return Path(source).resolve()
        for folder in (self.inside, *self.inside.parents):
            if any(folder.glob("pym-config*.yaml")):
                return folder
        raise StartError(
            f"no folder above {self.inside} has a pym-config.yaml: name the service's folder, or its files"
        )

    def load(self, source: Source = None, name: str = "service", env: str | None = None) -> LoadedService:
        """Return a service of files or a folder, made once for each folder and environment; raises StartError."""
        if isinstance(source, LoadedService):
            return source
        key = (self.root(source, name), env)
        if key not in self._made:
            app = create_app(key[0], env=env)
            self._made[key] = LoadedService(app.extensions["pymacaron"], app)
        return self._made[key]

    def close(self) -> None:
        """Stop and close every service."""
        for made in reversed(self._made.values()):
            made.service.stop()
            made.service.close()

    def _laid_out(self, files: Mapping[str, str], name: str) -> Path:
        root = self.folder / name
        if root.exists():
            raise StartError(
                f"the test has a service '{name}' already: hand that over, or name this one by name='other'"
            )
        for file, text in {"pym-config.yaml": f"name: {name}\n", **files}.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(text, encoding="utf-8")
        return root
