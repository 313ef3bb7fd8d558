"""The proxy: what caddy is told once, and the switch, a folder whose newest file names the release with the traffic.

Why a folder and no setting: caddy takes new settings by closing the connections that are idle, which fails the request
that is just being sent on one. The folder is asked for each request, outlives the proxy, and is changed in one step.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pymacaron_docker.image.dockerfile import PORT
from pymacaron_docker.target.archives import File, packed, unpacked

if TYPE_CHECKING:
    from pymacaron_docker.target.calls import HostEngine

__all__ = ["FOLDER", "HTTP", "HTTPS", "PROOF", "Switch", "Turn", "file_of", "settings"]

HTTP, HTTPS, PROOF = 80, 443, 2020
"""Ports within the proxy's container: for the world, and for a look at what is live past `domain` and maintenance."""

FOLDER = "/srv/switch"
KEPT_OPEN = "30s"
"""How long the proxy keeps a connection to a release: less than servers do (75 s), or it sends into a closed one."""


def file_of(digest: str) -> str:
    """Return the path of the settings with a digest: a file each, so that a proxy can go on with those of before."""
    return f"{FOLDER}/caddy-{digest}.json"


def settings(domain: str | None) -> dict[str, Any]:
    """Return the settings of caddy."""
    live = [_turned_to_the_newest(), _answer(503, "no release is live")]
    world = [_in_maintenance(), *live]
    servers = {
        "proof": {"listen": [f":{PROOF}"], "automatic_https": {"disable": True}, "routes": live},
        "world": _secured(domain, world) if domain else _plain(world),
    }
    return {"admin": {"disabled": True, "config": {"persist": False}}, "apps": {"http": {"servers": servers}}}


def _plain(routes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"listen": [f":{HTTP}"], "automatic_https": {"disable": True}, "routes": routes}


def _secured(domain: str, routes: list[dict[str, Any]]) -> dict[str, Any]:
    handle = [{"handler": "subroute", "routes": routes}]
    return {"listen": [f":{HTTPS}"], "routes": [{"match": [{"host": [domain]}], "handle": handle, "terminal": True}]}


def _in_maintenance() -> dict[str, Any]:
    matcher = {"file": {"root": FOLDER, "try_files": ["/maintenance"]}}
    return {"match": [matcher], **_answer(503, "down for maintenance", {"Retry-After": ["60"]})}


def _turned_to_the_newest() -> dict[str, Any]:
    newest = {"root": f"{FOLDER}/live", "try_files": ["/*"], "try_policy": "most_recently_modified"}
    upstream = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"{{http.matchers.file.relative}}:{PORT}"}],
        "load_balancing": {"try_duration": "5s", "try_interval": "100ms"},
        "transport": {"protocol": "http", "dial_timeout": "3s", "keep_alive": {"idle_timeout": KEPT_OPEN}},
    }
    return {"match": [{"file": newest}], "handle": [upstream], "terminal": True}


def _answer(status: int, text: str, headers: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    body = json.dumps({"error": "UNAVAILABLE", "error_description": text, "status": status})
    headers = {"Content-Type": ["application/json"], **(headers or {})}
    reply = {"handler": "static_response", "status_code": status, "headers": headers, "body": body}
    return {"handle": [reply], "terminal": True}


@dataclass(frozen=True)
class Turn:
    """When the traffic was last given to a release, in seconds since 1970, and the name it has in the network."""

    release: str
    address: str
    at: float


class Switch:
    """The folder of the switch, in the volume of a proxy, which need not run, and of the one that replaces it."""

    def __init__(self, engine: HostEngine, proxy: str, following: str) -> None:
        self._engine, self._proxy, self._following = engine, proxy, following

    def make(self, domain: str | None, digest: str) -> None:
        """Write the settings of caddy for the proxy that follows, and the folder."""
        content = json.dumps(settings(domain), indent=1).encode()
        files = [File("live", None, mode=0o755), File(PurePosixPath(file_of(digest)).name, content)]
        self._engine.put(self._following, FOLDER, packed(files))

    def turns(self) -> list[Turn]:
        """Return the releases that had the traffic, the one that has it first."""
        archives = (self._engine.get(name, f"{FOLDER}/live") for name in (self._proxy, self._following))
        archive = next(filter(None, archives), None)
        files = unpacked(archive) if archive else []
        turns = [Turn((file.content or b"").decode(), file.name, file.modified) for file in files]
        return sorted(turns, key=lambda turn: turn.at, reverse=True)

    def turn(self, release: str, address: str) -> None:
        """Give the traffic to a release: its file is newer than all others from the moment it is there."""
        turns = self.turns()
        if turns and turns[0].address == address:
            return
        modified = max([float(int(time.time())), *(turn.at + 1 for turn in turns)])
        self._engine.put(self._proxy, f"{FOLDER}/live", packed([File(address, release.encode(), modified)]))

    def forget(self, address: str) -> None:
        """Forget a release that has no traffic."""
        self._engine.execute(self._proxy, ("rm", "-f", f"{FOLDER}/live/{address}"))

    def maintain(self, wanted: bool) -> None:
        """Have the proxy answer 503, or no longer."""
        if wanted:
            self._engine.put(self._proxy, FOLDER, packed([File("maintenance", b"", time.time())]))
        else:
            self._engine.execute(self._proxy, ("rm", "-f", f"{FOLDER}/maintenance"))
