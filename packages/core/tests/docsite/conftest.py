"""A real browser that can reach nothing but 127.0.0.1, and services that are served to it."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from websocket import WebSocket, create_connection
from werkzeug.serving import make_server

SECONDS = 30
_FIND = """new Promise((found, failed) => {
    const end = Date.now() + 15000;
    const look = () => {
        const node = [...document.querySelectorAll(%s)].find(node => node.textContent.includes(%s));
        if (node) found(node.textContent);
        else if (Date.now() > end) failed(document.body.innerText);
        else setTimeout(look, 20);
    };
    look();
})"""
_DO = """{
    const node = [...document.querySelectorAll(%s)].find(node => node.textContent.includes(%s));
    %s
}"""


class Page:
    """A page of the browser, driven by its DevTools protocol: `requests` are the URLs that it asked for,
    `refused` those that its policy kept it from, `complaints` what the console says."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._sent = 0
        self._loaded = False
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.refused: list[str] = []
        self._asked: dict[str, str] = {}
        for domain in ("Network", "Log", "Runtime", "Page"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; what is told meanwhile is noted."""
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        while (told := self._heard()).get("id") != self._sent:
            pass
        assert "error" not in told, told
        result: dict[str, Any] = told["result"]
        return result

    def _heard(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._socket.recv())
        self._note(told.get("method", ""), told.get("params", {}))
        return told

    def _note(self, event: str, told: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
            self._asked[told["requestId"]] = told["request"]["url"]
        elif event == "Network.loadingFailed" and told.get("blockedReason") == "csp":
            self.refused.append(self._asked[told["requestId"]])
        elif event == "Page.loadEventFired":
            self._loaded = True
        elif event == "Log.entryAdded":
            self.complaints.append(told["entry"]["text"])
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(str(told["exceptionDetails"]))

    def open(self, url: str) -> None:
        """Go to a URL, and wait until the page is loaded."""
        self._loaded = False
        self.send("Page.navigate", url=url)
        while not self._loaded:
            self._heard()

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, awaited where it is a promise."""
        done = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            pytest.fail(f"{expression}: {done['exceptionDetails'].get('exception', done)}", pytrace=False)
        return done["result"].get("value")

    def find(self, selector: str, text: str = "") -> str:
        """Wait for an element that holds a text, and return its whole text."""
        return str(self.evaluate(_FIND % (json.dumps(selector), json.dumps(text))))

    def click(self, selector: str, text: str = "") -> None:
        """Wait for an element that holds a text, and click it."""
        self.find(selector, text)
        self.evaluate(_DO % (json.dumps(selector), json.dumps(text), "node.click()"))

    def follow(self, selector: str, text: str) -> None:
        """Click a link, and wait until its page is loaded."""
        self._loaded = False
        self.click(selector, text)
        while not self._loaded:
            self._heard()

    def click_until(self, button: str, selector: str, text: str) -> None:
        """Click a button until an element holds a text: a page may still be busy when it shows the button."""
        self.find(button)
        clicked = _DO % (json.dumps(button), '""', "node.click()")
        look = _FIND % (json.dumps(selector), json.dumps(text))
        self.evaluate(
            f"(() => {{ const again = setInterval(() => {clicked}, 500); {clicked}"
            f"return {look}.finally(() => clearInterval(again)); }})()"
        )

    def write(self, selector: str, text: str) -> None:
        """Wait for a field, and write into it as a reader would."""
        self.find(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.send("Input.insertText", text=text)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the browser; yield the address of its DevTools."""
    command = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if command is None:
        pytest.skip("needs chromium: apt-get install chromium")
    profile = tmp_path_factory.mktemp("chromium")
    process = subprocess.Popen(
        [
            command,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--remote-debugging-port=0",
            "--remote-allow-origins=*",
            f"--user-data-dir={profile}",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        heard = next((line for line in process.stderr if "DevTools listening on ws://" in line), "")
        assert heard, "chromium ended before it listened"
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield heard.partition("ws://")[2].partition("/")[0]
    finally:
        process.terminate()
        process.wait(SECONDS)
        process.stderr and process.stderr.close()


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """Open a page of the browser."""
    asked = urllib.request.Request(f"http://{chromium}/json/new?about:blank", method="PUT")
    with urllib.request.urlopen(asked, timeout=SECONDS) as reply:
        target = json.load(reply)
    with contextlib.closing(create_connection(target["webSocketDebuggerUrl"], timeout=SECONDS)) as socket:
        yield Page(socket)
    with urllib.request.urlopen(f"http://{chromium}/json/close/{target['id']}", timeout=SECONDS):
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Serve WSGI applications on 127.0.0.1 and return their addresses."""
    running = []

    def start(app: Flask | Callable[..., Any]) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Copy examples/shop."""
    source = Path(__file__).parents[4] / "examples" / "shop"
    return Path(shutil.copytree(source, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__", ".*")))
