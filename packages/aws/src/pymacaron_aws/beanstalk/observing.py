"""The truth about releases, as stored versions and running environments tell it, whoever made them."""

from __future__ import annotations

from datetime import UTC, datetime

from pymacaron.deploy import Deployed, State
from pymacaron_aws.beanstalk.account import Account, Described
from pymacaron_aws.beanstalk.names import Stored

__all__ = ["live_release", "observed", "runs"]

NEVER = datetime.min.replace(tzinfo=UTC)


def runs(stored: Stored, environments: list[Described]) -> Described | None:
    """Return the environment that runs a release; those that only run a command do so by versions of their own."""
    return next((one for one in environments if one.get("VersionLabel") == stored.label), None)


def live_release(account: Account, versions: list[Stored], environments: list[Described]) -> Stored | None:
    """Return the release that has the traffic.

    That is the one whose environment owns the live address. Before the first promotion of all nobody is live: the first
    environment owns the address from its start, because a name can only be swapped with an owner.
    """
    owner = account.owner(environments)
    found = next((one for one in versions if owner and runs(one, [owner])), None)
    return found if found and any(one.promoted for one in versions) else None


def observed(account: Account) -> tuple[Deployed, ...]:
    """Return all releases, those first that were stored or became live last."""
    versions, environments = account.versions(), account.environments()
    live = live_release(account, versions, environments)
    found = [_deployed(one, runs(one, environments), one is live) for one in versions]
    return tuple(sorted(found, key=lambda one: one.since, reverse=True))


def _deployed(stored: Stored, environment: Described | None, is_live: bool) -> Deployed:
    endpoint = environment and environment.get("EndpointURL")
    return Deployed(
        stored.id,
        stored.version,
        stored.commit,
        stored.image,
        _state(stored, environment, is_live),
        (stored.promoted or stored.since or NEVER).astimezone(UTC),
        f"http://{endpoint}" if endpoint else None,
    )


def _state(stored: Stored, environment: Described | None, is_live: bool) -> State:
    if is_live:
        return "live"
    if stored.promoted:
        return "kept"
    if environment is None or environment.get("Health") == "Red":
        return "broken"
    return "staged"
