"""How Sphinx makes the site of the pages, which stay plain CommonMark: the last command of `tox -e docs`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

project = "PyMacaron"
project_copyright = "the founders of PyMacaron"
extensions = ["myst_parser"]
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "packages/*/README.md",
    "docs/README.md",
    "docs/*/*.md",
]
include_patterns += ["examples/*/README.md", "benchmarks/README.md"]
root_doc = "docs/README"
html_theme = "furo"
html_title = "PyMacaron"
html_show_copyright = False
html_copy_source = False
myst_heading_anchors = 6
suppress_warnings = ["misc.highlighting_failure", "toc.not_included"]

HERE = Path(__file__).parent
PARTS = {
    "Tutorial": "tutorial",
    "How-to": "how-to",
    "Reference": "reference",
    "Explanation": "explanation",
    "Decisions": "decisions",
}


def navigate(app: Any, name: str, source: list[str]) -> None:
    """Give the first page the tree that the navigation shows, and let links to folders lead to a file in them."""
    here = (HERE.parent / name).parent
    source[0] = re.sub(r"\]\((?!https?:|#)([^)#\s]+)\)", lambda link: f"]({_file(here, link[1])})", source[0])
    if name == root_doc:
        source[0] += "".join(_tree(caption, _pages(folder)) for caption, folder in PARTS.items())
        source[0] += _tree("Packages", [f"/packages/{path.parent.name}/README" for path in _readmes()])
        source[0] += _tree("Project", ["/README", "/CONTRIBUTING", "/CHANGELOG"])


def _file(here: Path, link: str) -> str:
    inside = ["README.md", "__init__.py", *sorted(path.name for path in (here / link).glob("*.md"))]
    return next((f"{link}/{name}" for name in inside if (here / link / name).exists()), link)


def _pages(folder: str) -> list[str]:
    index = (HERE / "README.md").read_text(encoding="utf-8")
    found = sorted((HERE / folder).glob("*.md"), key=lambda path: index.find(f"({folder}/{path.name})"))
    return [f"/docs/{folder}/{path.stem}" for path in found]


def _readmes() -> list[Path]:
    return sorted((HERE.parent / "packages").glob("*/README.md"))


def _tree(caption: str, pages: list[str]) -> str:
    lines = "\n".join(pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n"


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", navigate)
