"""The target itself: what a deploy does on Elastic Beanstalk, told in steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime

from pymacaron.deploy import Environment, Lock, Observation, Release
from pymacaron.exceptions import DeployError
from pymacaron_aws.beanstalk.account import Account, Described
from pymacaron_aws.beanstalk.hosting import ensure_alias
from pymacaron_aws.beanstalk.launching import Launcher
from pymacaron_aws.beanstalk.locking import S3Lock
from pymacaron_aws.beanstalk.logs import Logs
from pymacaron_aws.beanstalk.names import PROMOTED, RUN, Stored, lock_key, tag_list
from pymacaron_aws.beanstalk.observing import live_release, observed, runs
from pymacaron_aws.beanstalk.options import option_settings
from pymacaron_aws.beanstalk.pruning import prune
from pymacaron_aws.beanstalk.swapping import check_own, give_address
from pymacaron_aws.client import Aws
from pymacaron_aws.settings import aws_settings

__all__ = ["BeanstalkTarget"]


class BeanstalkTarget:
    """A `pymacaron.deploy.Target`: an application per service, a version and an environment per release."""

    def __init__(self, environment: Environment, aws: Aws | None = None) -> None:
        settings = aws_settings(environment.config)
        self.aws = aws or Aws(settings.aws_user, settings.aws_region)
        self.account = Account(self.aws, environment, settings)
        self._launcher = Launcher(self.account)
        self._environment = environment

    def check(self) -> list[str]:
        """Return what is missing in the account, a sentence each."""
        from pymacaron_aws.requirements import missing

        return [one.sentence for one in missing(self.account)]

    def lock(self, lock: Lock) -> None:
        """Take or renew the lock, which is an object in the bucket."""
        self._lock.take(lock)

    def unlock(self, token: str | None) -> None:
        """Give the lock back."""
        self._lock.give_back(token)

    def locked(self) -> AbstractContextManager[None]:
        """Hold the lock for a command that is no part of a deploy."""
        return self._lock.kept()

    def plan(self, release: Release) -> list[str]:
        """Return what would change; raises DeployError where Elastic Beanstalk itself refuses the options."""
        account, stored = self.account, Stored.of(release, self._environment)
        owner = account.owner(account.environments())
        self._validate(stored, owner)
        (platform,) = account.platform().values()
        settings = account.settings
        size = f"{settings.aws_hosts_min} to {settings.aws_hosts_max} {settings.aws_instance_type}"
        moved = f"swap {account.address} from {owner['EnvironmentName']}" if owner else f"start with {account.address}"
        return [
            f"store {stored.image} as the version {stored.label} in {account.bucket}",
            f"create the environment {account.name_of(stored.id)}: {size}, {platform.rpartition('platform/')[2]}",
            *(f"run the role {role}" for role in sorted(self._environment.roles)),
            moved,
        ]

    def run(self, release: Release, command: tuple[str, ...]) -> None:
        """Run a command on an instance of its own, by a hook of a version that is deleted again."""
        stored = Stored.of(release, self._environment)
        runner = replace(stored, label=f"{stored.label}{RUN}"[-100:])
        self._launcher.store(runner, command)
        try:
            self._launcher.launch(runner, "run")
        finally:
            if left := self.account.named(self.account.name_of(stored.id, "run")):
                self._launcher.terminate(left)
            self._launcher.forget(runner.label)

    def stage(self, release: Release) -> str:
        """Start the environment of a release, and return the URL of its own endpoint when it is ready."""
        stored = Stored.of(release, self._environment)
        self._validate(stored, self.account.owner(self.account.environments()))
        self._launcher.store(stored)
        return _url(self._launcher.launch(stored))

    def promote(self, release: Release, verify: Callable[[str], None]) -> str:
        """Swap the live address to the environment of a release; the address moves at once, so nothing is verified."""
        stored = self.account.find(release.id)
        environment = self.account.described(release.id)
        if stored is None or environment is None:
            raise DeployError(f"{release.id} is not staged in {self._environment.label}: deploy it again")
        return self._make_live(stored, environment)

    def replace(self, release: Release) -> str:
        """Give the live environment the version of a release, its variables and secrets; nothing serves meanwhile."""
        stored = Stored.of(release, self._environment)
        owner = self.account.owner(self.account.environments())
        if owner is None:
            self.stage(release)
        else:
            check_own(self.account, owner)
            self._validate(stored, owner)
            self._launcher.store(stored)
            self._launcher.update(owner, stored)
        return self.promote(release, lambda url: None)

    def observe(self) -> Observation:
        """Return what stored versions, environments and the lock say."""
        return Observation(self.account.live_url, observed(self.account), self._lock.held())

    def rollback(self, release: str) -> str:
        """Swap the live address back, to an environment that is made anew where it is gone.

        One that has the address keeps it, whatever its health: nothing is changed.
        """
        stored = self.account.find(release)
        if stored is None or stored.promoted is None:
            raise DeployError(f"{release} was never live in {self._environment.label}: see 'pym releases'")
        owner = self.account.owner(self.account.environments())
        if owner and runs(stored, [owner]):
            return self.account.live_url
        return self._make_live(stored, self._launcher.launch(stored))

    def discard(self, release: str) -> None:
        """Remove environment, version and source bundle of a release that is not live."""
        versions, environments = self.account.versions(), self.account.environments()
        live = live_release(self.account, versions, environments)
        if live and live.id == release:
            raise DeployError(f"{release} is live in {self._environment.label}: roll back to another release first")
        if environment := self.account.described(release):
            self._hand_over_address(environment, environments, versions)
            self._launcher.terminate(environment)
        for stored in versions:
            if stored.id == release:
                self._launcher.forget(stored.label)

    def logs(self, release: str | None, *, role: str = "web", lines: int = 100, follow: bool = False) -> Iterator[str]:
        """Give the last lines that docker compose logged on the instances of a release."""
        logs = Logs(self.aws, self._running(release)["EnvironmentName"])
        yield from logs.follow(lines, role) if follow else logs.tail(lines, role)

    def prune(self, keep: int) -> list[str]:
        """Remove what no rollback needs; an environment that was just replaced stays for `aws_bake_minutes`."""
        keep = self.account.settings.aws_keep_releases or keep
        return prune(self.account, self._launcher, keep, datetime.now(UTC))

    def _validate(self, stored: Stored, owner: Described | None) -> None:
        """Have Elastic Beanstalk judge the options of a release; raises DeployError for what it refuses.

        It judges by an environment, the owner of the live address; without one it does as the first is made.
        """
        account = self.account
        options = option_settings(account.settings, stored.variables, account.secrets())
        if owner is None:
            return
        names = {"ApplicationName": self._environment.service, "EnvironmentName": owner["EnvironmentName"]}
        answer = self.aws.call("elasticbeanstalk", "validate_configuration_settings", **names, OptionSettings=options)
        if wrong := [one["Message"] for one in answer["Messages"] if one["Severity"] == "error"]:
            raise DeployError(
                "\n".join([f"Elastic Beanstalk refuses the options of {stored.id}: {wrong[0]}", *wrong[1:]])
            )

    @property
    def _lock(self) -> S3Lock:
        return S3Lock(self.aws, self.account.bucket, lock_key(self._environment), self._environment.label)

    def _make_live(self, stored: Stored, environment: Described) -> str:
        if environment.get("Health") != "Green":
            raise DeployError(
                f"{environment['EnvironmentName']} is {environment.get('Health')} and gets no traffic: see 'pym logs'"
            )
        ensure_alias(self.account)
        give_address(self.account, self._launcher, environment)
        tags = tag_list({PROMOTED: datetime.now(UTC).isoformat(timespec="milliseconds")})
        self.aws.call("elasticbeanstalk", "update_tags_for_resource", ResourceArn=stored.arn, TagsToAdd=tags)
        return self.account.live_url

    def _hand_over_address(self, environment: Described, environments: list[Described], versions: list[Stored]) -> None:
        owner = self.account.owner(environments)
        others = [one for one in environments if one is not owner and one.get("Health") == "Green"]
        mine = [one for one in others if any(runs(stored, [one]) for stored in versions)]
        if owner and owner["EnvironmentName"] == environment["EnvironmentName"] and mine:
            give_address(self.account, self._launcher, mine[-1])

    def _running(self, release: str | None) -> Described:
        versions, environments = self.account.versions(), self.account.environments()
        live = live_release(self.account, versions, environments)
        stored = live if release is None else next((one for one in versions if one.id == release), None)
        found = runs(stored, environments) if stored else None
        if found is None:
            raise DeployError(
                f"{release or 'what is live'} does not run in {self._environment.label}: see 'pym releases'"
            )
        return found


def _url(environment: Described) -> str:
    return f"http://{environment['EndpointURL']}"
