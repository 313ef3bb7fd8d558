"""A test that needs a service skips on a laptop and fails in .ci/run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from architecture import ROOT

IN_A_TEST = "import pytest\ndef test_it():\n    pytest.skip('needs redis: apt-get install redis-server')\n"
BY_A_MARK = (
    "import pytest\n@pytest.mark.skipif(True, reason='needs redis: apt-get install redis-server')\ndef test_it(): 1\n"
)
AS_A_MODULE = "import pytest\npytest.skip('needs redis: apt-get install redis-server', allow_module_level=True)\n"
OTHERWISE = "import pytest\ndef test_it():\n    pytest.importorskip('no_such_module')\n"


def run(folder: Path, test: str, required: str) -> str:
    """Run pytest on a folder that holds one test and our conftest.py, and return what it prints."""
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "test_it.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={folder}"]
    environment = {**os.environ, "PYM_REQUIRE_SERVICES": required, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.parametrize("test", [IN_A_TEST, BY_A_MARK, AS_A_MODULE])
def test_a_missing_service_skips_with_what_to_install_and_fails_where_it_is_required(tmp_path: Path, test: str) -> None:
    assert "1 skipped" in (printed := run(tmp_path, test, required=""))
    assert "needs redis: apt-get install redis-server" in printed
    assert "1 skipped" not in (printed := run(tmp_path, test, required="1"))
    assert "PYM_REQUIRE_SERVICES=1, but this test needs redis: apt-get install redis-server" in printed


def test_a_skip_for_another_reason_stays_one(tmp_path: Path) -> None:
    assert "1 skipped" in run(tmp_path, OTHERWISE, required="1")
