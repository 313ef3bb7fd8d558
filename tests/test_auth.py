"""What pymacaron-auth does with others: a token for acceptance tests, and the one that a client sends along."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from pymacaron_testing.loaded import LoadedService
from tokenkit import NOW, PROTECTED, SECRET, SETTINGS, Shop, document, forged, operation

FILES = {
    "pym-config.yaml": "name: shop\nenv_secrets: [SHOP_SECRET]\njwt_secret: SHOP_SECRET\ndefault_user_id: tester\n",
    "handlers.py": "from pymacaron.auth import get_userid\n\n\ndef who():\n    return {'user': get_userid()}\n",
    "testaccept/test_shop.py": """
from pymacaron_testing import PyMacaronTestCase


class ShopTests(PyMacaronTestCase):
    def test_the_service_knows_its_callers(self):
        self.assertHasAuthVersion()

    def test_the_token_is_for_the_default_user(self):
        found = self.assertGetReturnJson("/me", 200, f"Bearer {self.token}")
        self.assertEqual(found, {"user": "tester"})
""",
}


def acceptance(root: Path, files: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `pym test --gen-token` on a service of files."""
    for file, text in files.items():
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "pymacaron", "test", "--gen-token", "-q"],
        cwd=root,
        env={**os.environ, "SHOP_SECRET": SECRET},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_acceptance_tests_get_a_token_of_the_service(tmp_path: Path) -> None:
    done = acceptance(tmp_path, {**FILES, "apis/shop.yaml": yaml.safe_dump(PROTECTED)})
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_token_for_acceptance_tests_that_is_for_nobody_is_refused_by_the_option_that_names_a_user(
    tmp_path: Path,
) -> None:
    settings = FILES["pym-config.yaml"].replace("default_user_id: tester\n", "")
    done = acceptance(tmp_path, {**FILES, "pym-config.yaml": settings})
    assert done.returncode == 2
    assert "--gen-token: a token is for nobody: name a user by --user, or set default_user_id in" in done.stderr


RELAY = """
from pymacaron import apipool
from pymacaron.auth import backend_token, get_userid


def who():
    return {"user": get_userid()}


def relay():
    asked = apipool.shop.client.who
    with backend_token(user_id="backend"):
        return {"as": [asked()["user"], get_userid()]}


def pass_on():
    return apipool.shop.client.who()
"""
RELAYED = document(
    {
        "/who": {"get": operation("handlers.who", operationId="who", security=[{"token": []}])},
        "/relay": {"get": operation("handlers.relay")},
        "/pass_on": {"get": operation("handlers.pass_on", security=[{"token": []}])},
    },
    token={"type": "http", "scheme": "bearer"},
)


def test_a_client_sends_the_token_of_the_caller_or_of_the_backend_user(
    pym_service: Callable[..., LoadedService],
) -> None:
    decorated = {**RELAYED, "x-decorate-request": "pymacaron.auth.add_auth"}
    files = {
        "apis/shop.yaml": yaml.safe_dump(decorated),
        "pym-config.yaml": yaml.safe_dump(SETTINGS),
        "handlers.py": RELAY,
    }
    shop = Shop(pym_service(files).app).at(NOW)
    shop.service.load_clients(apis=["shop"], local=True)
    assert shop.call(path="/relay").get_json() == {"as": ["backend", "backend"]}
    assert shop.call(forged(), path="/pass_on").get_json() == {"user": "u1"}
    assert shop.error(path="/pass_on") == (401, "AUTHORIZATION_HEADER_MISSING")
