"""A service on Cloud Run that not everybody may call: who gets through, and what a deploy of it needs."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gcpkit import LocalContainers, deploy, environment_of, prepare, release, target_of
from pymacaron.deploy import Guarded
from pymacaron.exceptions import DeployError
from pymacaron_gcp.cloudrun import CloudRunTarget, opened
from pymacaron_gcp.cloudrun.policy import deployer_role
from pymacaron_testing.emulators.cloudrun import CloudRun
from pymacaron_testing.emulators.cloudrun.state import CALLER

ANOTHER = "another@rehearsal.iam.gserviceaccount.com"
SERVERLESS = "X-Serverless-Authorization"


@pytest.fixture
def emulator() -> Iterator[CloudRun]:
    with CloudRun(containers=LocalContainers(), delay=0.01, patience=1) as running, prepare(running).apply():
        yield running


@pytest.fixture
def target(emulator: CloudRun, tmp_path: Path) -> CloudRunTarget:
    return target_of(tmp_path, gcp_public=False)


def ask(url: str, headers: Mapping[str, str]) -> tuple[int, Any]:
    """Return the status of a reply, and the headers that reached the container, in small letters."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    try:
        connection.request("GET", "/version", headers=dict(headers))
        reply = connection.getresponse()
        content = reply.read()
        return reply.status, json.loads(content)["headers"] if reply.status == 200 else content.decode()
    finally:
        connection.close()


def granted(emulator: CloudRun, member: str) -> None:
    """Let somebody invoke the service."""
    policy = emulator.state.policies[emulator.state.parent + "/services/shop-live"]
    policy.bindings.add(role="roles/run.invoker", members=[member])


@pytest.mark.parametrize("name", [SERVERLESS, "Authorization"])
def test_a_token_for_the_service_gets_through_in_either_header_without_its_signature(
    emulator: CloudRun, target: CloudRunTarget, name: str
) -> None:
    url = deploy(target, release("1"))
    token = emulator.identities.issue(CALLER, url)
    status, headers = ask(url, {name: f"Bearer {token}"})
    told, _, signature = headers[name.lower()].rpartition(".")
    assert (status, told, signature) == (200, f"Bearer {token.rpartition('.')[0]}", "SIGNATURE_REMOVED_BY_GOOGLE")


def test_what_the_service_itself_asks_for_is_left_to_it(emulator: CloudRun, target: CloudRunTarget) -> None:
    url = deploy(target, release("1"))
    own = {"Authorization": "Bearer of.the.shop"}
    status, headers = ask(url, {**own, **target.headers(url)})
    assert (status, headers["authorization"]) == (200, "Bearer of.the.shop")
    assert ask(url, own)[0] == 401


def test_others_are_refused_as_cloud_run_does_it(emulator: CloudRun, target: CloudRunTarget) -> None:
    url, issue = deploy(target, release("1")), emulator.identities.issue
    assert ask(url, {})[0] == 403
    assert ask(url, {SERVERLESS: "Basic YTpi"})[0] == 403
    good = issue(CALLER, url)
    forged = good.rpartition(".")[0] + ".c2lnbmF0dXJl"
    for token in (forged, "no.token", "none", issue(CALLER, "https://another.run.app")):
        assert ask(url, {SERVERLESS: f"Bearer {token}", "Authorization": f"Bearer {good}"})[0] == 401
    emulator.identities.seconds = -1
    assert ask(url, {SERVERLESS: f"Bearer {issue(CALLER, url)}"})[0] == 401
    emulator.identities.seconds = 60
    assert ask(url, {SERVERLESS: f"Bearer {issue(ANOTHER, url)}"})[0] == 403
    granted(emulator, f"serviceAccount:{ANOTHER}")
    assert ask(url, {SERVERLESS: f"Bearer {issue(ANOTHER, url)}"})[0] == 200


def test_the_url_of_a_tag_wants_the_audience_of_the_service(emulator: CloudRun, target: CloudRunTarget) -> None:
    url = deploy(target, release("1"))
    staged = target.stage(release("2"))
    assert staged != url
    assert ask(staged, {SERVERLESS: f"Bearer {emulator.identities.issue(CALLER, staged)}"})[0] == 401
    assert ask(staged, target.headers(staged))[0] == 200
    target.promote(release("2"), lambda at: _see(ask(at, target.headers(at))))
    assert target.headers(url) == target.headers(staged)


def test_a_token_goes_to_the_urls_of_the_service_alone(target: CloudRunTarget) -> None:
    deploy(target, release("1"))
    with pytest.raises(DeployError, match=r"http://127\.0\.0\.1:9 is no URL of shop-live"):
        target.headers("http://127.0.0.1:9")


def test_a_service_that_is_open_gets_no_token(emulator: CloudRun, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    assert target.headers(deploy(target, release("1"))) == {}
    assert emulator.identities.issued == []


def test_of_two_services_each_gets_a_token_of_its_own(emulator: CloudRun, tmp_path: Path) -> None:
    target = opened(environment_of(tmp_path, gcp_public=False, gcp_staging=True))
    assert isinstance(target, Guarded)
    staged = target.stage(release("1"))
    assert ask(staged, target.headers(staged))[0] == 200
    live = target.promote(release("1"), lambda url: None)
    emulator.calls.clear()
    assert target.headers(live) == target.headers(live)
    assert emulator.calls == ["run.services.get"] * 2
    assert ask(live, target.headers(live))[0] == 200
    assert target.headers(live) != target.headers(staged)
    assert ask(live, target.headers(staged))[0] == 401


def test_a_new_token_is_asked_for_before_one_is_over(emulator: CloudRun, target: CloudRunTarget) -> None:
    url = deploy(target, release("1"))
    assert target.headers(url) == target.headers(url)
    emulator.identities.seconds = 180
    again = CloudRunTarget(target.environment)
    ask(url, again.headers(url))
    ask(url, again.headers(url))
    assert len(emulator.identities.issued) == 3


def test_who_may_not_call_the_service_is_told_by_the_check_before_anything_is_made(
    emulator: CloudRun, target: CloudRunTarget
) -> None:
    wanted = deployer_role(target)["role"]["includedPermissions"]
    assert "run.routes.invoke" in wanted
    emulator.project.permissions = frozenset(wanted)
    assert target.check() == []
    emulator.project.permissions = frozenset({*wanted} - {"run.routes.invoke"})
    (line,) = target.check()
    assert line.endswith("may not do this in rehearsal: run.routes.invoke; grant what 'pym gcp policy' prints")
    assert not emulator.state.resources


def test_to_call_the_service_may_be_granted_on_it_alone(emulator: CloudRun, target: CloudRunTarget) -> None:
    deploy(target, release("1"))
    wanted = deployer_role(target)["role"]["includedPermissions"]
    emulator.project.permissions = frozenset({*wanted} - {"run.routes.invoke"})
    assert len(target.check()) == 1
    granted(emulator, f"serviceAccount:{CALLER}")
    assert target.check() == []


def test_the_role_for_a_service_that_is_open_has_no_right_to_call_others(tmp_path: Path) -> None:
    assert "run.routes.invoke" not in deployer_role(target_of(tmp_path))["role"]["includedPermissions"]


def test_who_gets_no_identity_token_is_told_by_the_check_before_anything_is_made(
    emulator: CloudRun, target: CloudRunTarget
) -> None:
    emulator.identities.seconds = 0
    (line,) = target.check()
    assert line.startswith("gcp_public is false, and a deploy calls what it deploys: the caller was given no identity")
    assert "\n" not in line
    assert not emulator.state.resources


def _see(reply: tuple[int, Any]) -> None:
    assert reply[0] == 200
