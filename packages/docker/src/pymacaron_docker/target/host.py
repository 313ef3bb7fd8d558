"""One host: how releases are started, given the traffic, kept and removed on one Docker engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pymacaron.exceptions import DeployError
from pymacaron_docker.image.dockerfile import PORT
from pymacaron_docker.secrets import PLACE, read_secrets
from pymacaron_docker.target import proxy
from pymacaron_docker.target.calls import HostEngine, Shown, Spec
from pymacaron_docker.target.front import Front
from pymacaron_docker.target.names import WEB_ROLE, Names
from pymacaron_docker.target.proxy import Turn
from pymacaron_docker.target.secrets import archive_of, owner_of, redacted
from pymacaron_docker.target.waiting import answer, until

if TYPE_CHECKING:
    from pymacaron.deploy import Environment, Release

__all__ = ["Host", "OnHost"]

LAST_LINES = 20
PROOF_SECONDS = 10
SETTLE_SECONDS = 1.0
"""How long a worker has to run before it counts as started."""


@dataclass(frozen=True)
class OnHost:
    """What one host has of a release: its containers by role, and when it last got the traffic, if ever."""

    release: str
    containers: dict[str, Shown]
    turn: Turn | None

    @property
    def web(self) -> Shown | None:
        """The container of the web server."""
        return self.containers.get(WEB_ROLE)


class Host:
    """One engine with what an environment has on it."""

    def __init__(self, engine: HostEngine, environment: Environment) -> None:
        self.engine = engine
        self.environment = environment
        self.names = Names(environment.label)
        self.front = Front(engine, environment)
        self.switch = self.front.switch
        self.config = environment.config

    # What is there

    def shown(self) -> list[OnHost]:
        """Return the releases on this host, those that had the traffic first, the live one before all."""
        turns = {turn.release: turn for turn in self.switch.turns()}
        found: dict[str, dict[str, Shown]] = {}
        for container in self.engine.with_labels(environment=self.names.label):
            if release := container.labels.get("pymacaron.release"):
                found.setdefault(release, {})[container.labels["pymacaron.role"]] = container
        releases = [OnHost(release, roles, turns.get(release)) for release, roles in found.items()]
        return sorted(releases, key=lambda one: one.turn.at if one.turn else 0, reverse=True)

    def live(self) -> str | None:
        """Return the release that has the traffic."""
        turns = self.switch.turns()
        return turns[0].release if turns else None

    # A release

    def stage(self, release: Release) -> str:
        """Start the web server of a release, wait until it is ready, and return its URL."""
        self.front.prepare()
        name = self.names.container(release.id, WEB_ROLE)
        web = self.engine.find(name)
        if web and web.started and not web.running and self.live() != release.id:
            self.engine.remove(name)
            web = None
        if web is None:
            self._make(release)
        self.engine.start(name)
        return self._ready(release.id)

    def _make(self, release: Release) -> None:
        """Make the containers of a release; that of the web server last, because it says that all are there."""
        image = self._image(release)
        self.fill_secrets(release, image)
        for role, command in self.environment.roles.items():
            self.engine.make(self.spec(release, image, role, command))
        self.engine.make(self.spec(release, image, WEB_ROLE, None))

    def _image(self, release: Release) -> str:
        for reference in (release.image.id, release.image.digest, release.image.reference):
            if reference and self.engine.image(reference):
                return reference
        wanted = release.image.digest or release.image.reference
        self.environment.tell(f"pulling {wanted}")
        self.engine.pull(wanted)
        return wanted

    def spec(self, release: Release, image: str, role: str, command: tuple[str, ...] | None) -> Spec:
        """Return the container of a role."""
        web = role == WEB_ROLE
        grace = int(self.config.graceful_timeout)
        return Spec(
            self.names.container(release.id, role),
            image,
            labels=self.names.labels(release, role),
            command=command,
            variables={**release.variables, "PORT": str(PORT), "PYM_SECRETS_DIR": PLACE},
            network=self.names.network,
            alias=self.names.address(release.id) if web else None,
            volumes={PLACE: (self.names.secrets(release.id), False)},
            ports={PORT: (self.config.docker_stage_address, 0)} if web else {},
            healthy=web,
            stop_timeout=grace + 5,
            memory=self.config.get("docker_memory"),
            processes=self.config.get("docker_processes"),
        )

    def start_command(self, release: Release, name: str, command: tuple[str, ...]) -> None:
        """Start a container of a release that runs a command and ends."""
        image = self._image(release)
        if self.engine.find(self.names.container(release.id, WEB_ROLE)) is None:
            self.fill_secrets(release, image)
        self.engine.make(replace(self.spec(release, image, "run", command), labels=self.names.own_labels("run")))
        self.engine.start(name)

    def fill_secrets(self, release: Release, image: str) -> None:
        """Write the secrets into the release's volume, through a container that never runs."""
        volume, helper = self.names.secrets(release.id), self.names.container(release.id, "secrets")
        user = self.engine.user_of(image)
        self.engine.make_volume(volume, {**self.names.own_labels("secrets"), "pymacaron.of": release.id})
        self.engine.remove(helper)
        labels = self.names.own_labels("secrets")
        self.engine.make(Spec(helper, image, labels, volumes={PLACE: (volume, True)}))
        self.engine.put(helper, PLACE, archive_of(self.environment.secrets(), *owner_of(user)))
        self.engine.remove(helper)

    def _ready(self, release: str) -> str:
        """Wait until a release is ready, or is known not to become so."""
        name, seconds = self.names.container(release, WEB_ROLE), int(self.config.docker_ready_timeout)
        state: dict[str, Shown | None] = {}

        def settled() -> bool:
            state["web"] = web = self.engine.find(name)
            url = self.front.url_of(web)
            return web is None or not web.running or (url is not None and answer(f"{url}/ready")[0] == 200)

        in_time = until(settled, seconds)
        web = state["web"]
        if web is None or not web.running:
            code = f" with {web.exit_code}" if web else ""
            raise DeployError(f"release {release} ended{code} before it was ready: mend it{self.last_lines(name)}")
        if not in_time:
            raise DeployError(f"release {release} is not ready after {seconds} s: mend it{self.last_lines(name)}")
        return self.front.url_of(web) or ""

    def last_lines(self, name: str) -> str:
        """Return the end of a container's log, without secrets."""
        lines = list(self.engine.logs(name, LAST_LINES)) if self.engine.find(name) else []
        return redacted("".join(f"\n{line}" for line in lines), read_secrets(self.config))

    # The traffic

    def promote(self, release: str, *, renew: bool = False) -> None:
        """Give the traffic to a release that is there, prove it, and lead that of before out.

        `renew` a proxy whose settings changed, once the release is known to be good: a way back keeps what serves.
        """
        self._warm(release)
        self.front.prepare(renew=renew)
        self.switch.turn(release, self.names.address(release))
        self._prove(release)
        self._lead_out(release)

    def _warm(self, release: str) -> None:
        """Start whatever a release consists of: its workers before it gets traffic, so that nobody waits for tasks.

        Those of before work on until it has the traffic: an old worker need not know the tasks of new code, while new
        code has to understand what old code has left in the queue anyway.
        """
        web = self.engine.find(self.names.container(release, WEB_ROLE))
        if web is None:
            raise DeployError(f"release {release} is not on {self.engine.url}: stage it first")
        if web.running:
            self.engine.execute(web.name, ("pym", "drain", "--end"))
        self.engine.start(web.name)
        self._ready(release)
        roles = next(shown.containers for shown in self.shown() if shown.release == release)
        for container in roles.values():
            self.engine.start(container.name)
        self._all_run([container.name for container in roles.values()])
        for container in roles.values():
            self.engine.restart_always(container.name)

    def _all_run(self, names: list[str]) -> None:
        def ended() -> bool:
            return any(not (found and found.running) for found in map(self.engine.find, names))

        if len(names) > 1 and until(ended, SETTLE_SECONDS):
            for name in names:
                found = self.engine.find(name)
                if not (found and found.running):
                    raise DeployError(f"{name} ended as soon as it was started: mend it{self.last_lines(name)}")

    def _prove(self, release: str) -> None:
        url = self.front.url_of(self.engine.find(self.names.proxy), proxy.PROOF)
        if not until(lambda: answer(f"{url}/version")[1].get("release") == release, PROOF_SECONDS):
            raise DeployError(
                f"the proxy {self.names.proxy} does not answer with release {release}: look at its log"
                f"{self.last_lines(self.names.proxy)}"
            )

    def _lead_out(self, live: str) -> None:
        """Keep the release of before running without traffic and workers, and stop those before it."""
        for number, shown in enumerate(one for one in self.shown() if one.release != live and one.turn):
            for role, container in shown.containers.items():
                if role == WEB_ROLE and number == 0 and container.running:
                    self.drain(container)
                else:
                    self.stop(container)

    def stop(self, container: Shown) -> None:
        """End a container as gracefully as the server ends."""
        self.engine.stop(container.name, int(self.config.graceful_timeout) + 5)

    def drain(self, web: Shown) -> None:
        """Have a web server say that it wants no more requests; what is under way ends as if nothing was."""
        self.engine.execute(web.name, ("pym", "drain"))

    # Removing and reading

    def discard(self, release: str) -> None:
        """Remove a release that has no traffic, with its secrets."""
        if self.live() == release:
            raise DeployError(f"release {release} is live: promote or roll back to another one first")
        containers = self.engine.with_labels(environment=self.names.label, release=release)
        turned = [turn.release for turn in self.switch.turns()]
        for container in sorted(containers, key=lambda one: one.labels["pymacaron.role"] == WEB_ROLE):
            if container.running and release in turned:
                self.stop(container)
            self.engine.remove(container.name)
        self.engine.remove(self.names.container(release, "secrets"))
        self.engine.remove_volume(self.names.secrets(release))
        if release in turned:
            self.switch.forget(self.names.address(release))

    def container(self, release: str | None, role: str) -> str:
        """Return the name of a container of a release, of the live one with None."""
        wanted = release or self.live()
        if wanted is None:
            raise DeployError(f"{self.names.label} has no live release: deploy one")
        name = self.names.container(wanted, role)
        if self.engine.find(name) is None:
            raise DeployError(f"release {wanted} has no {role} on {self.engine.url}: see pym releases")
        return name
