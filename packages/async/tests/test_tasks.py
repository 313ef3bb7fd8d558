"""Tasks that requests queue and workers run, at each kind of broker."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from brokerkit import Shop, told, wait_until

MakeShop = Callable[..., Shop]
MakeClient = Callable[[Shop], FlaskClient]


def test_a_request_queues_what_a_worker_runs_in_the_context_of_the_request(shop: MakeShop, client: MakeClient) -> None:
    made = shop()
    http = client(made)
    with made.worker():
        assert http.post("/call/write?secret=s3cret", json=["a", 1]).status_code == 200
        assert http.post("/call/know?secret=s3cret", json=[]).status_code == 200
        wait_until(lambda: len(made.lines()) == 2)
    assert made.lines("write") == ["write a 1"]
    name = http.application.name
    assert made.lines("know") == [f"know http://localhost/call/know POST {name} True 1"]


def test_a_task_raises_until_its_retries_are_used_up_and_fails_for_good(shop: MakeShop, client: MakeClient) -> None:
    made = shop()
    http = client(made)
    with made.worker() as worker:
        http.post("/call/stumble", json=["hunter2"])
        wait_until(lambda: "attempts=3" in made.pym("tasks", "failed"))
        said = worker.said
    assert len(made.lines("stumble")) == 3
    assert len(set(made.lines("stumble"))) == 1, "its key is the same each time"
    assert "hunter2" not in said
    assert "hunter2" not in made.pym("tasks", "failed")
    assert "ValueError in shop.stumble" in made.pym("tasks", "failed")


def test_a_handle_tells_state_and_result_and_a_handler_that_returns_it_answers_202(
    shop: MakeShop, client: MakeClient
) -> None:
    made = shop(async_tasks_api=True)
    http = client(made)
    queued = http.post("/call/handle", json=[21])
    place = queued.headers["Location"]
    assert (queued.status_code, queued.json) == (202, {"id": place.rpartition("/")[2], "state": "queued"})
    assert told(http.get(place))["state"] == "queued"
    with made.worker() as worker:
        wait_until(lambda: told(http.get(place))["state"] == "succeeded")
        wait_until(lambda: "succeeded in" in worker.said)
        assert ": '42'" not in worker.said, "a result is for who asks for it, not for the log"
    assert told(http.get(place))["result"] == 42
    missing = http.get("/tasks/00000000-0000-4000-8000-000000000000")
    assert (missing.status_code, told(missing)["error"]) == (404, "UNKNOWN_TASK")


def test_a_task_whose_process_dies_is_tried_again_and_then_kept_as_failed(shop: MakeShop, client: MakeClient) -> None:
    made = shop()
    http = client(made)
    with made.worker():
        http.post("/call/poison", json=[])
        wait_until(lambda: "WorkerLost in shop.poison" in made.pym("tasks", "failed"))
        assert made.lines("poison") == ["poison"] * 3
        assert made.pym("tasks", "failed").count("\n") == 1


def test_a_task_that_takes_too_long_is_stopped_and_fails(shop: MakeShop, client: MakeClient) -> None:
    made = shop()
    http = client(made)
    with made.worker():
        http.post("/call/stay", json=[])
        wait_until(lambda: "TimeLimitExceeded in shop.stay" in made.pym("tasks", "failed"))
    assert made.lines("stay") == ["stay"]


def test_failed_tasks_are_listed_queued_again_and_thrown_away(shop: MakeShop, client: MakeClient) -> None:
    made = shop()
    http = client(made)
    with made.worker():
        http.post("/call/fail", json=["hunter2"])
        wait_until(lambda: "failed: 1" in made.pym("tasks"))
    assert "1 queued again" in made.pym("tasks", "retry", "--all")
    assert "1 waiting" in (listed := made.pym("tasks"))
    assert "failed: 0" in listed
    with made.worker():
        wait_until(lambda: "failed: 1" in made.pym("tasks"))
    assert "1 thrown away" in made.pym("tasks", "purge", "--all")
    assert "failed: 0" in made.pym("tasks")


def test_a_delayed_task_waits_its_time(shop: MakeShop, client: MakeClient) -> None:
    made = shop()
    http = client(made)
    with made.worker():
        began = time.time()
        http.post("/call/later", json=["x"])
        wait_until(lambda: made.lines("later"))
    (line,) = made.lines("later")
    assert float(line.split()[-1]) - began >= 1


def test_delayed_tasks_of_several_queues_wait_for_the_first_worker(shop: MakeShop, client: MakeClient) -> None:
    made = shop()
    http = client(made)
    for name in ("later", "later_mail"):
        assert http.post(f"/call/{name}", json=["x"]).status_code == 200
    time.sleep(2)
    with made.worker():
        wait_until(lambda: made.lines("later") and made.lines("mail"))


def test_a_unique_task_is_queued_once_until_it_has_run(shop: MakeShop, client: MakeClient) -> None:
    made = shop()
    http = client(made)
    for number in (1, 1, 2, 1):
        http.post("/call/once", json=[number])
    with made.worker():
        wait_until(lambda: len(made.lines("once")) == 2)
        wait_until(lambda: http.post("/call/once", json=[1]) and len(made.lines("once 1")) >= 2)
    assert made.lines("once 2") == ["once 2"]


def test_a_task_on_commit_is_queued_only_where_the_handler_succeeds(shop: MakeShop, client: MakeClient) -> None:
    made = shop()
    http = client(made)
    assert http.post("/call/fails", json=["no"]).status_code == 500
    assert http.post("/call/committed", json=["yes"]).status_code == 200
    with made.worker():
        wait_until(lambda: made.lines("committed"))
    assert made.lines("committed") == ["committed yes"]


def test_tasks_of_another_queue_are_run_by_all_workers_and_by_those_that_name_it(
    shop: MakeShop, client: MakeClient
) -> None:
    made = shop()
    http = client(made)
    http.post("/call/mail", json=["a"])
    http.post("/call/write", json=["b"])
    with made.worker("--concurrency", "1", "--queues", "mail") as worker:
        wait_until(lambda: made.lines("mail"))
        worker.terminate()  # a kill would have it run again where it came before the acknowledgement
        assert made.lines("write") == []
    with made.worker():
        wait_until(lambda: made.lines("write"))
    assert made.lines("mail") == [f"mail a {http.application.name}.mail"]


def test_a_worker_that_gets_a_term_finishes_what_it_runs_and_leaves_the_rest(
    shop: MakeShop, client: MakeClient
) -> None:
    made = shop(graceful_timeout=10)
    http = client(made)
    for number in range(6):
        http.post("/call/sleep", json=[0.6, number])
    with made.worker() as worker:
        wait_until(lambda: len(made.lines("begin")) >= 2)
        worker.terminate()
    assert len(made.lines("begin")) == len(made.lines("end"))
    with made.worker():
        wait_until(lambda: len(made.lines("end")) == 6)
    assert len(made.lines("begin")) == 6


def test_what_runs_longer_than_the_grace_goes_back_to_the_broker(
    shop: MakeShop, client: MakeClient, broker: dict[str, str]
) -> None:
    made = shop(graceful_timeout=1)
    http = client(made)
    http.post("/call/hold", json=["x"])
    with made.worker() as worker:
        wait_until(lambda: made.lines("begin"))
        worker.terminate()
        assert made.lines("end") == []
    (made.root / "released").touch()
    with made.worker():
        wait_until(lambda: made.lines("end"))


@pytest.mark.parametrize("name", ["write", "mail"])
def test_a_call_outside_of_a_request_runs_the_function(
    shop: MakeShop, client: MakeClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shop()
    client(made)
    import shop as module  # type: ignore[import-not-found, unused-ignore]

    monkeypatch.setattr(module, "current_task", lambda: type("Task", (), {"queue": "none"}))
    getattr(module, name)("now")
    assert made.lines(name)[0].startswith(f"{name} now")
