"""`pym deploy` on a real engine: killed and resumed, broken and rolled back, two at once (docs/how-to/deploy.md)."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hostkit import CANARY, Stand, each_step, stand
from ports import free_port


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory, "stand") as made:
        made.pym("deploy", "--version", "first")
        yield made


@contextmanager
def callers(place: Stand) -> Iterator[set[str]]:
    """Ask who is live again and again while the block runs, and give what is answered."""
    seen: set[str] = set()
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(0.02):
            seen.add(place.live())

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def test_a_clone_goes_live_with_wheels_that_git_does_not_know(place: Stand) -> None:
    assert place.live() == "first"
    assert place.pym("status").startswith(f"first is live at {place.url}\n")


@pytest.mark.parametrize(
    ("settings", "options", "told"),
    [
        ({}, (), "nothing, as neither docker_registry nor docker_repo is set: {image} stays on its engine"),
        ({"docker_repo": "shops"}, (), "shops/{image} to Docker Hub, unless it is there"),
        ({"docker_registry": "127.0.0.1:9"}, (), "127.0.0.1:9/{image} to 127.0.0.1:9, unless it is there"),
        ({"docker_registry": "127.0.0.1:9"}, ("--no-push",), "nothing, by --no-push"),
    ],
)
def test_a_plan_tells_what_is_pushed_where(
    place: Stand, settings: dict[str, str], options: tuple[str, ...], told: str
) -> None:
    place.commit(None, **settings)
    image = f"{place.settings['name']}:planned"
    printed = place.pym("deploy", "--plan", "--version", "planned", *options)
    assert f"push: {told.format(image=image)}\n" in printed


@pytest.mark.parametrize("step", each_step("promote"))
def test_a_deploy_killed_after_a_step_is_resumed_to_the_same_end(place: Stand, step: str) -> None:
    place.commit(release_command=["python", "-c", "pass"])
    before = place.live()
    version = f"after-{step.replace(' ', '-')}"
    with callers(place) as seen:
        place.kill_after(step, "--version", version)
        resumed = place.pym("deploy", "--resume")
    assert place.live() == version, resumed
    assert seen <= {before, version}
    assert place.states() == {version: "live", before: "kept"}
    assert place.containers() == sorted([f"{version} web", f"{before} web", "proxy"])
    assert place.engine.volumes(lock=place.label) == {}
    assert sorted(
        one["pymacaron.of"] for one in place.engine.volumes(environment=place.label, part="secrets").values()
    ) == sorted([version, before])


BROKEN = {
    "crashes": {"stand.py": "raise SystemExit('the stand has burnt down')\n"},
    "is never ready": {"stand.py": "import time\ntime.sleep(99)\n"},
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_release_that_does_not_start_never_has_traffic(place: Stand, fault: str) -> None:
    before, states = place.live(), place.states()
    place.commit(BROKEN[fault], docker_ready_timeout=4)
    with callers(place) as seen:
        printed = place.fast(f"broken-{fault.replace(' ', '-')}", code=1)
    assert "stage: release broken-" in printed
    assert "never had traffic" in printed
    assert ("the stand has burnt down" in printed) is (fault == "crashes")
    assert (seen, place.states()) == ({before}, states)


def test_a_release_that_is_rejected_before_it_is_promoted_never_has_traffic(place: Stand) -> None:
    place.commit()
    before, states = place.live(), place.states()
    with callers(place) as seen:
        printed = place.pym("deploy", "--version", "rejected", "--no-unittest", code=1, REJECT="2")
    test = "testaccept/test_hello.py::test_that_it_greets"
    assert f"accept staged: testing: the acceptance test {test} fails; rejected never had traffic" in printed
    assert (seen, place.states()) == ({before}, states)


def test_a_release_that_is_rejected_live_is_rolled_back_within_ten_seconds(place: Stand) -> None:
    place.commit()
    before, states = place.live(), place.states()
    with callers(place) as seen:
        printed = place.pym("deploy", "--version", "doomed", "--no-unittest", code=1, REJECT="3")
    assert f"{before} is proven live again" in printed
    assert (seen, place.live(), place.states()) == ({before, "doomed"}, before, states)
    (back,) = [line for line in place.journal("doomed") if line.get("step") == "roll back"]
    assert back["seconds"] < 10


def test_of_two_deploys_at_once_one_wins_and_the_other_says_who(place: Stand) -> None:
    place.commit(release_command=["python", "-c", "import time; time.sleep(5)"])
    options = ("--no-test", "--no-unittest")
    both = {one: place.start("deploy", "--version", one, *options) for one in ("left", "right")}
    printed = {one: process.communicate(timeout=120)[0] for one, process in both.items()}
    ((winner, loser),) = [pair for pair in (("left", "right"), ("right", "left")) if both[pair[0]].returncode == 0]
    assert both[loser].returncode == 1, printed[loser]
    assert f"(process {both[winner].pid})" in printed[loser]
    assert place.live() == winner
    assert loser not in place.states()


def test_a_port_that_is_taken_leaves_what_is_live_and_the_next_deploy_moves_the_proxy_to_another(place: Stand) -> None:
    before = place.live()
    with socket.create_server(("127.0.0.1", taken := free_port())):
        place.commit(docker_proxy_port=taken)
        printed = place.fast("taken", code=1)
    assert f"promote: docker_proxy_port: port {taken} of 127.0.0.1 is taken" in printed
    assert f"{before} is proven live again" in printed
    assert (place.live(), "taken" in place.states()) == (before, False)
    place.settings["docker_proxy_port"] = free_port()
    place.commit()
    place.fast("moved")
    assert place.live() == "moved"
    assert place.pym("status") == f"moved is live at {place.url}\n"


def test_no_secret_shows_on_the_engine_in_the_journal_or_in_what_is_printed(place: Stand, tmp_path: Path) -> None:
    place.commit({"stand.py": "from pymacaron import get_config\n\n\ndef hello():\n    return {'greeting': 'hello'}\n"})
    process = place.start("deploy", "--version", "quiet", "--json")
    assert process.stdout
    lines, commands = [], set()
    for line in process.stdout:
        lines.append(line)
        commands |= command_lines()
    assert process.wait(60) == 0, lines
    process.stdout.close()
    assert [json.loads(line)["event"] for line in lines][-1] == "outcome"
    told = {
        "printed": lines,
        "command lines": commands,
        "journals": [path.read_text() for path in (place.root / ".pym").rglob("*") if path.is_file()],
        "containers": [place.engine.api.inspect_container(one["Id"]) for one in place.engine.api.containers(all=True)],
        "volumes": place.engine.api.volumes(),
        "image": [place.engine.api.inspect_image(f"{place.settings['name']}:quiet")],
        "history": place.engine.api.history(f"{place.settings['name']}:quiet"),
        "logs": place.pym("logs", "quiet"),
    }
    assert [where for where, what in told.items() if CANARY in str(what)] == []


def command_lines() -> set[bytes]:
    """Return the command lines of all processes."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.add(path.read_bytes())
        except OSError:
            continue
    return found
