"""Identity tokens of every kind of credentials, by google-auth and a server that stands for Google."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pymacaron.exceptions import ConfigError, DeployError
from pymacaron_gcp.client import Gcp

AUDIENCE = "https://shop-live-1234.europe-west1.run.app"
DEPLOYER = "deployer@shop-project.iam.gserviceaccount.com"


def jwt(**claims: Any) -> str:
    parts = ({"alg": "RS256"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + ".eA"


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


@dataclass
class Google:
    """What Google answers: tokens good for `seconds`; with `refusal` it gives none, and says that."""

    url: str = ""
    seconds: int = 3600
    refusal: dict[str, Any] | None = None
    asked: list[str] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)

    def answer(self, target: str, authorization: str, content: str) -> tuple[int, str]:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        self.asked.append(path)
        if path.endswith("/identity"):
            return 200, self.token(query["audience"][0], "machine")
        if path.endswith(":generateIdToken") and self.refusal:
            return 403, json.dumps(self.refusal)
        if path.endswith(":generateIdToken"):
            self.bearers.append(authorization)
            wanted = json.loads(content)
            assert wanted["includeEmail"] is True
            return 200, json.dumps({"token": self.token(wanted["audience"], path.split("/")[-1].split(":")[0])})
        if path.endswith(":generateAccessToken"):
            return 200, json.dumps({"accessToken": "access of the account", "expireTime": "2100-01-01T00:00:00Z"})
        if path == "/computeMetadata/v1/instance/service-accounts/default/":
            return 200, json.dumps({"email": "machine", "scopes": []})
        return 200, json.dumps(self.given(parse_qs(content)))

    @property
    def account_url(self) -> str:
        return f"{self.url}/accounts/{DEPLOYER}:generateAccessToken"

    def given(self, form: dict[str, list[str]]) -> dict[str, Any]:
        if "assertion" in form:
            wanted = claims_of(form["assertion"][0])
            return {"id_token": self.token(wanted["target_audience"], wanted["iss"])}
        name = "workload" if "subject_token" in form else "user"
        return {"access_token": f"access of the {name}", "expires_in": 3600, "token_type": "Bearer"}

    def token(self, audience: str, email: str) -> str:
        return jwt(aud=audience, email=email, exp=int(time.time()) + self.seconds, number=len(self.asked))


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Google]:
    made = Google()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, text = made.answer(self.path, self.headers.get("Authorization", ""), content)
            self.send_response(status)
            for name, value in (("Metadata-Flavor", "Google"), ("Content-Length", str(len(text)))):
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json" if text.startswith("{") else "text/html")
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        host = f"127.0.0.1:{server.server_address[1]}"
        made.url = f"http://{host}"
        monkeypatch.setattr("google.auth.iam._IAM_IDTOKEN_ENDPOINT", f"{made.url}/accounts/{{}}:generateIdToken")
        monkeypatch.setattr("google.auth.external_account._CLOUD_RESOURCE_MANAGER", f"{made.url}/projects/")
        monkeypatch.setattr("google.oauth2.credentials._GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{made.url}/token")
        monkeypatch.setattr("google.auth.compute_engine._metadata._GCE_METADATA_HOST", host)
        monkeypatch.setenv("GCE_METADATA_IP", host)
        monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "nothing"))
        for name in ("GOOGLE_APPLICATION_CREDENTIALS", "PYM_GCP_ENDPOINT"):
            monkeypatch.setenv(name, "")
        yield made
        server.shutdown()


def key(google: Google, folder: Path) -> dict[str, Any]:
    pem = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "type": "service_account",
        "client_email": DEPLOYER,
        "token_uri": f"{google.url}/token",
        "private_key": pem.decode(),
        "private_key_id": "1",
    }


def user(google: Google, folder: Path) -> dict[str, Any]:
    return {"type": "authorized_user", "client_id": "gcloud", "client_secret": "none", "refresh_token": "of-ada"}


def impersonation(google: Google, folder: Path) -> dict[str, Any]:
    return {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": google.account_url,
        "source_credentials": user(google, folder),
    }


def workload(google: Google, folder: Path) -> dict[str, Any]:
    (folder / "subject").write_text("the token of a CI")
    return {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/ci",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{google.url}/sts",
        "credential_source": {"file": str(folder / "subject")},
    }


def federation(google: Google, folder: Path) -> dict[str, Any]:
    return {**workload(google, folder), "service_account_impersonation_url": google.account_url}


def gcp_of(folder: Path, credentials: dict[str, Any] | None = None) -> Gcp:
    if credentials is None:
        return Gcp("shop-project", "europe-west1")
    file = folder / "credentials.json"
    file.write_text(json.dumps(credentials))
    if credentials["type"] == "service_account":
        return Gcp("shop-project", "europe-west1", str(file))
    os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(file)
    return Gcp("shop-project", "europe-west1")


KINDS: dict[str, tuple[Callable[[Google, Path], dict[str, Any]], str]] = {
    "key of a service account": (key, ""),
    "impersonated service account": (impersonation, "Bearer access of the user"),
    "federated workload": (federation, "Bearer access of the workload"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_account_gets_an_identity_token_whose_audience_is_the_service(
    google: Google, tmp_path: Path, kind: str
) -> None:
    made, bearer = KINDS[kind]
    claims = claims_of(gcp_of(tmp_path, made(google, tmp_path)).id_token(AUDIENCE))
    assert (claims["aud"], claims["email"]) == (AUDIENCE, DEPLOYER)
    assert google.bearers == ([bearer] if bearer else [])


def test_a_key_file_that_holds_no_key_is_told(google: Google, tmp_path: Path) -> None:
    for text in (json.dumps(user(google, tmp_path)), "no JSON"):
        (tmp_path / "key.json").write_text(text)
        with pytest.raises(ConfigError, match=r"gcp_key_file: .*key\.json holds no key of a service account: name one"):
            Gcp("shop-project", "europe-west1", str(tmp_path / "key.json")).id_token(AUDIENCE)


def test_a_machine_of_google_cloud_gets_one_of_its_metadata_server(google: Google, tmp_path: Path) -> None:
    claims = claims_of(gcp_of(tmp_path).id_token(AUDIENCE))
    assert (claims["aud"], claims["email"]) == (AUDIENCE, "machine")


@pytest.mark.parametrize("made", [user, workload], ids=["user", "workload without a service account"])
def test_others_are_told_in_a_sentence_to_deploy_as_a_service_account(
    google: Google, tmp_path: Path, made: Callable[[Google, Path], dict[str, Any]]
) -> None:
    with pytest.raises(DeployError, match=r"give no identity token: deploy as a service account: .*--impersonate-"):
        gcp_of(tmp_path, made(google, tmp_path)).id_token(AUDIENCE)


def test_who_may_not_impersonate_is_told_which_role_that_needs_and_nothing_secret(
    google: Google, tmp_path: Path
) -> None:
    google.refusal = {"error": {"message": "iam.serviceAccounts.getOpenIdToken denied"}}
    with pytest.raises(DeployError, match=r"getOpenIdToken denied.*roles/iam\.serviceAccountTokenCreator") as raised:
        gcp_of(tmp_path, impersonation(google, tmp_path)).id_token(AUDIENCE)
    assert "\n" not in str(raised.value)
    assert "access of the user" not in str(raised.value)


@pytest.mark.parametrize(("seconds", "times"), [(3600, 1), (200, 2)])
def test_a_token_is_asked_for_once_and_again_when_its_hour_is_almost_over(
    google: Google, tmp_path: Path, seconds: int, times: int
) -> None:
    google.seconds = seconds
    gcp = gcp_of(tmp_path, key(google, tmp_path))
    assert len({gcp.id_token(AUDIENCE), gcp.id_token(AUDIENCE)}) == times
    assert len(google.asked) == times
    assert claims_of(gcp.id_token("https://another.run.app"))["aud"] == "https://another.run.app"
