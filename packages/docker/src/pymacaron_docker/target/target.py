"""The deploy target `docker`: a release on every host of an environment, one host after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pymacaron.deploy import Deployed, Lock, Observation, State
from pymacaron.exceptions import DeployError
from pymacaron_docker.secrets import read_secrets
from pymacaron_docker.target.calls import HostEngine
from pymacaron_docker.target.front import LOOPBACK
from pymacaron_docker.target.host import Host, OnHost
from pymacaron_docker.target.lock import Locks
from pymacaron_docker.target.secrets import redacted

if TYPE_CHECKING:
    from pymacaron.deploy import Environment, Release

__all__ = ["DockerTarget", "engines"]


def engines(environment: Environment) -> list[HostEngine]:
    """Return the engines of the hosts of an environment."""
    urls = environment.config.docker_hosts or [None]
    return [HostEngine(url) for url in urls]


class DockerTarget:
    """An open target; see `pymacaron.deploy.Target` for what each method promises."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.hosts = [Host(engine, environment) for engine in engines(environment)]
        self._locks = Locks(self.hosts[0].engine, environment.label)

    def check(self) -> list[str]:
        """Return what is missing, a sentence each with its next step."""
        missing = []
        try:
            self.environment.secrets()
        except DeployError as error:
            missing.append(str(error))
        for host in self.hosts:
            host.engine.ping()
            if host.front.hostname and not host.engine.tunnel and host.config.docker_stage_address == LOOPBACK:
                missing.append(
                    f"docker_stage_address is 127.0.0.1, which nobody reaches on {host.engine.url} from here: set it "
                    "to an address of that host in a private network"
                )
            named = host.config.get("domain") or host.config.get("live_host")
            if host.front.hostname and not named and not host.front.is_known:
                missing.append(
                    f"{host.front.hostname}, which {host.engine.url} leads to, is no name that the world can call: set "
                    "domain or live_host"
                )
            if not host.front.has_image():
                missing.append(
                    f"docker_proxy_image: {host.config.docker_proxy_image} is neither on {host.engine.url} nor in a "
                    "registry that it reaches: load it there, or name another"
                )
        return missing

    def lock(self, lock: Lock) -> None:
        """Take or renew the lock, which is on the first host."""
        self._locks.take(lock)

    def unlock(self, token: str | None) -> None:
        """Give the lock back."""
        self._locks.give(token)

    def plan(self, release: Release) -> list[str]:
        """Return what staging and promoting would change."""
        lines = []
        for host in self.hosts:
            roles = "".join(f" and {role}" for role in self.environment.roles)
            live = host.live()
            lines += [
                *(f"{host.engine.url}: {line}" for line in host.front.missing()),
                f"{host.engine.url}: start release {release.id} (web{roles}) of {release.image.reference}",
                f"{host.engine.url}: give it the traffic{f' of {live}, which is kept' if live else ''}",
            ]
        return lines

    def run(self, release: Release, command: tuple[str, ...]) -> None:
        """Run a command to its end on the first host; one that runs already, of a deploy that died, is waited for."""
        host = self.hosts[0]
        host.front.prepare()
        name = host.names.container(release.id, "run")
        current = host.engine.find(name)
        if current is None or not current.running:
            host.engine.remove(name)
            host.start_command(release, name, command)
        secrets = read_secrets(self.environment.config)
        for line in host.engine.logs(name, 0 if current and current.running else 1000, follow=True):
            self.environment.tell(redacted(line, secrets))
        code = host.engine.wait(name)
        lines = host.last_lines(name)
        host.engine.remove(name)
        if code:
            raise DeployError(f"{' '.join(command)} of release {release.id} ended with {code}: mend it{lines}")

    def stage(self, release: Release) -> str:
        """Start a release on all hosts, and return its own URL on the first."""
        urls = [host.stage(release) for host in self.hosts]
        return urls[0]

    def promote(self, release: Release, verify: Callable[[str], None]) -> str:
        """Give a release the traffic of one host after the other."""
        for number, host in enumerate(self.hosts):
            if number:
                verify(self._url())
            host.promote(release.id, renew=True)
        return self._url()

    def _url(self) -> str:
        return self.environment.config.get("live_host") or self.hosts[0].front.url()

    def observe(self) -> Observation:
        """Return what is there, by the labels of containers and the switches of the proxies."""
        everywhere = [host.shown() for host in self.hosts]
        order = list(dict.fromkeys(one.release for shown in everywhere for one in shown))
        lives = [host.live() for host in self.hosts]
        releases = [self._deployed(release, everywhere, lives) for release in order]
        notes = [f"{line}: type 'pym deploy' or 'pym docker setup'" for line in self.missing()]
        if len(set(lives)) > 1:
            notes += [
                f"{host.engine.url}: {live or 'nothing'} is live" for host, live in zip(self.hosts, lives, strict=True)
            ]
        return Observation(self._url(), tuple(_newest_first(releases)), self._locks.held(), tuple(notes))

    def _deployed(self, release: str, everywhere: list[list[OnHost]], lives: list[str | None]) -> Deployed:
        """Put together what the hosts show of a release: it is live where it is so on all of them."""
        found = [
            (host, one)
            for host, shown in zip(self.hosts, everywhere, strict=True)
            for one in shown
            if one.release == release
        ]
        host, first = found[0]
        labels = next(iter(first.containers.values())).labels
        turns = [one.turn for _, one in found]
        state: State = "broken"
        if all(live == release for live in lives):
            state = "live"
        elif len(found) == len(self.hosts) and all(one.web for _, one in found):
            if all(turns):
                state = "kept"
            elif all(one.web.running or one.turn for _, one in found if one.web):
                state = "staged"
        return Deployed(
            release,
            labels["pymacaron.version"],
            labels["pymacaron.commit"],
            labels["pymacaron.image"],
            state,
            _since(first),
            None if host.engine.tunnel else host.front.url_of(first.web),
        )

    def rollback(self, release: str) -> str:
        """Give the traffic back to a release, on all hosts."""
        for host in self.hosts:
            if not any(one.release == release and one.web for one in host.shown()):
                raise DeployError(f"release {release} is not on {host.engine.url} any more: deploy its commit again")
        for host in self.hosts:
            host.promote(release)
        return self._url()

    def discard(self, release: str) -> None:
        """Remove a release that is live nowhere."""
        for host in self.hosts:
            if host.live() == release:
                raise DeployError(f"release {release} is live on {host.engine.url}: promote or roll back first")
        for host in self.hosts:
            host.discard(release)

    def logs(self, release: str | None, *, role: str = "web", lines: int = 100, follow: bool = False) -> Iterator[str]:
        """Give the last log lines of a release on all hosts; `follow` stays with the first."""
        for host in self.hosts[:1] if follow else self.hosts:
            yield from host.engine.logs(host.container(release, role), lines, follow=follow)

    def prune(self, keep: int) -> list[str]:
        """Remove the releases before the last `keep` that were live, and what was staged before them."""
        lines = []
        for host in self.hosts:
            shown = host.shown()
            images = {one.release: one.web.image for one in shown if one.web}
            for release in _too_old(shown, max(keep, 1)):
                host.discard(release)
                lines.append(f"{host.engine.url}: removed release {release}")
                if release in images and host.engine.release_image(images[release]):
                    lines.append(f"{host.engine.url}: removed the image of {release}")
        return lines

    # What only this target offers

    def missing(self) -> list[str]:
        """Return what `prepare()` would do, a line each."""
        return [f"{host.engine.url}: {line}" for host in self.hosts for line in host.front.missing()]

    def prepare(self) -> None:
        """Make the network and the proxy on each host, or renew a proxy whose settings changed."""
        for host in self.hosts:
            host.front.prepare(renew=True)

    def maintain(self, wanted: bool) -> None:
        """Have the proxies answer 503, or no longer."""
        for host in self.hosts:
            host.front.prepare()
            host.switch.maintain(wanted)

    def execute(self, release: str | None, role: str, command: tuple[str, ...]) -> tuple[int, str]:
        """Run a command in a running container on the first host; returns its exit code and output."""
        host = self.hosts[0]
        return host.engine.execute(host.container(release, role), command)


def _too_old(shown: list[OnHost], keep: int) -> list[str]:
    turned = [one for one in shown if one.turn]
    old = [one.release for one in turned[keep:]]
    oldest = min((created for one in turned[:keep] for created in _created(one)), default="")
    return old + [one.release for one in shown if not one.turn and max(_created(one)) < oldest]


def _created(shown: OnHost) -> list[str]:
    return [container.created for container in shown.containers.values()]


def _since(shown: OnHost) -> datetime:
    if shown.turn:
        return datetime.fromtimestamp(shown.turn.at, UTC)
    return datetime.fromisoformat(min(_created(shown)))


def _newest_first(releases: list[Deployed]) -> list[Deployed]:
    return sorted(releases, key=lambda one: one.since, reverse=True)
