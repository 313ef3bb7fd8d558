"""No request fails while releases follow each other; the proxy and commands of deploy-to-a-docker-host.md."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from importlib import util
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import dockerkit
from ports import free_port
from pymacaron_docker.target.host import Host

_found = util.spec_from_file_location("load", Path(__file__).with_name("load.py"))
assert _found
assert _found.loader
load = util.module_from_spec(_found)
_found.loader.exec_module(load)


def loaded(place: Any, **options: float) -> Any:
    return load.Load(urlsplit(place.url).netloc, **options)


def test_no_request_fails_in_two_deploys_and_a_roll_back(places: Any) -> None:
    place = places()
    place.deploy("a")
    with loaded(place) as requests:
        place.deploy("b")
        place.deploy("c")
        place.target.rollback("b")
    assert (requests.failed, requests.answered > 300) == ([], True)


def test_requests_fail_where_the_release_before_is_not_drained(places: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(host: Host, live: str) -> None:
        for shown in host.shown():
            if shown.release != live and shown.web:
                host.engine.remove(shown.web.name)
        prove(host, live)

    place = places()
    place.deploy("a")
    prove = Host._prove
    monkeypatch.setattr(Host, "_prove", cut_off)
    # A request lasts longer than it takes to kill a release.
    with loaded(place, seconds=4) as requests:
        for identity in "bc":
            place.deploy(identity)
    assert requests.failed


@pytest.mark.endurance
def test_no_request_of_thousands_fails_in_ten_deploys_and_three_roll_backs(places: Any) -> None:
    place = places()
    place.deploy("r0")
    with loaded(place) as requests:
        for number in range(1, 11):
            place.deploy(f"r{number}")
            if number % 3 == 0:
                place.target.rollback(f"r{number - 1}")
            place.target.prune(3)
    assert (requests.failed, requests.answered >= 6000) == ([], True)


def test_maintenance_answers_503_with_retry_after_and_leaves_the_release_provable(places: Any) -> None:
    place = places()
    place.deploy("a")
    settings = {"DOCKER_HOST": place.engine.url}
    arguments = ("--env", place.environment.name)
    assert dockerkit.pym(place.root, "maintenance", "on", *arguments, **settings).returncode == 0
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{place.url}/ping", timeout=60)
    assert (caught.value.code, caught.value.headers["Retry-After"]) == (503, "60")
    caught.value.close()
    place.target.promote(place.release("a"), lambda url: None)
    assert dockerkit.pym(place.root, "maintenance", "off", *arguments, **settings).returncode == 0
    with urllib.request.urlopen(f"{place.url}/ping", timeout=60) as reply:
        assert reply.status == 200


def test_a_bare_host_is_set_up_after_showing_what_is_done_and_a_changed_setting_renews_the_proxy(places: Any) -> None:
    place = places()
    arguments = ("docker", "setup", "--env", place.environment.name)
    shown = dockerkit.pym(place.root, *arguments, "--plan").stdout
    assert "make the network" in shown
    assert "start the proxy" in shown
    assert place.engine.with_labels(environment=place.environment.label) == []
    assert dockerkit.pym(place.root, *arguments, "--yes").stdout == f"{shown}done\n"
    assert dockerkit.pym(place.root, *arguments).stdout == "nothing to do\n"
    settings = next(place.root.glob("pym-config.*.yaml"))
    settings.write_text(f"{settings.read_text()}domain: localhost\ndocker_proxy_tls_port: {free_port()}\n")
    assert "replace the proxy" in dockerkit.pym(place.root, *arguments, "--yes").stdout


def test_a_command_runs_in_the_live_release_and_gives_its_exit_code(places: Any) -> None:
    place = places()
    place.deploy("a")
    code = "import os, sys; print(os.environ['PYM_RELEASE']); sys.exit(5)"
    done = dockerkit.pym(place.root, "docker", "exec", "--env", place.environment.name, "python3", "-c", code)
    assert (done.stdout, done.returncode) == ("a\n", 5)


def test_a_domain_is_served_by_https_and_http_is_sent_on(places: Any) -> None:
    place = places(domain="localhost", docker_proxy_tls_port=free_port())
    place.deploy("a")
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    assert place.url.startswith("https://localhost:")
    with urllib.request.urlopen(f"{place.url}/version", timeout=60, context=trusting) as reply:
        assert json.load(reply)["release"] == "a"
