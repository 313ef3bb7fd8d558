"""What pymacaron-auth and pymacaron-testing do together: a token for acceptance tests, and what they expect of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

from tokenkit import PROTECTED, SECRET

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


def test_acceptance_tests_get_a_token_of_the_service(tmp_path: Path) -> None:
    for file, text in {**FILES, "apis/shop.yaml": yaml.safe_dump(PROTECTED)}.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pymacaron", "test", "--gen-token", "-q"],
        cwd=tmp_path,
        env={**os.environ, "SHOP_SECRET": SECRET},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
