"""Staging: the revision of a release is made beside what is live, with a URL of its own."""

from __future__ import annotations

from typing import Any

from pymacaron.deploy import Release
from pymacaron.exceptions import DeployError
from pymacaron_gcp.cloudrun import templates
from pymacaron_gcp.cloudrun.memory import Memory
from pymacaron_gcp.cloudrun.names import revision_stem, short, tag_name
from pymacaron_gcp.cloudrun.service import RunService, failure_of, release_of
from pymacaron_gcp.cloudrun.templates import Roles, Secrets, Template
from pymacaron_gcp.cloudrun.traffic import shares, tags, targets, uri_of
from pymacaron_gcp.cloudrun.waiting import Watch
from pymacaron_gcp.settings import GcpSettings

__all__ = ["Staging"]


class Staging:
    """The staging of one release."""

    def __init__(
        self, service: RunService, watch: Watch, settings: GcpSettings, release: Release, secrets: Secrets, roles: Roles
    ) -> None:
        self._service, self._watch, self._settings, self._release = service, watch, settings, release
        self._template = templates.revision(settings, release, secrets, roles)

    def stage(self) -> str:
        """Make the revision unless it is there, wait until it is ready, and return the URL of its tag."""
        revision = self._existing() or self._new_name()
        if self._service.read() is None:
            self._service.create(self._created(revision))
        else:
            self._service.change(lambda service: self._changes(service, revision))
        self._service.publish(self._settings.gcp_public)
        ready = self._watch.until_ready(revision)
        uri = uri_of(ready, revision)
        if uri is None:
            raise DeployError(f"{revision} has no URL of its own: somebody removed its tag; stage it again")
        return uri

    def plan(self) -> list[str]:
        """Have Cloud Run judge the revision without making it, and return what would be changed."""
        revision = self._existing()
        service = self._service.read()
        if revision is None and service is None:
            self._service.create(self._created(self._new_name()), validate_only=True)
        elif revision is None:
            new = self._new_name()
            self._service.change(lambda service: self._changes(service, new), validate_only=True)
        steps = ", ".join(f"{share} %" for share in (self._settings.gcp_canary if service is not None else [100]))
        return [
            f"service {self._service.name}: {'is there' if service is not None else 'is created'}",
            f"revision {revision or self._new_name()}: {'is there' if revision else 'is made'}",
            f"image {self._template['containers'][0]['image']}",
            *_secret_lines(self._template),
            f"traffic to {self._release.id}: 0 %, {steps}",
        ]

    def _existing(self) -> str | None:
        """Return the revision of the release that did not fail."""
        good = (one for one in self._service.revisions() if release_of(one) == self._release.id and not failure_of(one))
        return next((short(one.name) for one in good), None)

    def _new_name(self) -> str:
        """Return a name that no revision has, the same as long as nothing was made."""
        taken = {short(one.name) for one in self._service.all_revisions()}
        stem = revision_stem(self._service.name, self._release.id, templates.content(self._template))
        number = next(number for number in range(1, len(taken) + 2) if _numbered(stem, number) not in taken)
        return _numbered(stem, number)

    def _created(self, revision: str) -> dict[str, Any]:
        traffic = targets({revision: 100}, {tag_name(self._release.id): revision})
        return {"template": {**self._template, "revision": revision}, "traffic": traffic, **self._scaling()}

    def _changes(self, service: Any, revision: str) -> dict[str, Any]:
        known = [short(one.name) for one in self._service.all_revisions()]
        tag = tag_name(self._release.id)
        if revision in known and tags(service).get(tag) == revision:
            return {}
        # A service whose first revision failed has traffic for nothing but that one.
        live = {name: share for name, share in shares(service).items() if name in known} or {revision: 100}
        traffic = targets(live, {**tags(service), tag: revision})
        if revision in known:
            return {"traffic": traffic}
        template = {**self._template, "revision": revision}
        return {
            "template": template,
            "traffic": traffic,
            "annotations": Memory.of(service).annotations,
            **self._scaling(),
        }

    def _scaling(self) -> dict[str, Any]:
        return {"scaling": {"min_instance_count": self._settings.gcp_min_instances}}


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}-{number}"


def _secret_lines(template: Template) -> list[str]:
    references = {
        one["name"]: one["value_source"]["secret_key_ref"]
        for one in template["containers"][0]["env"]
        if "value_source" in one
    }
    return [f"secret {name}: version {one['version']} of {one['secret']}" for name, one in references.items()]
