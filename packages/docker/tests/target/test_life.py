"""The life of releases on a host: staged, live, kept, rolled back, discarded."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from pymacaron.deploy import Image
from pymacaron.exceptions import DeployError

WORKER = {"worker": ("python3", "-c", "import time; print('at work', flush=True); time.sleep(999)")}


def get(url: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(url, timeout=60) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def release_at(url: str) -> str:
    return str(get(f"{url}/version")[1]["release"])


@pytest.fixture(scope="module")
def place(places: Any) -> Any:
    """An environment with a worker, in which two releases follow each other."""
    made = places(WORKER)
    made.deploy("a")
    made.deploy("b")
    return made


def test_a_staged_release_answers_at_its_own_url_and_has_no_traffic(places: Any) -> None:
    place = places(WORKER)
    url = place.target.stage(place.release("a"))
    assert release_at(url) == "a"
    assert get(f"{place.url}/ping")[0] == 503
    assert place.states() == {"a": "staged"}
    assert place.containers() == {"a web": True, "a worker": False}
    place.target.discard("a")
    place.target.discard("a")
    volumes = place.engine.volumes(of="a", environment=place.environment.label)
    assert (place.states(), place.containers(), volumes) == ({}, {}, {})


def test_the_release_before_is_kept_running_drained_and_without_workers(place: Any) -> None:
    assert place.states() == {"b": "live", "a": "kept"}
    assert release_at(place.url) == "b"
    assert place.containers() == {"b web": True, "b worker": True, "a web": True, "a worker": False}
    kept = place.target.observe().find("a").url
    assert (get(f"{kept}/ready")[0], get(f"{kept}/ping")[0]) == (503, 200)


def test_what_is_observed_is_enough_to_go_on_without_a_journal(place: Any) -> None:
    live = place.target.observe().live
    assert (live.version, live.commit, live.image) == ("1", "abc", place.image.reference)
    assert place.target.observe().url == place.url
    assert place.target.observe().notes == ()


def test_a_roll_back_gives_the_traffic_to_the_kept_release_within_ten_seconds(place: Any) -> None:
    seconds = []
    for release in ("a", "b", "a"):  # of which one at least meets no busy machine
        began = time.monotonic()
        assert place.target.rollback(release) == place.url
        seconds.append(time.monotonic() - began)
    assert min(seconds) < 10
    assert release_at(place.url) == "a"
    assert place.containers() == {"b web": True, "b worker": False, "a web": True, "a worker": True}
    place.target.rollback("a")
    place.target.rollback("b")
    assert place.states() == {"b": "live", "a": "kept"}


def test_a_release_that_was_stopped_since_is_started_again_by_a_roll_back(places: Any) -> None:
    place = places(WORKER)
    for identity in ("a", "b", "c"):
        place.deploy(identity)
    assert not place.containers()["a web"]
    place.target.rollback("a")
    assert release_at(place.url) == "a"
    assert place.target.prune(2) == [f"{place.engine.url}: removed release b"]
    assert place.states() == {"a": "live", "c": "kept"}
    with pytest.raises(DeployError, match=r"release b is not on .* any more"):
        place.target.rollback("b")


def test_a_live_release_is_not_discarded(place: Any) -> None:
    with pytest.raises(DeployError, match="release b is live"):
        place.target.discard("b")


@pytest.mark.parametrize(
    ("kind", "seconds", "told"),
    [("crashes", 60, "ended with 3 before it was ready: .*\nthe shelf is gone"), ("hangs", 1, "not ready after 1 s")],
)
def test_a_broken_release_gets_no_traffic_and_tells_why(
    places: Any, broken_image: Callable[[str], Image], kind: str, seconds: int, told: str
) -> None:
    place = places(docker_ready_timeout=seconds)
    with pytest.raises(DeployError, match=told):
        place.target.stage(place.release("a", broken_image(kind)))
    assert place.target.observe().live is None
    assert get(f"{place.url}/ping")[0] == 503


def test_a_worker_that_cannot_start_stops_the_promotion_before_the_traffic_moves(
    places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pymacaron_docker.target.host.SETTLE_SECONDS", 60)
    place = places({"worker": ("python3", "-c", "raise SystemExit('no queue')")})
    place.target.stage(place.release("a"))
    with pytest.raises(DeployError, match=r"worker ended as soon as it was started: .*\nno queue"):
        place.target.promote(place.release("a"), lambda url: None)
    assert place.states() == {"a": "staged"}


def test_a_command_runs_to_its_end_with_the_secrets_and_variables_of_its_release(place: Any) -> None:
    code = (
        "import os, pathlib; print(os.environ['PYM_RELEASE'], *pathlib.Path(os.environ['PYM_SECRETS_DIR']).iterdir())"
    )
    place.target.run(place.release("z"), ("python3", "-c", code))
    assert place.said[-1] == "z /run/secrets/STALL_KEY"
    with pytest.raises(DeployError, match="of release z ended with 4: mend it"):
        place.target.run(place.release("z"), ("python3", "-c", "raise SystemExit(4)"))
    assert not [name for name in place.containers() if name.startswith("z")]


def test_the_log_of_each_role_can_be_read_and_followed(place: Any) -> None:
    assert list(place.target.logs(None, role="worker", lines=1)) == ["at work"]
    place.target.stage(place.release("f"))
    following = place.target.logs("f", follow=True)
    assert "INFO" in next(following)
    place.engine.stop(f"{place.environment.label}-f-web", 10)
    assert "Shutting down" in " ".join(following)
    place.target.discard("f")
    with pytest.raises(DeployError, match="release b has no cook"):
        list(place.target.logs("b", role="cook"))


def test_the_plan_tells_what_would_change_and_changes_nothing(places: Any) -> None:
    place = places(WORKER)
    lines = "\n".join(place.target.plan(place.release("a")))
    for part in ("make the network", "start the proxy", "start release a (web and worker)", "give it the traffic"):
        assert part in lines
    assert place.engine.with_labels(environment=place.environment.label) == []


def test_what_is_live_stays_so_when_the_proxy_and_the_host_start_again(places: Any) -> None:
    place = places()
    place.deploy("a")
    place.deploy("b")
    names = [f"{place.environment.label}-proxy", *(f"{place.environment.label}-{one}-web" for one in "ab")]
    for name in names:
        place.engine.stop(name, 10)
    for name in reversed(names):
        place.engine.start(name)
    place.target.promote(place.release("b"), lambda url: None)
    assert (release_at(place.url), place.states()) == ("b", {"b": "live", "a": "kept"})


STEP = """
from pathlib import Path
from pymacaron.deploy import Environment, Image, Release
from pymacaron.service import Service
from pymacaron_docker.target.target import DockerTarget
service = Service(Path({root!r}), env={name!r}, secrets="ignored")
environment = Environment("counter", {name!r}, service.root, service.config, roles={roles!r})
target, release = DockerTarget(environment), Release("b", "1", "abc", Image(*{image!r}), environment.label)
print("begun", flush=True)
target.stage(release)
target.promote(release, lambda url: None)
"""


@pytest.mark.parametrize("moment", [0.05, 0.3, 1.0, 2.0, 3.5])
def test_a_deploy_that_is_killed_at_any_moment_ends_in_the_same_state_when_it_is_called_again(
    places: Any, moment: float
) -> None:
    place = places(WORKER)
    place.deploy("a")
    image = (place.image.reference, place.image.id, "abc")
    script = STEP.format(root=str(place.root), name=place.environment.name, roles=WORKER, image=image)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    process.stdout.close()
    assert release_at(place.url) in ("a", "b")
    place.deploy("b")
    assert place.states() == {"b": "live", "a": "kept"}
    assert place.containers() == {"b web": True, "b worker": True, "a web": True, "a worker": False}
    assert release_at(place.url) == "b"
