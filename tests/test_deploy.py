"""`pym deploy` from a commit to a release that is proven live: the commands and tables of docs/how-to/deploy.md."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from architecture import ROOT
from deploykit import CANARY, Shop
from pymacaron_docker.cli.deploy import deploy
from pymacaron_docker.pipeline.steps import STEPS


def outcomes(printed: str) -> dict[str, str]:
    """Return how each step ended, as a deploy prints it."""
    found = re.findall(r"^(\S.*?)  +(done|skipped|failed) +\d+\.\d s", printed, re.MULTILINE)
    return dict(found)


def test_a_deploy_takes_every_step_and_proves_that_the_release_is_live(shop: Shop) -> None:
    printed = shop.deploy("1.0")
    assert list(outcomes(printed)) == [step.name for step in STEPS]
    assert {name for name, outcome in outcomes(printed).items() if outcome != "done"} == {"compare documents", "bake"}
    assert re.search(r"^live: 1\.0 at http://127\.0\.0\.1:\d+, \d+\.\d s$", printed, re.MULTILINE)
    assert (shop.live(), shop.releases(), shop.serving()) == ("1.0", {"1.0": "live"}, 1)
    assert shop.told() == ["before 1.0", "after 1.0 live 1.0"]


def test_the_journal_tells_who_did_what_and_when_and_git_does_not_see_it(shop: Shop) -> None:
    commit = shop.commit()
    shop.fast("1.0")
    first, *lines, last = shop.journal("1.0")
    assert (first["event"], first["commit"], first["environment"]) == ("start", commit, "shop-live")
    assert "@" in first["who"]
    assert [line["step"] for line in lines if line["event"] == "step"] == [step.name for step in STEPS]
    assert (last["event"], last["status"], last["live"]) == ("end", "live", "1.0")
    assert all(line["at"] for line in [first, *lines, last])
    assert shop.git("status", "--porcelain", "--", ":(exclude)__pycache__") == ""


def test_the_lock_is_free_after_a_deploy(shop: Shop) -> None:
    shop.fast("1.0")
    assert json.loads(shop.pym("status", "--json")) | {"url": "", "live": {}} == {
        "url": "",
        "live": {},
        "answers": True,
        "lock": None,
        "notes": [],
    }


def test_a_second_deploy_takes_over_and_keeps_the_first_for_going_back(shop: Shop) -> None:
    shop.fast("1.0")
    shop.commit({"mode.txt": "finer"})
    shop.fast("2.0")
    assert (shop.live(), shop.releases()) == ("2.0", {"2.0": "live", "1.0": "kept"})
    assert "live: 1.0" in shop.pym("rollback")
    assert (shop.live(), list(shop.releases().items())) == ("1.0", [("1.0", "live"), ("2.0", "kept")])
    assert "live: 2.0" in shop.pym("rollback", "2.0")
    assert "did you mean '1.0'" in shop.pym("rollback", "1.00", code=1)
    assert shop.live() == "2.0"


def test_before_a_second_release_there_is_nothing_to_go_back_to(shop: Shop) -> None:
    assert "nothing was deployed yet" in shop.pym("releases")
    assert "nothing is live" in shop.pym("status", code=1)
    shop.fast("1.0")
    assert "no earlier release is kept" in shop.pym("rollback", code=1)


def test_the_same_commit_again_reuses_its_image_under_an_id_of_its_own(shop: Shop) -> None:
    for _ in range(3):
        printed = shop.fast("1.0")
    assert "is there" in printed
    assert len(shop.calls("build begin")) == 1
    assert shop.releases() == {"1.0.3": "live", "1.0.2": "kept"}, "keep_releases is 2"
    assert shop.live() == "1.0.3"


def test_an_image_of_another_commit_is_never_deployed_under_its_version(shop: Shop) -> None:
    shop.fast("1.0")
    shop.commit()
    last = shop.fast("1.0", code=1).splitlines()[-1]
    assert last.endswith(": type 'pym deploy' with another --version, or with --force-build")
    shop.fast("1.0", "--force-build")
    assert shop.live() == "1.0.2"


def test_without_a_name_the_version_is_that_of_the_commit(shop: Shop) -> None:
    shop.pym("deploy", "--no-test", "--no-unittest")
    assert shop.live() == shop.pym("version").strip()


def test_what_is_not_committed_is_not_deployed(shop: Shop) -> None:
    (shop.root / "mode.txt").write_text("crash")
    assert "uncommitted changes are not deployed" in shop.fast("1.0")
    assert shop.live() == "1.0"


def test_a_branch_and_a_commit_can_be_named(shop: Shop) -> None:
    good = shop.git("rev-parse", "HEAD").strip()
    shop.git("branch", "good")
    shop.commit({"mode.txt": "crash"})
    shop.fast("1.0", "--branch", "good")
    shop.fast("2.0", "--commit", good[:10])
    assert shop.live() == "2.0"
    assert "there is no branch bad here" in shop.fast("3.0", "--branch", "bad", code=1)


def test_a_plan_tells_what_would_change_and_touches_nothing(shop: Shop) -> None:
    printed = shop.deploy("1.0", "--plan")
    assert "release: 1.0" in printed
    assert "push: shop:1.0, as 'fake' does it" in printed
    assert "move the traffic from nothing" in printed
    assert shop.calls("") == ["observe begin", "observe begin"]
    assert not (shop.root / ".pym").exists()


def test_json_is_one_object_a_line_and_ends_with_the_outcome(shop: Shop) -> None:
    lines = [json.loads(line) for line in shop.fast("1.0", "--json").splitlines()]
    assert [line["step"] for line in lines if line["event"] == "step"] == [step.name for step in STEPS]
    assert all(line["seconds"] >= 0 for line in lines if line["event"] == "step")
    assert (lines[-1]["event"], lines[-1]["status"], lines[-1]["live"]) == ("outcome", "live", "1.0")


def test_json_tells_also_what_keeps_a_deploy_from_beginning(shop: Shop) -> None:
    shop.mark("missing", "there is no engine: start one")
    first, second = shop.fast("1.0", "--json", code=1).splitlines()
    assert json.loads(first) == {"event": "outcome", "status": "failed", "reason": "there is no engine: start one"}
    assert second == "Error: there is no engine: start one"


def test_on_a_terminal_each_step_stands_on_one_line(shop: Shop) -> None:
    master, slave = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pymacaron", "deploy", "--version", "1.0", "--no-test"],
        cwd=shop.root,
        env={**os.environ, **shop.environment, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown = b""
    with suppress(OSError):  # what reading a terminal ends with, once nobody has it open
        while data := os.read(master, 65536):
            shown += data
    os.close(master)
    assert process.wait(60) == 0
    lines = [line.rpartition("\r\x1b[K")[2] for line in shown.decode().split("\r\n")]
    plain = [re.sub(r"\x1b\[\d*m", "", line) for line in lines]
    assert [line[:17].rstrip() for line in plain[: len(STEPS)]] == [step.name for step in STEPS]
    assert b"1 passed" in shown


def test_no_deploy_ends_with_the_pushed_image(shop: Shop) -> None:
    assert "not deployed" in shop.fast("1.0", "--no-deploy")
    assert (shop.calls("push end"), shop.calls("stage"), shop.calls("observe")) == (["push end shop:1.0"], [], [])


def test_no_push_leaves_the_registry_alone(shop: Shop) -> None:
    assert outcomes(shop.fast("1.0", "--no-push"))["push"] == "skipped"
    assert (shop.calls("push"), shop.live()) == ([], "1.0")


@pytest.mark.parametrize("arguments", [["--polish"], ["everything"], ["--no-push", "--commit"]])
def test_an_unknown_argument_is_an_error_and_nothing_is_done(shop: Shop, arguments: list[str]) -> None:
    assert "Error" in shop.pym("deploy", *arguments, code=2)
    assert shop.calls("") == []


def test_no_secret_shows_in_output_journal_or_image(shop: Shop) -> None:
    printed = shop.deploy("1.0")
    shop.commit({"mode.txt": "crash", "test/test_unit.py": "import os\n\n\ndef test():\n    print(os.environ)\n"})
    printed += shop.pym("deploy", "--version", "2.0", "--no-test", "--json", code=1)
    assert "the shop has burnt down" in printed
    assert CANARY not in printed
    for path in [*(shop.root / ".pym").rglob("*"), *(shop.home / "images").rglob("*")]:
        assert path.is_dir() or CANARY not in path.read_text(), path


def test_breaking_changes_stop_a_deploy_unless_they_are_allowed(shop: Shop) -> None:
    shop.fast("1.0")
    text = (shop.root / "apis/shop.yaml").read_text()
    shop.commit({"apis/shop.yaml": text.replace("/hello:", "/greeting:")})
    printed = shop.fast("2.0", code=1)
    assert "callers of the live release would break: type 'pym deploy' for a commit that keeps them, or " in printed
    assert printed.splitlines()[-1].endswith("or the same command again with --allow-breaking")
    assert (shop.live(), shop.calls("build begin 2.0")) == ("1.0", [])
    shop.fast("2.0", "--allow-breaking")
    assert shop.live() == "2.0"


def test_a_target_without_downtimes_refuses_to_have_one(shop: Shop) -> None:
    printed = shop.fast("1.0", "--with-downtime", code=1)
    assert "Error: 'fake' needs no downtime, and has none: leave out --with-downtime" in printed
    assert shop.calls("") == []


def test_baking_watches_the_live_release(shop: Shop) -> None:
    shop.commit({"mode.txt": "fine"})
    process = shop.start("deploy", "--version", "1.0", "--no-test", "--no-unittest", "--bake", "1")
    assert process.stdout is not None
    seen = next(line for line in process.stdout if "1.0 answers" in line)
    process.terminate()
    printed, _ = process.communicate(timeout=60)
    assert seen
    assert process.returncode == 1
    assert "pym deploy --resume" in printed
    assert shop.live() == "1.0"


def test_who_gets_reports_hears_how_a_deploy_ended(shop: Shop) -> None:
    posted: list[str] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Webhook) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        text = (shop.root / "pym-config.yaml").read_text()
        hook = f"report_slack_webhook: http://127.0.0.1:{server.server_port}/\n"
        shop.commit({"pym-config.yaml": text + hook})
        shop.fast("1.0")
        shop.commit({"mode.txt": "crash"})
        shop.fast("2.0", code=1)
        server.shutdown()
    assert [one.partition("\n")[0] for one in posted] == [
        "*DEPLOY: shop 1.0 is live in shop-live*",
        "*DEPLOY: shop 2.0 failed in shop-live*",
    ]
    assert '"step": "stage"' in posted[1]


def test_a_reporter_that_fails_changes_nothing(shop: Shop) -> None:
    text = (shop.root / "pym-config.yaml").read_text()
    shop.commit({"pym-config.yaml": text + "report_slack_webhook: http://127.0.0.1:9/\n"})
    printed = shop.fast("1.0")
    assert "in pym_after_deploy()" in printed
    assert (shop.live(), shop.told()[-1]) == ("1.0", "after 1.0 live 1.0")


def test_the_page_about_deploys_has_every_step_and_option() -> None:
    page = (ROOT / "docs/how-to/deploy.md").read_text()
    table = page.partition("| step | does |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| ([a-z][a-z ]*) \|", table, re.MULTILINE) == [step.name for step in STEPS]
    options = [option for parameter in deploy.params for option in parameter.opts]
    assert [option for option in options if f"`{option}" not in page and f" {option}" not in page] == []


def test_old_names_do_what_they_did(shop: Shop) -> None:
    script = "import sys; from pymacaron_docker.cli.deploy import {0}; sys.argv[1:] = {1}; {0}()"

    def run(name: str, arguments: list[str]) -> str:
        command = [sys.executable, "-c", script.format(name, [*arguments, "--no-test", "--no-unittest"])]
        environment = {**os.environ, **shop.environment}
        return subprocess.run(
            command, cwd=shop.root, env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert "not deployed" in run("deploy_pipeline", ["--push", "--version", "1.0"])
    run("deploy_pipeline", ["--push", "--deploy", "--version", "1.0"])
    assert shop.live() == "1.0"
    run("main", ["--version", "2.0", "--force-build"])
    assert shop.live() == "2.0"
