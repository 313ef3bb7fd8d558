"""PyMacaronTestCase: acceptance tests in the style of unittest, of the service that the environment names."""

from __future__ import annotations

import json
import unittest
from collections.abc import Mapping
from typing import Any

import httpx2

from pymacaron_testing.calls import called, shortened, story
from pymacaron_testing.target import Target, target_of_environment

__all__ = ["PyMacaronTestCase"]

BAD_CREDENTIALS = {
    "": "AUTHORIZATION_HEADER_MISSING",
    "Bearer1234567890": "TOKEN_INVALID",
    "bearer foo bar": "TOKEN_INVALID",
    "Bearer 1234567890": "TOKEN_INVALID",
}


class PyMacaronTestCase(unittest.TestCase):
    """A test case with assertions on what a service replies.

    `setUp` takes `host`, `port` and `token` from PYM_SERVER_HOST, PYM_SERVER_PORT and PYM_JWT_TOKEN; a test may set its
    own. A path is that of the URL, with or without a leading slash. `auth` is the value of an Authorization header.
    GET, HEAD and OPTIONS are tried again when the connection fails. Time-outs are in seconds.
    """

    host: str | None = None
    port: str | int | None = None
    token: str | None = None
    timeout_connect: float = 10
    timeout_read: float = 30
    maxDiff = None

    def setUp(self) -> None:
        """Learn which service to test; raises ValueError where the environment does not tell."""
        target = target_of_environment()
        self.host, self.port, self.token = target.host, target.port, target.token

    @property
    def base_url(self) -> str:
        """The URL of the service, without a slash at its end."""
        return Target(self.host or "", int(self.port or 0)).url

    # -- JSON

    def assertCallReturnJson(
        self,
        method: str,
        path: str,
        data: Any = None,
        auth: str | None = None,
        status: int = 200,
        allow_error: bool = False,
        verify_ssl: bool = True,
    ) -> Any:
        """Call, expect a status, and return the JSON of the reply; `allow_error` lets any status but 200 pass."""
        reply = self._call(method, path, data, auth, verify_ssl=verify_ssl)
        self._assert_status(reply, status, allow_error)
        try:
            return reply.json()
        except ValueError:
            raise self.failureException(story(reply, "the reply is no JSON")) from None

    def assertGetReturnJson(
        self, path: str, status: int = 200, auth: str | None = None, verify_ssl: bool = True
    ) -> Any:
        """GET, expect a status, and return the JSON of the reply."""
        return self.assertCallReturnJson("get", path, None, auth, status, verify_ssl=verify_ssl)

    def assertDeleteReturnJson(
        self, path: str, status: int = 200, auth: str | None = None, verify_ssl: bool = True
    ) -> Any:
        """DELETE, expect a status, and return the JSON of the reply."""
        return self.assertCallReturnJson("delete", path, None, auth, status, verify_ssl=verify_ssl)

    def assertPostReturnJson(
        self, path: str, data: Any = None, status: int = 200, auth: str | None = None, verify_ssl: bool = True
    ) -> Any:
        """POST, expect a status, and return the JSON of the reply."""
        return self.assertCallReturnJson("post", path, data, auth, status, verify_ssl=verify_ssl)

    # -- an object that holds some values

    def assertCallReturnDict(
        self,
        method: str,
        path: str,
        kv: Mapping[str, Any],
        data: Any = None,
        auth: str | None = None,
        status: int = 200,
        verify_ssl: bool = True,
    ) -> dict[str, Any]:
        """Call, expect an object that has the members of `kv` among its own, and return it."""
        reply = self.assertCallReturnJson(method, path, data, auth, status, verify_ssl=verify_ssl)
        self.assertIsInstance(reply, dict)
        found: dict[str, Any] = reply
        shown = {name: found[name] for name in kv if name in found}
        self.assertEqual(shown, dict(kv), f"{method.upper()} {path} replied {shortened(json.dumps(found))}")
        return found

    def assertGetReturnDict(
        self, path: str, kv: Mapping[str, Any], status: int = 200, auth: str | None = None, verify_ssl: bool = True
    ) -> dict[str, Any]:
        """GET an object that has the members of `kv`."""
        return self.assertCallReturnDict("get", path, kv, None, auth, status, verify_ssl)

    def assertPostReturnDict(
        self,
        path: str,
        data: Any,
        kv: Mapping[str, Any],
        status: int = 200,
        auth: str | None = None,
        verify_ssl: bool = True,
    ) -> dict[str, Any]:
        """POST, and expect an object that has the members of `kv`."""
        return self.assertCallReturnDict("post", path, kv, data, auth, status, verify_ssl)

    # -- an empty object

    def assertCallReturnOk(
        self, method: str, path: str, data: Any = None, auth: str | None = None, verify_ssl: bool = True
    ) -> None:
        """Call, and expect 200 with an empty object."""
        self.assertEqual(self.assertCallReturnJson(method, path, data, auth, verify_ssl=verify_ssl), {})

    def assertGetReturnOk(self, path: str, auth: str | None = None, verify_ssl: bool = True) -> None:
        """GET, and expect 200 with an empty object."""
        self.assertCallReturnOk("get", path, None, auth, verify_ssl)

    def assertPostReturnOk(self, path: str, data: Any = None, auth: str | None = None, verify_ssl: bool = True) -> None:
        """POST, and expect 200 with an empty object."""
        self.assertCallReturnOk("post", path, data, auth, verify_ssl)

    def assertDeleteReturnOk(self, path: str, auth: str | None = None, verify_ssl: bool = True) -> None:
        """DELETE, and expect 200 with an empty object."""
        self.assertCallReturnOk("delete", path, None, auth, verify_ssl)

    # -- an error

    def assertCallReturnError(
        self,
        method: str,
        path: str,
        status: int,
        error: str,
        data: Any = None,
        auth: str | None = None,
        verify_ssl: bool = True,
    ) -> dict[str, Any]:
        """Call, and expect an error of that status and code."""
        told = {"status": status, "error": error}
        return self.assertCallReturnDict(method, path, told, data, auth, status, verify_ssl)

    def assertGetReturnError(
        self, path: str, status: int, error: str, auth: str | None = None, verify_ssl: bool = True
    ) -> dict[str, Any]:
        """GET, and expect an error of that status and code."""
        return self.assertCallReturnError("get", path, status, error, None, auth, verify_ssl)

    def assertPostReturnError(
        self, path: str, data: Any, status: int, error: str, auth: str | None = None, verify_ssl: bool = True
    ) -> dict[str, Any]:
        """POST, and expect an error of that status and code."""
        return self.assertCallReturnError("post", path, status, error, data, auth, verify_ssl)

    def assertDeleteReturnError(
        self, path: str, status: int, error: str, auth: str | None = None, verify_ssl: bool = True
    ) -> dict[str, Any]:
        """DELETE, and expect an error of that status and code."""
        return self.assertCallReturnError("delete", path, status, error, None, auth, verify_ssl)

    # -- what is no JSON

    def assertCallReturnHtml(
        self,
        method: str,
        path: str,
        data: Any = None,
        auth: str | None = None,
        status: int = 200,
        allow_redirects: bool = True,
        verify_ssl: bool = True,
        quiet: bool = False,
    ) -> str:
        """Call, expect HTML, and return it; `quiet` is taken for tests of PyMacaron 2."""
        return self._text(method, path, data, auth, status, "text/html", allow_redirects, verify_ssl)

    def assertGetReturnHtml(
        self, path: str, status: int = 200, auth: str | None = None, verify_ssl: bool = True
    ) -> str:
        """GET HTML."""
        return self.assertCallReturnHtml("get", path, None, auth, status, verify_ssl=verify_ssl)

    def assertCallReturnText(
        self,
        method: str,
        path: str,
        data: Any = None,
        auth: str | None = None,
        status: int = 200,
        allow_redirects: bool = True,
        verify_ssl: bool = True,
        quiet: bool = False,
    ) -> str:
        """Call, expect plain text, and return it; `quiet` is taken for tests of PyMacaron 2."""
        return self._text(method, path, data, auth, status, "text/plain", allow_redirects, verify_ssl)

    def assertGetReturnText(
        self, path: str, status: int = 200, auth: str | None = None, verify_ssl: bool = True
    ) -> str:
        """GET plain text."""
        return self.assertCallReturnText("get", path, None, auth, status, verify_ssl=verify_ssl)

    def assertCallReturnRedirect(
        self,
        method: str,
        path: str,
        data: Any = None,
        auth: str | None = None,
        status: int = 302,
        allow_redirects: bool = False,
        verify_ssl: bool = True,
        quiet: bool = False,
    ) -> str:
        """Call, expect a redirect, and return the URL that it leads to; `quiet` is taken for tests of PyMacaron 2."""
        reply = self._call(method, path, data, auth, follow=allow_redirects, verify_ssl=verify_ssl)
        self._assert_status(reply, status)
        if reply.next_request is None:
            self.fail(story(reply, "the reply is no redirect"))
        return str(reply.next_request.url)

    def assertGetReturnRedirect(
        self, path: str, status: int = 302, auth: str | None = None, verify_ssl: bool = True
    ) -> str:
        """GET a redirect, and return the URL that it leads to."""
        return self.assertCallReturnRedirect("get", path, None, auth, status, verify_ssl=verify_ssl)

    # -- what every service has

    def assertHasPing(self, verify_ssl: bool = True) -> None:
        """Expect that /ping answers."""
        self.assertGetReturnOk("/ping", verify_ssl=verify_ssl)

    def assertHasVersion(self, verify_ssl: bool = True) -> dict[str, Any]:
        """Expect that /version tells what runs, and return it."""
        found: dict[str, Any] = self.assertGetReturnJson("/version", verify_ssl=verify_ssl)
        self.assertIsVersion(found)
        return found

    def assertHasAuthVersion(self, verify_ssl: bool = True) -> dict[str, Any]:
        """Expect that /auth/version tells what runs to the bearer of `token`, and to nobody else; return it."""
        self.assertGetReturnError("/auth/version", 401, "AUTHORIZATION_HEADER_MISSING", verify_ssl=verify_ssl)
        for credential, code in BAD_CREDENTIALS.items():
            self.assertGetReturnError("/auth/version", 401, code, credential, verify_ssl)
        found: dict[str, Any] = self.assertGetReturnJson("/auth/version", 200, f"Bearer {self.token}", verify_ssl)
        self.assertIsVersion(found)
        return found

    def assertIsVersion(self, version: Mapping[str, Any]) -> None:
        """Expect the names and versions that /version tells."""
        for name in ("name", "version", "pym_env", "container"):
            self.assertIsInstance(version.get(name), str, f"{name} in {version}")

    # -- how

    def _text(
        self,
        method: str,
        path: str,
        data: Any,
        auth: str | None,
        status: int,
        mimetype: str,
        allow_redirects: bool,
        verify_ssl: bool,
    ) -> str:
        reply = self._call(method, path, data, auth, follow=allow_redirects, verify_ssl=verify_ssl)
        self._assert_status(reply, status)
        found = reply.headers.get("Content-Type", "nothing")
        if found.partition(";")[0].strip() != mimetype:
            self.fail(story(reply, f"the reply is {found}, not {mimetype}"))
        return reply.text

    def _call(
        self,
        method: str,
        path: str,
        data: Any = None,
        auth: str | None = None,
        *,
        follow: bool = True,
        verify_ssl: bool = True,
    ) -> httpx2.Response:
        timeout = httpx2.Timeout(self.timeout_read, connect=self.timeout_connect)
        return called(self.base_url, method, path, data, auth, follow=follow, verify_ssl=verify_ssl, timeout=timeout)

    def _assert_status(self, reply: httpx2.Response, status: int, allow_error: bool = False) -> None:
        if reply.status_code != status and not (allow_error and reply.status_code != 200):
            self.fail(story(reply, f"the status is {reply.status_code}, not {status}"))
