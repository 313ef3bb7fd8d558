"""The way to a cluster: a kubeconfig, or what the Container API tells of a cluster of GKE."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from k8skit import PLUGINS, environment_of
from k8spods import LocalContainers, prepare, target_of
from pymacaron.exceptions import ConfigError, DeployError
from pymacaron_gcp.client import Gcp
from pymacaron_gcp.kubernetes import KubernetesTarget
from pymacaron_gcp.kubernetes.client import Cluster
from pymacaron_gcp.kubernetes.connecting import gke_cluster
from pymacaron_testing.emulators.kubernetes import Kubernetes

PLACE: dict[str, Any] = {"gcp_project": "shop-project", "gke_location": "europe-west1-b", "gke_cluster": "shops"}


@pytest.fixture
def cluster() -> Iterator[Kubernetes]:
    with Kubernetes(containers=LocalContainers()) as running:
        yield prepare(running)


@pytest.mark.parametrize("region", [None, "us-central1"])
def test_images_for_gke_go_to_artifact_registry_in_the_region_of_the_cluster(
    tmp_path: Path, region: str | None
) -> None:
    environment = environment_of(tmp_path, deploy_target="gke", gcp_region=region, **PLACE)
    registry = PLUGINS.deploy_targets()["gke"].registry(environment)
    assert registry is not None
    assert registry.place == f"{region or 'europe-west1'}-docker.pkg.dev/shop-project/pymacaron"


def _certificate(folder: Path) -> tuple[Path, str]:
    """Make a certificate of 127.0.0.1; return the file with its key, and its text."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cluster")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(hours=1), now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = made.public_bytes(serialization.Encoding.PEM)
    forms = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "both.pem").write_bytes(text + key.private_bytes(*forms))
    return folder / "both.pem", text.decode()


class _Passing(BaseHTTPRequestHandler):
    """Passes requests on to the emulator, or answers what the server has; tokens are had by POST."""

    def do_GET(self) -> None:
        answers: dict[str, Any] = vars(self.server)["answers"]
        if emulator := vars(self.server).get("emulator"):
            with closing(http.client.HTTPConnection("127.0.0.1", emulator)) as connection:
                connection.request("GET", self.path, headers=dict(self.headers.items()))
                reply = connection.getresponse()
                status, body = reply.status, reply.read()
        else:
            status, body = (200 if self.path in answers else 404), json.dumps(answers.get(self.path, {})).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = b'{"access_token": "token", "token_type": "Bearer", "expires_in": 3600}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
        pass


@contextmanager
def _served(answers: dict[str, Any], emulator: int = 0, pem: Path | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Passing)
    server.daemon_threads = True
    vars(server).update(answers=answers, emulator=emulator)
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def asked() -> list[str]:
    """Give the tokens that were asked for."""
    return []


@pytest.fixture
def gcp(cluster: Kubernetes, tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Gcp]:
    """Give a project whose cluster is the emulator, behind TLS, for callers who bear a token of Google."""
    pem, text = _certificate(tmp_path)
    port = int(cluster.url.rpartition(":")[2])
    path = "/v1/projects/shop-project/locations/europe-west1-b/clusters/shops"

    def token(self: Gcp) -> str:
        asked.append(cluster.token)
        return cluster.token

    monkeypatch.setattr(Gcp, "token", token)
    with _served({}, port, pem) as secure:
        told = {
            "endpoint": f"127.0.0.1:{secure}",
            "masterAuth": {"clusterCaCertificate": base64.b64encode(text.encode()).decode()},
        }
        with _served({path: told}) as container:
            monkeypatch.setenv("PYM_GCP_ENDPOINT", f"http://127.0.0.1:{container}")
            yield Gcp("shop-project", "europe-west1-b")


@pytest.mark.parametrize(("seconds", "tokens"), [(1800, 1), (-1, 3)], ids=["kept", "renewed"])
def test_a_cluster_of_gke_is_reached_by_its_own_certificate_and_a_token_that_is_kept_as_long_as_it_is_good(
    gcp: Gcp, asked: list[str], monkeypatch: pytest.MonkeyPatch, seconds: int, tokens: int
) -> None:
    monkeypatch.setattr("pymacaron_gcp.kubernetes.connecting.TOKEN_SECONDS", seconds)
    cluster = Cluster("shop", lambda: gke_cluster(gcp, "shops"))
    assert cluster.has("Namespace", "shop")
    assert not cluster.has("Namespace", "other")
    assert len(asked) == tokens


def test_a_cluster_that_project_has_not_is_told(gcp: Gcp) -> None:
    with pytest.raises(DeployError, match="there is no cluster other in shop-project in europe-west1-b: correct"):
        gke_cluster(gcp, "other")


def test_a_control_plane_with_a_name_of_dns_has_a_public_certificate(gcp: Gcp, monkeypatch: pytest.MonkeyPatch) -> None:
    dns = {"endpoint": "gke-1.europe-west1-b.gke.goog", "allowExternalTraffic": True}
    told = {"controlPlaneEndpointsConfig": {"dnsEndpointConfig": dns}, "endpoint": "10.0.0.1"}
    monkeypatch.setattr(Gcp, "call", lambda self, *names, **parameters: told)
    configuration = gke_cluster(gcp, "shops").configuration
    assert (configuration.host, configuration.ca_cert_data) == ("https://gke-1.europe-west1-b.gke.goog", None)


@pytest.mark.parametrize("missing", PLACE)
def test_what_a_cluster_of_gke_is_found_by_has_to_be_set(tmp_path: Path, missing: str) -> None:
    settings = {key: value for key, value in PLACE.items() if key != missing}
    with pytest.raises(ConfigError, match=f"pym-config.yaml has no {missing}: add a line"):
        KubernetesTarget(environment_of(tmp_path, **settings), is_gke=True)


def test_a_rehearsal_of_gke_goes_to_the_emulator_and_to_no_other_cluster(
    cluster: Kubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYM_GCP_ENDPOINT", "http://127.0.0.1:9")
    target = KubernetesTarget(environment_of(tmp_path, **PLACE), is_gke=True)
    with cluster.apply():
        assert target.cluster.has("Namespace", "shop")
        text = cluster.kubeconfig.read_text().replace("127.0.0.1", "203.0.113.1")
    (tmp_path / "config").write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pytest.raises(ConfigError, match="KUBECONFIG leads to no emulator"):
        KubernetesTarget(environment_of(tmp_path, **PLACE), is_gke=True).check()


def test_the_context_of_a_kubeconfig_can_be_chosen(cluster: Kubernetes, tmp_path: Path) -> None:
    with cluster.apply():
        assert target_of(tmp_path, kubernetes_context="emulator").observe().releases == ()
        with pytest.raises(DeployError, match=r"no cluster is reached by .*: set KUBECONFIG, and kubernetes_context"):
            target_of(tmp_path, kubernetes_context="other").observe()


def test_a_cluster_that_does_not_answer_is_told(
    cluster: Kubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pymacaron_gcp.kubernetes.client.FIRST_PAUSE", 0.001)
    port = cluster.url.rpartition(":")[2]
    (tmp_path / "config").write_text(cluster.kubeconfig.read_text().replace(port, "9"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pytest.raises(DeployError, match=r"the cluster does not answer GET /apis/.*: check the network, then"):
        target_of(tmp_path).observe()


def test_a_missing_library_is_told_with_the_line_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes.client", None)
    with pytest.raises(ConfigError, match=r"pip install 'pymacaron-gcp\[gke\]>=3'"):
        target_of(tmp_path).observe()
