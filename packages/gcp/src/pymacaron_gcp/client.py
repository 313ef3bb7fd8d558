"""The one module that calls Google Cloud: it makes the clients of Google's libraries, and puts errors into sentences.

Who calls is the matter of `gcp_key_file`, else of Google's application default credentials. `PYM_GCP_ENDPOINT`, an http
URL of this machine, leads all calls to an emulator instead, in the name of nobody, who gets tokens there as others get
theirs from Google.
"""

from __future__ import annotations

import os
import re
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from pymacaron.exceptions import ConfigError, DeployError
from pymacaron_gcp.calls import permission
from pymacaron_gcp.identity import identity_credentials, unsigned_identity

__all__ = ["ENDPOINT", "Gcp", "GcpError"]

ENDPOINT = "PYM_GCP_ENDPOINT"
ATTEMPTS = 6
LONGEST_PAUSE = 8.0
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
PASSING = {429, 500, 502, 503, 504}
# What has a consequence each time it is done is sent once: whoever calls it looks at what became of it.
SENT_ONCE = {("jobs", "run_job")}
# How google-api-core begins the message of an error.
_CALLED = re.compile(r"^[A-Z]+ https?://\S+: ")
SERVICE_ACCOUNT = (
    "deploy as a service account: on a machine that has one, by gcp_key_file, by a federation that impersonates one, "
    "or by 'gcloud auth application-default login --impersonate-service-account=<its address>'"
)
IDENTITY = (
    "try again; who impersonates a service account needs roles/iam.serviceAccountTokenCreator on it, or as a federated "
    "workload roles/iam.workloadIdentityUser, and the API iamcredentials.googleapis.com"
)
EMULATED = "nobody@emulated.iam.gserviceaccount.com"
"""Whose identity tokens an emulator gives."""
EXTRA = "pip install 'pymacaron-gcp[cloud-run]>=3'"
_connecting = threading.Lock()
"""Connecting imports libraries whose modules import each other: two threads at once could get half of one."""


class GcpError(DeployError):
    """A call that failed for good: `gcp_code` is the HTTP status of the answer, 0 where there was none."""

    gcp_code: int = 0
    is_passing: bool = False

    @classmethod
    def of(cls, gcp_code: int, sentence: str, is_passing: bool = False) -> GcpError:
        """Make the error of a status; `is_passing` is for what may be better in a moment."""
        error = cls(sentence)
        error.gcp_code, error.is_passing = gcp_code, is_passing
        return error

    @property
    def is_missing(self) -> bool:
        """Whether what was asked for does not exist."""
        return self.gcp_code == 404

    @property
    def is_conflict(self) -> bool:
        """Whether somebody else was faster: a name that is taken, or an etag that is old (409, 412)."""
        return self.gcp_code in (409, 412)


class Gcp:
    """Calls in one project and region: `timeout` is the seconds that an answer may take."""

    def __init__(self, project: str, region: str, key_file: str | None = None, timeout: float = 60) -> None:
        self.project, self.region, self.timeout = project, region, timeout
        self._key_file = key_file
        self._clients: dict[str, Any] = {}
        self._identities: dict[str, Any] = {}
        self._identifying = threading.Lock()

    @property
    def parent(self) -> str:
        """The place in which everything is: "projects/<project>/locations/<region>"."""
        return f"projects/{self.project}/locations/{self.region}"

    def call(self, service: str, operation: str, /, **parameters: Any) -> Any:
        """Call an operation by its name in Google's library, and return the message that it answers; raises GcpError.

        The parameters are the fields of the request. A list is answered as a list, of all pages. Throttling, time-outs
        and errors of the server are retried here; a repeated request meets what the first one did (409, 404, an old
        etag), which callers take for what it is. An operation that is not listed in `pymacaron_gcp.calls`, from which
        the role of the deployer is made, is a KeyError.
        """
        wanted = permission(service, operation)
        attempts = 1 if (service, operation) in SENT_ONCE else ATTEMPTS
        send = self._rest if wanted.path else self._library
        for attempt in range(1, attempts + 1):
            try:
                return send(service, operation, parameters)
            except GcpError as error:
                if not error.is_passing or attempt == attempts:
                    raise
                time.sleep(min(0.1 * 3**attempt, LONGEST_PAUSE) if not self._endpoint else 0.01)
        raise AssertionError("unreachable")

    @cached_property
    def who(self) -> str:
        """Who calls, for people."""
        name = getattr(self._credentials, "service_account_email", None)
        return name if name and "@" in name else "the caller"

    def token(self) -> str:
        """Return an access token of the caller, good for an hour at most; raises GcpError."""
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        try:
            self._credentials.refresh(Request())
        except GoogleAuthError as error:
            self._unauthenticated(error)
        return str(self._credentials.token)

    def id_token(self, audience: str) -> str:
        """Return an identity token of the caller for an audience, good for some minutes at least; raises GcpError.

        It is asked for once, and again shortly before its hour is over; threads may share it.
        """
        with _connecting:
            from google.auth.exceptions import GoogleAuthError
            from google.auth.transport.requests import Request
            from requests.exceptions import RequestException
        with self._identifying:
            try:
                found = self._identities.get(audience) or self._identity(audience)
                if not found.valid:
                    found.refresh(Request())
            except (GoogleAuthError, RequestException, ValueError) as error:
                # What else the error has is the answer that was given, with whatever is in it.
                text = " ".join(str(error.args[0] if error.args else error).split())[:300]
                raise GcpError.of(401, f"{self.who} was given no identity token ({text}): {IDENTITY}") from error
            self._identities[audience] = found
            return str(found.token)

    def _identity(self, audience: str) -> Any:
        with _connecting:
            if self._endpoint:
                return unsigned_identity(EMULATED, f"{self._endpoint}/token", audience)
            found = identity_credentials(self._credentials, audience, SCOPES)
        if found is None:
            raise GcpError.of(401, f"the credentials of {self.who} give no identity token: {SERVICE_ACCOUNT}")
        return found

    def _library(self, service: str, operation: str, parameters: dict[str, Any]) -> Any:
        client = self._client(service)
        from google.api_core.exceptions import GoogleAPICallError, RetryError
        from google.auth.exceptions import GoogleAuthError
        from requests.exceptions import RequestException

        try:
            answer = getattr(client, operation)(request=parameters, timeout=self.timeout, retry=None)
            return list(answer) if operation.startswith("list_") else answer
        except GoogleAPICallError as error:
            raise self._refused(service, operation, int(error.code or 0), error.message) from error
        except GoogleAuthError as error:
            self._unauthenticated(error)
        except (RequestException, RetryError) as error:
            raise self._unanswered(service, operation, error) from error

    def _rest(self, service: str, operation: str, parameters: dict[str, Any]) -> Any:
        from google.auth.exceptions import GoogleAuthError
        from requests.exceptions import RequestException

        wanted = permission(service, operation)
        body = parameters.pop("body", None) if wanted.method == "GET" else parameters.get("body")
        url = (self._endpoint or f"https://{service}.googleapis.com") + wanted.path.format_map(
            {"project": self.project, **parameters}
        )
        try:
            answer = self._session.request(wanted.method, url, json=body, timeout=self.timeout)
        except GoogleAuthError as error:
            self._unauthenticated(error)
        except RequestException as error:
            raise self._unanswered(service, operation, error) from error
        if answer.status_code != 200:
            raise self._refused(service, operation, answer.status_code, _message(answer))
        return answer.json()

    def _client(self, service: str) -> Any:
        with _connecting:
            if service not in self._clients:
                place = urlsplit(self._endpoint) if self._endpoint else None
                options = {"host": place.netloc, "url_scheme": place.scheme} if place else {}
                try:
                    self._clients[service] = _library_client(service, {"credentials": self._credentials, **options})
                except ModuleNotFoundError as error:
                    raise ConfigError(f"Cloud Run cannot be called, {error.name} is not installed: {EXTRA}") from error
            return self._clients[service]

    @cached_property
    def _endpoint(self) -> str:
        endpoint = os.environ.get(ENDPOINT, "").rstrip("/")
        if endpoint and (urlsplit(endpoint).scheme, urlsplit(endpoint).hostname) != ("http", "127.0.0.1"):
            raise ConfigError(f"{ENDPOINT} is {endpoint}: it leads to an emulator at http://127.0.0.1, or is not set")
        return endpoint

    @cached_property
    def _session(self) -> Any:
        from google.auth.transport.requests import AuthorizedSession

        return AuthorizedSession(self._credentials)  # type: ignore[no-untyped-call]

    @cached_property
    def _credentials(self) -> Any:
        try:
            import google.auth
            import google.oauth2.credentials
            from google.auth.exceptions import GoogleAuthError
        except ModuleNotFoundError as error:
            raise ConfigError(f"Google Cloud cannot be called, {error.name} is not installed: {EXTRA}") from error
        if self._endpoint:
            nobody: Any = google.oauth2.credentials.Credentials
            who = {"refresh_token": "nobody", "client_id": "nobody", "client_secret": "nobody"}
            return nobody(None, token_uri=f"{self._endpoint}/token", **who)
        if self._key_file:
            return _of_key(self._key_file)
        try:
            return google.auth.default(scopes=SCOPES)[0]
        except (GoogleAuthError, ValueError) as error:
            self._unauthenticated(error)

    def _unauthenticated(self, error: Exception) -> NoReturn:
        text = " ".join(str(error).split())[:200]
        raise GcpError.of(
            401, f"there are no usable credentials for Google Cloud ({text}): log in or set gcp_key_file, then --resume"
        ) from error

    def _refused(self, service: str, operation: str, status: int, message: str) -> GcpError:
        text = " ".join(_CALLED.sub("", str(message)).split()) or "no reason was given"
        called = f"{service}.{operation}"
        if status == 401:
            sentence = f"Google Cloud does not accept the credentials of {self.who}: log in again, then --resume"
        elif status == 403:
            needed = permission(service, operation).name
            sentence = f"{self.who} may not call {called}: grant {needed}, see 'pym gcp policy' ({text})"
        elif status == 429:
            sentence = f"Google Cloud still throttles {called} after {ATTEMPTS} attempts: wait a minute, then --resume"
        elif status >= 500:
            sentence = f"{called} failed on the side of Google Cloud ({status}): wait a minute, then --resume"
        else:
            sentence = f"{called} was refused ({status}): {text}"
        return GcpError.of(status, sentence, status in PASSING)

    def _unanswered(self, service: str, operation: str, error: Exception) -> GcpError:
        sentence = f"{service}.{operation} got no answer ({type(error).__name__}): check the network, then --resume"
        return GcpError.of(0, sentence, is_passing=True)


def _of_key(file: str) -> Any:
    """Return the credentials of a service account by its key; raises ConfigError for another file."""
    from google.auth.exceptions import GoogleAuthError
    from google.oauth2 import service_account

    load: Any = service_account.Credentials.from_service_account_file
    if not Path(file).is_file():
        raise ConfigError(f"gcp_key_file: there is no file {file}: download the key, or remove the line")
    try:
        return load(file, scopes=SCOPES)
    except (GoogleAuthError, ValueError) as error:
        raise ConfigError(
            f"gcp_key_file: {file} holds no key of a service account: name one, or set "
            "GOOGLE_APPLICATION_CREDENTIALS to it and remove the line"
        ) from error


def _library_client(service: str, options: dict[str, Any]) -> Any:
    if service == "artifact_registry":
        from google.cloud.artifactregistry_v1 import ArtifactRegistryClient

        return ArtifactRegistryClient(transport=ArtifactRegistryClient.get_transport_class("rest")(**options))
    import google.cloud.run_v2 as run_v2

    name = "".join(part.capitalize() for part in service.split("_"))
    client = getattr(run_v2, f"{name}Client")
    return client(transport=client.get_transport_class("rest")(**options))


def _message(answer: Any) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return str(answer.text)[:300]
