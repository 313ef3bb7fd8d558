"""The swap of the live address: its owner is looked at before and after, as a swap that is repeated swaps back."""

from __future__ import annotations

import time

from pymacaron.exceptions import DeployError
from pymacaron_aws.beanstalk.account import Account, Described
from pymacaron_aws.beanstalk.launching import Launcher
from pymacaron_aws.client import AwsError

__all__ = ["check_own", "give_address"]

ATTEMPTS = 5
PAUSE = 0.5


def give_address(account: Account, launcher: Launcher, environment: Described) -> None:
    """Have an environment own the live address, whoever owns it now; nothing happens where it does.

    Raises DeployError where nobody owns it, or somebody else's environment.
    """
    name = environment["EnvironmentName"]
    for attempt in range(ATTEMPTS):
        owner = _owner(account, launcher, name)
        if owner["EnvironmentName"] == name:
            return
        account.environment.tell(f"swapping {account.address} from {owner['EnvironmentName']} to {name}")
        try:
            account.aws.call(
                "elasticbeanstalk",
                "swap_environment_cnames",
                SourceEnvironmentName=name,
                DestinationEnvironmentName=owner["EnvironmentName"],
            )
        except AwsError as error:
            if not error.is_passing:
                raise
            time.sleep(PAUSE * 2**attempt)
    if _owner(account, launcher, name)["EnvironmentName"] != name:
        raise DeployError(f"{account.address} did not go to {name} in {ATTEMPTS} attempts: deploy with --resume")


def check_own(account: Account, owner: Described) -> None:
    """Raise DeployError where the owner of the live address runs no release of this environment of the service."""
    if all(one.label != owner.get("VersionLabel") for one in account.versions()):
        raise DeployError(
            f"{account.address} belongs to the environment '{owner['EnvironmentName']}', which runs no release of "
            f"{account.environment.label}: swap it by hand once, or set aws_cname"
        )


def _owner(account: Account, launcher: Launcher, name: str) -> Described:
    environments = account.environments()
    owner = account.owner(environments)
    if owner is None:
        raise DeployError(
            f"no environment of {account.environment.service} owns {account.address}: discard the release of {name}, "
            "then deploy again, which starts it with the address, or set aws_cname where another account owns it"
        )
    check_own(account, owner)
    for one in (owner, *(each for each in environments if each["EnvironmentName"] == name)):
        if one["Status"] != "Ready":
            launcher.settled(one)
            return _owner(account, launcher, name)
    return owner
