"""Traffic as lists of targets: where it goes now, and where it shall go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymacaron_gcp.cloudrun.names import short

__all__ = ["is_settled", "shares", "tags", "targets", "uri_of"]

REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


def shares(service: Any) -> dict[str, int]:
    """Return the percentages of a service (a message) by revision, without those that get nothing."""
    found: dict[str, int] = {}
    for target in service.traffic:
        revision = target.revision or short(service.latest_ready_revision)
        if target.percent and revision:
            found[revision] = found.get(revision, 0) + target.percent
    if not found and service.latest_ready_revision:
        return {short(service.latest_ready_revision): 100}
    return found


def tags(service: Any) -> dict[str, str]:
    """Return the revisions of a service by their tags."""
    return {
        target.tag: target.revision or short(service.latest_ready_revision) for target in service.traffic if target.tag
    }


def targets(percents: Mapping[str, int], tagged: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the traffic as Cloud Run takes it: a target per revision with a share, and one per tag without."""
    plain = [{"type_": REVISION, "revision": name, "percent": share} for name, share in percents.items() if share]
    return plain + [{"type_": REVISION, "revision": name, "tag": tag} for tag, name in tagged.items()]


def is_settled(service: Any) -> bool:
    """Tell whether the traffic goes where it shall, as far as Cloud Run knows."""
    now = {(one.revision, one.percent, one.tag) for one in service.traffic_statuses}
    return now == {(one.revision, one.percent, one.tag) for one in service.traffic}


def uri_of(service: Any, revision: str) -> str | None:
    """Return the URL of a revision's own, that of its tag."""
    return next((str(one.uri) for one in service.traffic_statuses if one.revision == revision and one.uri), None)
