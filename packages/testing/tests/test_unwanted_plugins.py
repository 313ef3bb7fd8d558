"""`pym test` leaves out pytest's plugin of schemathesis, which is slow to load, where nothing asks for it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("options", "line", "loaded"),
    [((), "", False), ((), "# by schemathesis", True), (("--", "-p", "schemathesis"), "", True)],
    ids=["unnamed", "named", "asked for"],
)
def test_the_plugin_of_schemathesis_is_loaded_where_the_tests_name_it(
    laid: Callable[[Mapping[str, str]], Path],
    pym: Callable[..., subprocess.CompletedProcess[str]],
    options: tuple[str, ...],
    line: str,
    loaded: bool,
) -> None:
    check = f"def test_it():\n    assert Path('loaded').exists() is {loaded}\n"
    laid(
        {
            "pym-config.yaml": "name: pets\n",
            "apis/pets.yaml": "{openapi: 3.1.0, info: {title: Pets, version: '1'}, paths: {}}",
            "planted-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: planted\nVersion: 1\n",
            "planted-1.dist-info/entry_points.txt": "[pytest11]\nschemathesis = planted\n",
            "planted.py": "from pathlib import Path\n\nPath('loaded').touch()\n",
            "testaccept/test_pets.py": f"from pathlib import Path  {line}\n\n\n{check}",
        }
    )
    done = pym("test", *options)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
