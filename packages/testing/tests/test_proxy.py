"""The recording proxy: a service sees what a test wrote, a test sees what the service wrote, and both are recorded."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Callable, Iterator

import httpx2
import pytest
from werkzeug.wrappers import Request, Response

from pymacaron.exceptions import DeployError
from pymacaron_testing.contract.exchange import Exchange
from pymacaron_testing.contract.proxy import RecordingProxy

Behind = Callable[..., tuple[RecordingProxy, list[Exchange]]]


@pytest.fixture
def behind(serve: Callable[[Callable[[Request], Response]], str]) -> Iterator[Behind]:
    """Put a proxy before a service, which is a function of a request."""
    made: list[RecordingProxy] = []

    def make(answer: Callable[[Request], Response], below: str = "") -> tuple[RecordingProxy, list[Exchange]]:
        said: list[Exchange] = []
        made.append(RecordingProxy(serve(answer) + below, said.append))
        return made[-1], said

    yield make
    for proxy in made:
        proxy.close()


def asked(proxy: RecordingProxy, method: str, target: str, **headers: bytes) -> tuple[http.client.HTTPResponse, bytes]:
    """Send a request with these headers alone."""
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, text in headers.items():
        connection.putheader(name.replace("_", "-"), text)
    connection.endheaders()
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    return reply, content


def seen(request: Request) -> Response:
    """Tell what a request is made of."""
    target: str = request.environ["RAW_URI"]
    return Response(json.dumps({"target": target, "headers": dict(request.headers)}), content_type="application/json")


@pytest.mark.parametrize("target", ["/a/../b", '/a?b="c"|[d]&e=%7E;%zz', "/a?", "*"])
def test_a_target_is_handed_on_as_it_was_written(behind: Behind, target: str) -> None:
    proxy, said = behind(seen)
    method = "OPTIONS" if target == "*" else "GET"
    assert json.loads(asked(proxy, method, target)[1])["target"] == target
    proxy.close()
    assert [each.target for each in said] == [target]


def test_a_target_is_handed_on_below_the_path_of_the_service(behind: Behind) -> None:
    proxy, said = behind(seen, "/v1")
    assert json.loads(asked(proxy, "GET", "/a")[1])["target"] == "/v1/a"
    proxy.close()
    assert [each.target for each in said] == ["/a"]


def test_what_is_added_on_the_way_is_in_no_record(
    serve: Callable[[Callable[[Request], Response]], str],
) -> None:
    said: list[Exchange] = []
    numbers = iter(range(9))
    given = lambda: {"X-Token": f"secret-{next(numbers)}"}  # noqa: E731
    with RecordingProxy(serve(seen), said.append, headers=given) as proxy:
        for number in range(2):
            headers = json.loads(asked(proxy, "GET", "/", X_Token=b"own", X_Name=b"e")[1])["headers"]
            assert (headers["X-Token"], headers["X-Name"]) == (f"secret-{number}", "e")
    assert [each.request_headers for each in said] == [(("X-Token", "own"), ("X-Name", "e"))] * 2


def test_what_cannot_be_added_is_told_in_place_of_an_answer(
    serve: Callable[[Callable[[Request], Response]], str],
) -> None:
    def none() -> dict[str, str]:
        raise DeployError("there is no token")

    said: list[Exchange] = []
    with RecordingProxy(serve(seen), said.append, headers=none) as proxy:
        reply, content = asked(proxy, "GET", "/")
    assert (reply.status, content.endswith(b"cannot be reached: there is no token\n"), said) == (502, True, [])


@pytest.mark.parametrize("name", ["é".encode("latin-1"), "é".encode(), b"e"])
def test_a_service_sees_the_headers_of_the_test_and_no_more(behind: Behind, name: bytes) -> None:
    proxy, _ = behind(seen)
    headers = json.loads(asked(proxy, "GET", "/", X_Name=name)[1])["headers"]
    assert headers.pop("Host")
    assert headers == {"X-Name": name.decode("latin-1")}


def test_a_test_sees_each_header_of_the_service_once(behind: Behind) -> None:
    proxy, _ = behind(seen)
    names = [name.lower() for name, _ in asked(proxy, "GET", "/")[0].getheaders()]
    assert sorted(names) == ["connection", "content-length", "content-type", "date", "server"]


def test_a_redirect_to_the_service_leads_through_the_proxy(behind: Behind) -> None:
    def lead(request: Request) -> Response:
        if request.path == "/":
            return Response(status=302, headers={"Location": f"{request.host_url}there?a=b"})
        return Response(request.headers.get("Authorization", "nobody"))

    proxy, said = behind(lead)
    url = f"http://127.0.0.1:{proxy.port}"
    with httpx2.Client(trust_env=False, follow_redirects=True) as client:
        reply = client.get(url, headers={"Authorization": "Bearer x"})
    assert (str(reply.url), reply.text) == (f"{url}/there?a=b", "Bearer x")
    proxy.close()
    assert [each.target for each in said] == ["/", "/there?a=b"]


@pytest.mark.parametrize("location", ["https://elsewhere.example/", "/there"])
def test_another_redirect_is_handed_on_as_it_is(behind: Behind, location: str) -> None:
    proxy, _ = behind(lambda request: Response(status=302, headers={"Location": location}))
    assert asked(proxy, "GET", "/")[0].headers["Location"] == location


@pytest.mark.parametrize(
    ("content", "recorded"), [(gzip.compress(b"{}"), b"{}"), (b"{}", b"{}")], ids=["", "but is not"]
)
def test_what_is_compressed_is_recorded_plain_or_as_it_is(behind: Behind, content: bytes, recorded: bytes) -> None:
    proxy, said = behind(lambda request: Response(content, headers={"Content-Encoding": "gzip"}))
    assert asked(proxy, "GET", "/")[1] == content
    proxy.close()
    assert [each.response_body for each in said] == [recorded]


def test_what_is_said_last_is_recorded_before_the_proxy_ends(behind: Behind) -> None:
    proxy, said = behind(lambda request: Response(b"x" * 1_000_000))
    for _ in range(20):
        asked(proxy, "GET", "/")
    proxy.close()
    assert len(said) == 20
