"""A copy of examples/shop in a git repository, which `pym deploy` brings to an emulated cloud."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import dockerkit
from architecture import ROOT
from hostkit import Stand
from pymacaron.deploy.emulators import EMULATION

SHOP = ROOT / "examples" / "shop"
FILES = {
    # The shop keeps its items in the process, and behind a load balancer each request may reach another one.
    "Dockerfile.extra": "ENV WEB_CONCURRENCY=1\n",
    ".gitignore": "wheels\n__pycache__\n",
    "testaccept/test_rejection.py": """
import os


def test_that_it_is_wanted():
    with open(os.environ["ACCEPTED"], "a+") as file:
        file.write("once\\n")
        file.seek(0)
        assert len(file.readlines()) != int(os.environ.get("REJECT", "0")), "rejected"
""",
}
BROKEN = {
    "crashes": {"shop/stock.py": "def fill():\n    raise SystemExit('the shop has burnt down')\n"},
    "is never ready": {"shop/stock.py": "import time\n\n\ndef fill():\n    time.sleep(99)\n"},
}


@dataclass
class Shop(Stand):
    """The repository, and what commands run with; `find` gives the live URL, "" where there is none."""

    find: Callable[[], str] = str

    @property
    def url(self) -> str:
        """The live URL."""
        return self.find() or "http://127.0.0.1:9"

    def commit(self, files: Mapping[str, str] | None = None, **settings: Any) -> str:
        """Take the shop as it is in examples, write files and the settings, with these changed, and commit them."""
        shutil.copytree(SHOP, self.root, dirs_exist_ok=True)
        own = yaml.safe_load((SHOP / "pym-config.yaml").read_text())
        text = yaml.safe_dump({**own, **self.settings, **settings})
        dockerkit.write(self.root, {"pym-config.yaml": text, **FILES, **(files or {})})
        dockerkit.git(self.root, "add", "-A")
        dockerkit.git(self.root, "commit", "-q", "--allow-empty", "-m", "A change")
        return dockerkit.git(self.root, "rev-parse", "HEAD")

    def journal(self, release: str) -> list[dict[str, Any]]:
        """Return the lines of a journal, which ends with the emulation."""
        text = (Path(self.variables[EMULATION]) / ".pym" / "deploys" / f"{release}.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]
