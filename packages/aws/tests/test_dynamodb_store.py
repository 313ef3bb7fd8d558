"""What the store does where DynamoDB throttles, loses answers or refuses: boto3 against a server of given replies."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest

from pymacaron.exceptions import ConfigError
from pymacaron.store import (
    ItemChangedError,
    ItemTooLargeError,
    Search,
    StoreBusyError,
    StoreError,
    Table,
    TableKeys,
    Unchanged,
)
from pymacaron_aws.dynamodb.errors import ATTEMPTS
from pymacaron_aws.dynamodb.store import DynamoStore, connect

TABLE = Table("profiles", TableKeys("id"), {"id": "text"})
Reply = tuple[int, dict[str, Any]]
FINE: Reply = (200, {})
UNCHANGED: Reply = (400, {"__type": "ns#ConditionalCheckFailedException", "message": "The conditional request failed"})


def refusal(code: str, message: str = "", status: int = 400) -> Reply:
    return status, {"__type": f"com.amazonaws#{code}", "message": message}


@dataclass
class Told:
    """The replies to come, the last one for ever, and the requests that came; a status of 0 breaks the connection."""

    replies: list[Reply] = field(default_factory=list)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        told: Told = vars(self.server)["told"]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        told.requests.append((self.headers["X-Amz-Target"].partition(".")[2], body))
        status, reply = told.next()
        if not status:
            self.close_connection = True
            return
        text = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Run the server, as the endpoint that boto3 finds."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    vars(server)["told"] = told = Told()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    environment = {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{server.server_address[1]}",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note how long boto3 would pause, and go on."""
    found: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=found.append))
    return found


@pytest.fixture
def store(told: Told, pauses: list[float]) -> Iterator[DynamoStore]:
    """Open the store, whose own pauses are noted too."""
    store = DynamoStore(connect("eu-west-1"), wait=pauses.append)
    yield store
    store.close()


def test_a_throttled_request_is_sent_again_after_a_pause(store: DynamoStore, told: Told, pauses: list[float]) -> None:
    told.replies = [refusal("ProvisionedThroughputExceededException")] * 3 + [FINE]
    store.put(TABLE, {"id": "ada"})
    assert [operation for operation, _ in told.requests] == ["PutItem"] * 4
    assert len(pauses) == 3


@pytest.mark.parametrize(
    "reply",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("ThrottlingException"),
        refusal("InternalServerError", "", 500),
    ],
)
def test_a_request_that_is_throttled_for_ever_ends(
    store: DynamoStore, told: Told, pauses: list[float], reply: Reply
) -> None:
    told.replies = [reply]
    with pytest.raises(StoreBusyError, match=r"^DynamoDB does not serve the table profiles \(\w+, 8 attempts\): try"):
        store.get(TABLE, ("ada", None))
    assert (len(told.requests), len(pauses)) == (ATTEMPTS, ATTEMPTS - 1)
    assert sum(pauses) < 20 * ATTEMPTS


@pytest.mark.parametrize("operation", ["BatchWriteItem", "BatchGetItem"])
def test_what_is_left_of_a_batch_is_sent_again_and_not_for_ever(
    store: DynamoStore, told: Told, pauses: list[float], operation: str
) -> None:
    left: dict[str, Any] = {"profiles": [{"PutRequest": {"Item": {"id": {"S": "bob"}}}}]}
    unprocessed: Reply = (200, {"UnprocessedItems": left})
    done: Reply = (200, {"UnprocessedItems": {}})
    if operation == "BatchGetItem":
        left = {"profiles": {"Keys": [{"id": {"S": "bob"}}]}}
        unprocessed = (200, {"Responses": {"profiles": [{"id": {"S": "ada"}}]}, "UnprocessedKeys": left})
        done = (200, {"Responses": {"profiles": [{"id": {"S": "bob"}}]}, "UnprocessedKeys": {}})

    def ask() -> list[dict[str, Any]]:
        if operation == "BatchWriteItem":
            store.put_many(TABLE, [{"id": "ada"}, {"id": "bob"}])
            return [{"id": "ada"}, {"id": "bob"}]
        return list(store.get_many(TABLE, [("ada", None), ("bob", None)]))

    told.replies = [unprocessed, done]
    assert ask() == [{"id": "ada"}, {"id": "bob"}]
    assert told.requests[1] == (operation, {"RequestItems": left})
    told.replies = [unprocessed]
    with pytest.raises(StoreBusyError, match=r"^DynamoDB throttles the table profiles \(8 attempts\): try later$"):
        ask()
    assert len(told.requests) == 2 + ATTEMPTS
    assert len(pauses) == ATTEMPTS


@pytest.mark.parametrize("operation", ["Scan", "Query"])
def test_pages_are_read_as_they_are_taken(store: DynamoStore, told: Told, operation: str) -> None:
    last = {"id": {"S": "ada"}}
    told.replies = [(200, {"Items": [last], "LastEvaluatedKey": last}), (200, {"Items": [{"id": {"S": "bob"}}]})]
    found = store.scan(TABLE) if operation == "Scan" else store.query(TABLE, Search("ada"))
    assert next(found) == {"id": "ada"}
    assert len(told.requests) == 1
    assert list(found) == [{"id": "bob"}]
    assert [(name, body.get("ExclusiveStartKey")) for name, body in told.requests] == [
        (operation, None),
        (operation, last),
    ]


def test_a_write_whose_answer_was_lost_counts_as_written(store: DynamoStore, told: Told) -> None:
    item = {"id": {"S": "ada"}, "version": {"N": "2"}}
    told.replies = [(0, {}), UNCHANGED, (200, {"Item": item})]
    store.put(TABLE, {"id": "ada", "version": 2}, Unchanged("version", 1))
    assert [operation for operation, _ in told.requests] == ["PutItem", "PutItem", "GetItem"]


@pytest.mark.parametrize("replies", [[UNCHANGED], [(0, {}), UNCHANGED, (200, {"Item": {"id": {"S": "ada"}}})]])
def test_a_condition_that_does_not_hold_is_told(store: DynamoStore, told: Told, replies: list[Reply]) -> None:
    told.replies = replies
    with pytest.raises(ItemChangedError, match=r"^an item of profiles was changed since it was read: read it again$"):
        store.put(TABLE, {"id": "ada", "version": 2}, Unchanged("version", 1))


def test_an_item_of_more_than_400_kb_is_refused_before_anything_is_sent(store: DynamoStore, told: Told) -> None:
    told.replies = [FINE]
    store.put(TABLE, {"id": "ada", "text": "x" * (400 * 1024 - 9)})
    item = {"id": "ada", "text": "x" * (400 * 1024 - 8)}
    writes: list[Callable[[], None]] = [lambda: store.put(TABLE, item), lambda: store.put_many(TABLE, [item])]
    for write in writes:
        with pytest.raises(ItemTooLargeError) as caught:
            write()
        assert str(caught.value) == (
            "an item of profiles has 409,601 bytes, and 400 kB (409,600 bytes) is the most in DynamoDB: keep less in it"
        )
    assert len(told.requests) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "sentence"),
    [
        (
            refusal("ResourceNotFoundException", "Requested resource not found"),
            StoreError,
            "there is no table or index profiles in DynamoDB: run 'pym aws tables create'",
        ),
        (
            refusal("ValidationException", "Item size has exceeded the maximum allowed size"),
            ItemTooLargeError,
            "an item of profiles has too many bytes, and 400 kB (409,600 bytes) is the most in DynamoDB: keep less "
            "in it",
        ),
        (
            refusal("AccessDeniedException", "not authorized to perform: dynamodb:PutItem"),
            StoreError,
            "DynamoDB refuses a request to the table profiles (AccessDeniedException): not authorized to perform: "
            "dynamodb:PutItem",
        ),
    ],
)
def test_a_refusal_is_one_sentence(
    store: DynamoStore, told: Told, reply: Reply, kind: type[StoreError], sentence: str
) -> None:
    told.replies = [reply]
    with pytest.raises(kind) as caught:
        store.put(TABLE, {"id": "ada"})
    assert str(caught.value) == sentence


def test_no_server_is_told_as_busy(pauses: list[float], told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    store = DynamoStore(connect("eu-west-1"))
    with pytest.raises(StoreBusyError, match=r"^DynamoDB did not answer for the table profiles \(Endpoint"):
        store.get(TABLE, ("ada", None))
    assert len(pauses) == ATTEMPTS - 1
    store.close()


@pytest.mark.parametrize("missing", ["region", "profile"])
def test_no_region_and_an_unknown_profile_are_told(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    act: Callable[[], Any] = connect if missing == "region" else lambda: connect("eu-west-1", "nobody")
    with pytest.raises(ConfigError, match=r"^DynamoDB cannot be used \(.*\): set aws_region, and AWS's"):
        act()
