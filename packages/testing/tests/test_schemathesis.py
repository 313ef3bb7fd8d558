"""Schemathesis, with all its checks, finds nothing in the mocks of the shop and of a pet store."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron_testing.mock.served import ServedMock

REPOSITORY = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance") / "openapi"
DOCUMENTS = {
    "shop": (REPOSITORY / "examples" / "shop" / "apis" / "shop.yaml", "/api"),
    "petstore": (FOLDER / "v3.0" / "petstore.yaml", "/v1"),
    "petstore-expanded": (FOLDER / "v3.0" / "petstore-expanded.yaml", "/v2"),
}

if importlib.util.find_spec("schemathesis") is None:
    pytest.skip("schemathesis is not installed: tox -e conformance installs it", allow_module_level=True)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schemathesis_finds_no_failure_in_a_mock(
    name: str, pym_mock: Callable[..., ServedMock], tmp_path: Path
) -> None:
    document, base = DOCUMENTS[name]
    if not document.exists():
        pytest.skip("no conformance data: set PYM_CONFORMANCE_DIR to its folder")
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(document)]
    bounds = ["--max-examples", "50", "--seed", "1", "--request-timeout", "5"]
    options = ["--url", pym_mock(str(document)).url + base, "--checks", "all", "--continue-on-failure", "--no-color"]
    done = subprocess.run([*command, *bounds, *options], cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout
    assert "No issues found" in done.stdout
