"""Environments are made and ended here, so that calling again after any interruption leads to the same end."""

from __future__ import annotations

from typing import Any

from pymacaron.exceptions import DeployError
from pymacaron_aws.beanstalk.account import Account, Described
from pymacaron_aws.beanstalk.bundle import compose, run_hook, source_bundle
from pymacaron_aws.beanstalk.names import Stored, bundle_key, tag_list
from pymacaron_aws.beanstalk.observing import live_release
from pymacaron_aws.beanstalk.options import IN_PLACE, option_settings
from pymacaron_aws.beanstalk.pauses import ticks
from pymacaron_aws.beanstalk.waiting import Watch
from pymacaron_aws.client import AwsError

__all__ = ["Launcher"]

TAKEN = "InvalidParameterValue"
GONE = "No Environment found"
RED_SECONDS = 60.0


class Launcher:
    """Makes and ends what one environment of a service consists of."""

    def __init__(self, account: Account) -> None:
        self._account, self._aws = account, account.aws
        self._application = account.environment.service
        self._tell = account.environment.tell

    def store(self, stored: Stored, command: tuple[str, ...] = ()) -> None:
        """Store source bundle and version of a release, unless they are; a command is run where it is launched.

        A version that AWS could not process is stored anew.
        """
        status = self._status(stored.label)
        if status == "failed":
            self.forget(stored.label)
        if status in ("", "failed"):
            self._store(stored, command)
        self._wait_until_processed(stored)

    def _store(self, stored: Stored, command: tuple[str, ...]) -> None:
        place = {"S3Bucket": self._account.bucket, "S3Key": bundle_key(self._application, stored.label)}
        body = source_bundle(self._files(stored, command))
        self._aws.call("s3", "put_object", Bucket=place["S3Bucket"], Key=place["S3Key"], Body=body)
        self._tell(f"storing the version {stored.label}")
        self._make(
            "create_application_version",
            {"ApplicationName": self._application, "VersionLabels": [stored.label]},
            ApplicationName=self._application,
            VersionLabel=stored.label,
            SourceBundle=place,
            Process=True,
            Tags=tag_list(stored.tags) if not command else [],
        )

    def launch(self, stored: Stored, purpose: str = "") -> Described:
        """Return the environment of a stored release, made where it is not there, when it is ready.

        The one that has its name, and was given another release in place, is given it again in place. One that stays
        Red is ended and made anew, unless it is live. Raises DeployError where it does not become ready.
        """
        account, name = self._account, self._account.name_of(stored.id, purpose)
        found = account.named(name) if purpose else account.described(stored.id) or account.named(name)
        if found and found["VersionLabel"] != stored.label and found["Status"] != "Terminating":
            return self.update(found, stored)
        if found and (found["Status"] == "Terminating" or self._is_lost(found)):
            self.terminate(found)
            found = None
        watch = self._watch(found["EnvironmentName"] if found else name)
        if found is None:
            self._tell(f"creating the environment {name} for {stored.id}")
            names = {"ApplicationName": self._application, "EnvironmentNames": [name], "IncludeDeleted": False}
            self._make("create_environment", names, **self._parameters(stored, name, purpose))
        return watch.until_ready(stored.label)

    def update(self, environment: Described, stored: Stored) -> Described:
        """Give an environment a stored release in place, unless it has it, and return it when it is ready.

        Other options than variables and secrets stay as they are. Raises DeployError where it does not become ready.
        """
        name = environment["EnvironmentName"]
        self.settled(environment)
        watch = self._watch(name)
        if environment["VersionLabel"] != stored.label or environment.get("Health") != "Green":
            self._tell(f"updating the environment {name} to {stored.id} in place")
            options = option_settings(self._account.settings, stored.variables, self._account.secrets())
            changed = [one for one in options if one["Namespace"] in IN_PLACE]
            version = {"EnvironmentName": name, "VersionLabel": stored.label}
            self._aws.call("elasticbeanstalk", "update_environment", **version, OptionSettings=changed)
        return watch.until_ready(stored.label)

    def terminate(self, environment: Described) -> None:
        """End an environment, once nothing updates it, and wait until it is gone."""
        name = environment["EnvironmentName"]
        watch = self._watch(name)
        found = watch.until_updated()
        if found and found["Status"] != "Terminating":
            self._tell(f"terminating the environment {name}")
            self._end(name)
        watch.until_gone()

    def _end(self, name: str) -> None:
        try:
            self._aws.call("elasticbeanstalk", "terminate_environment", EnvironmentName=name)
        except AwsError as error:
            if GONE not in str(error):
                raise

    def forget(self, label: str) -> None:
        """Delete a version that no environment runs, with its source bundle; nothing happens where it is gone."""
        name = {"ApplicationName": self._application, "VersionLabel": label}
        self._aws.call("elasticbeanstalk", "delete_application_version", **name, DeleteSourceBundle=True)

    def settled(self, environment: Described) -> Described:
        """Return an environment when it is Ready."""
        return self._watch(environment["EnvironmentName"]).until_settled()

    def _files(self, stored: Stored, command: tuple[str, ...]) -> dict[str, str]:
        if not command:
            return {"docker-compose.yml": compose(stored.image, self._account.environment.roles)}
        names = [*stored.variables, *self._account.secrets()]
        hook = run_hook(stored.image, command, names)
        return {"docker-compose.yml": compose(stored.image, {}), ".platform/hooks/predeploy/01_run.sh": hook}

    def _parameters(self, stored: Stored, name: str, purpose: str) -> dict[str, Any]:
        account = self._account
        options = option_settings(account.settings, stored.variables, account.secrets(), alone=bool(purpose))
        # The first environment takes the live address with it: a name can only be swapped with one that owns it.
        takes_address = not purpose and account.dns()["Available"]
        return {
            "ApplicationName": self._application,
            "EnvironmentName": name,
            "VersionLabel": stored.label,
            "Description": f"{account.environment.label} {stored.id}"[:200],
            "OptionSettings": options,
            "Tags": tag_list(stored.tags),
            **account.platform(),
            **({"CNAMEPrefix": account.prefix} if takes_address else {}),
        }

    def _make(self, operation: str, names: dict[str, Any], **parameters: Any) -> None:
        """Make something; that it is there already is what a repeated call finds, whose first answer was lost."""
        try:
            self._aws.call("elasticbeanstalk", operation, **parameters)
        except AwsError as error:
            lister = {
                "create_environment": ("describe_environments", "Environments"),
                "create_application_version": ("describe_application_versions", "ApplicationVersions"),
            }
            listing, field = lister[operation]
            if error.aws_code != TAKEN or not self._aws.call("elasticbeanstalk", listing, **names)[field]:
                raise

    def _wait_until_processed(self, stored: Stored) -> None:
        for _ in ticks(300):
            status = self._status(stored.label)
            if status in ("processed", "unprocessed"):
                return
            if status == "failed":
                break
        self.forget(stored.label)
        raise DeployError(f"AWS could not process the version {stored.label}: deploy again")

    def _status(self, label: str) -> str:
        """Return how far a version is processed, in lower case as AWS answers in upper; "" for none that is stored."""
        known = {"ApplicationName": self._application, "VersionLabels": [label]}
        found = self._aws.call("elasticbeanstalk", "describe_application_versions", **known)["ApplicationVersions"]
        return str(found[0]["Status"]).lower() if found else ""

    def _is_lost(self, environment: Described) -> bool:
        """Tell whether an environment stays Red, once nothing updates it; what is live is never lost."""
        watch = self._watch(environment["EnvironmentName"])
        settled = watch.until_updated() if environment["Status"] == "Updating" else environment
        if settled is None or settled["Status"] != "Ready" or settled.get("Health") != "Red":
            return False
        live = live_release(self._account, self._account.versions(), self._account.environments())
        if live and live.label == environment["VersionLabel"]:
            return False
        return watch.stays_red(RED_SECONDS)

    def _watch(self, name: str) -> Watch:
        seconds = self._account.settings.aws_timeout_minutes * 60
        return Watch(self._aws, self._application, name, self._tell, seconds)
