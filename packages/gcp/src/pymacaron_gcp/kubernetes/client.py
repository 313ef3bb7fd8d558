"""The one module that calls a cluster: objects as plain data, by the client library of Kubernetes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from pymacaron.exceptions import ConfigError, DeployError
from pymacaron_gcp.kubernetes.kinds import KINDS, Kind, path_of

__all__ = ["MANAGER", "Cluster", "KubernetesError"]

MANAGER = "pymacaron"
ATTEMPTS = 6
FIRST_PAUSE, LONGEST_PAUSE = 0.3, 8.0
PASSING = {0, 429, 500, 502, 503, 504}
APPLY = "application/apply-patch+yaml"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

Object = dict[str, Any]

_connecting = threading.Lock()
"""Connecting imports the library, whose modules import each other: two threads at once would get half of it."""


class KubernetesError(DeployError):
    """A call that failed for good: `http_status` is that of the answer, 0 where there was none."""

    http_status: int = 0

    @classmethod
    def of(cls, status: int, sentence: str) -> KubernetesError:
        """Make the error of a status."""
        error = cls(sentence)
        error.http_status = status
        return error

    @property
    def is_missing(self) -> bool:
        """Whether what was asked for does not exist."""
        return self.http_status == 404

    @property
    def is_conflict(self) -> bool:
        """Whether somebody else was faster."""
        return self.http_status == 409


class Cluster:
    """Calls in one namespace of a cluster; `connect` makes the library's client when the first one is made.

    Throttling, missing answers and errors of the server are retried; what was done all the same meets its own trace
    then (409, 404), which callers take for what it is. Every method raises KubernetesError.
    """

    def __init__(self, namespace: str, connect: Callable[[], Any], timeout: float = 60) -> None:
        self.namespace, self._connect, self._timeout = namespace, connect, timeout
        self._api: Any = None
        self._found: dict[tuple[str, str], Kind] = {}

    def find(self, kind: str, name: str) -> Object | None:
        """Return an object, None where there is none."""
        found: Object | None = self._existing(lambda: self.send("GET", self._path(kind, name)))
        return found

    def has(self, kind: str, name: str) -> bool:
        """Tell whether there is an object, without asking for its content."""
        path = self._path(kind, name)
        return self._existing(lambda: self.send("GET", path, accept=METADATA)) is not None

    def current(self, manifest: Object) -> Object | None:
        """Return the object that a manifest is of, as it is now, None where there is none."""
        metadata = manifest["metadata"]
        kind = self.kind(manifest["kind"], manifest["apiVersion"])
        path = path_of(kind, metadata.get("namespace", self.namespace), metadata["name"])
        found: Object | None = self._existing(lambda: self.send("GET", path))
        return found

    def list(self, kind: str | Kind, labels: Mapping[str, str] | None = None, fields: str = "") -> list[Object]:
        """Return the objects that have all these labels, and fit a selector of fields."""
        query = {"labelSelector": ",".join(f"{name}={value}" for name, value in (labels or {}).items())}
        query |= {"fieldSelector": fields}
        given = {key: text for key, text in query.items() if text}
        found: list[Object] = self.send("GET", self._path(kind), given)["items"]
        return found

    def apply(self, manifest: Object, manager: str = MANAGER, *, dry_run: bool = False) -> Object:
        """Have an object be as a manifest says in the fields that it names, by server-side apply.

        What a manager named before and does not name any more goes; what others set of it stays.
        """
        query = {"fieldManager": manager, "force": "true", **({"dryRun": "All"} if dry_run else {})}
        metadata = manifest["metadata"]
        kind = self.kind(manifest["kind"], manifest["apiVersion"])
        path = path_of(kind, metadata.get("namespace", self.namespace), metadata["name"])
        answer: Object = self.send("PATCH", path, query, manifest, content=APPLY)
        return answer

    def create(self, manifest: Object) -> Object:
        """Make an object; 409 where it is there."""
        answer: Object = self.send(
            "POST", self._path(manifest["kind"]), {"fieldManager": MANAGER}, manifest, content="application/json"
        )
        return answer

    def replace(self, manifest: Object) -> Object:
        """Replace an object; 409 where it is not any more as its resourceVersion says."""
        path = self._path(manifest["kind"], manifest["metadata"]["name"])
        answer: Object = self.send("PUT", path, {"fieldManager": MANAGER}, manifest, content="application/json")
        return answer

    def delete(self, kind: str | Kind, name: str, grace: int | None = None) -> None:
        """Delete an object with all that it owns; nothing happens where it is gone."""
        options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        body = options if grace is None else {**options, "gracePeriodSeconds": grace}
        self._existing(lambda: self.send("DELETE", self._path(kind, name), {}, body, content="application/json"))

    def log(self, pod: str, container: str, **query: Any) -> str:
        """Return the log of a container, "" where it has none yet; `query` is that of the API, such as tailLines."""
        texts = {"container": container, **{key: str(value) for key, value in query.items()}}
        try:
            return str(self.send("GET", f"{self._path('Pod', pod)}/log", texts, accept="*/*"))
        except KubernetesError as error:
            if error.http_status in (400, 404):
                return ""
            raise

    def kind(self, name: str, version: str) -> Kind:
        """Return where objects of a kind are; asks the cluster for those that are not in our table."""
        known = KINDS.get(name)
        if known is not None and known.version == version:
            return known
        if (version, name) not in self._found:
            self._found[version, name] = self._discovered(name, version)
        return self._found[version, name]

    def serves(self, version: str) -> bool:
        """Tell whether the cluster has a version of an API, such as "gateway.networking.k8s.io/v1"."""
        return self._existing(lambda: self.send("GET", f"/apis/{version}")) is not None

    def may(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether the caller may do something: verb, group, resource and so on of one call."""
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        body = {**review, "spec": {"resourceAttributes": dict(attributes)}}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        answer = self.send("POST", path, {}, body, content="application/json")
        return bool(answer["status"]["allowed"])

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        content: str = "",
        accept: str = "application/json",
    ) -> Any:
        """Call the API, and return the JSON that it answers, text for logs."""
        headers = {"Accept": accept, **({"Content-Type": content} if content else {})}
        pause = FIRST_PAUSE
        for _ in range(ATTEMPTS - 1):
            try:
                return self._sent(method, path, query or {}, headers, body)
            except KubernetesError as error:
                if error.http_status not in PASSING:
                    raise
            time.sleep(pause)
            pause = min(pause * 3, LONGEST_PAUSE)
        return self._sent(method, path, query or {}, headers, body)

    def _sent(self, method: str, path: str, query: Mapping[str, str], headers: dict[str, str], body: Any) -> Any:
        api = self._client()
        from urllib3.exceptions import HTTPError

        pairs = list(query.items())
        serialized = api.param_serialize(
            method, path, query_params=pairs, header_params=dict(headers), body=body, auth_settings=["BearerToken"]
        )
        try:
            response = api.call_api(*serialized, _request_timeout=self._timeout)
            data = response.read()
        except HTTPError as error:
            reason = type(getattr(error, "reason", None) or error).__name__
            raise KubernetesError.of(
                0, f"the cluster does not answer {method} {path} ({reason}): check the network, then --resume"
            ) from error
        if response.status >= 300:
            raise _refused(response.status, method, path, data)
        return json.loads(data) if headers["Accept"] != "*/*" else data.decode(errors="replace")

    def _client(self) -> Any:
        with _connecting:
            if self._api is None:
                try:
                    self._api = self._connect()
                except ModuleNotFoundError as error:
                    extra = "pip install 'pymacaron-gcp[gke]>=3'"
                    raise ConfigError(f"Kubernetes cannot be called, {error.name} is not installed: {extra}") from error
            return self._api

    def _path(self, kind: str | Kind, name: str = "") -> str:
        return path_of(kind if isinstance(kind, Kind) else KINDS[kind], self.namespace, name)

    def _existing(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except KubernetesError as error:
            if error.is_missing:
                return None
            raise

    def _discovered(self, name: str, version: str) -> Kind:
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        found = self._existing(lambda: self.send("GET", root)) or {}
        for one in found.get("resources", []):
            if one["kind"] == name and "/" not in one["name"]:
                return Kind(version, one["name"], namespaced=one["namespaced"])
        raise KubernetesError.of(
            404, f"the cluster knows no {name} of {version}: install what brings it, or correct the manifest"
        )


def _refused(status: int, method: str, path: str, data: bytes) -> KubernetesError:
    try:
        message = str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        message = data.decode(errors="replace")[:300]
    text = " ".join(message.split()) or "no reason was given"
    called = f"{method} {path}"
    if status == 401:
        sentence = f"the cluster does not accept the credentials for {called}: log in again, then --resume"
    elif status == 403:
        sentence = f"the caller may not {called}: grant what 'pym gke policy' prints ({text})"
    elif status == 429:
        sentence = f"the cluster still throttles {called} after {ATTEMPTS} attempts: wait a minute, then --resume"
    elif status >= 500:
        sentence = f"{called} failed on the side of the cluster ({status}): wait a minute, then --resume ({text})"
    else:
        sentence = f"{called} was refused ({status}): {text}"
    return KubernetesError.of(status, sentence)
