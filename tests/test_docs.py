"""Every code block of the documentation runs, and every link within the repository leads somewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import dockerkit
from architecture import ROOT
from base_image import base_image
from pages import run_page

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("packages/*/README.md")), *sorted(ROOT.glob("docs/**/*.md"))]


NEED_ENGINE = {"cloud.md", "deploy-to-a-docker-host.md"}
SLIM = "python:3.13-slim"


@pytest.fixture(scope="session")
def slim_image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the base image of the pages be in the engine, though nothing can be pulled; take away what they make."""
    folder = dockerkit.shared(tmp_path_factory)
    with dockerkit.engine(folder) as engine:
        made = engine.image(SLIM) is None
        if made:
            dockerkit.needs("debootstrap", "debootstrap")
            with dockerkit.alone(folder, "base"):
                repository, _, tag = SLIM.partition(":")
                engine.api.tag(base_image(engine), repository, tag)
        yield
        ours = {"label": "io.pymacaron.service=macarons"}
        for container in engine.api.containers(all=True, filters=ours):
            engine.api.remove_container(container["Id"], force=True)
        for image in engine.api.images(filters=ours):
            engine.api.remove_image(image["Id"], force=True)
        if made:
            engine.api.remove_image(SLIM)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_the_page_runs(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if page.name in NEED_ENGINE:
        request.getfixturevalue("slim_image")
    for folder in ("packages", "examples"):
        if (ROOT / folder).exists():
            shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    run_page(page, tmp_path, ROOT)


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda page: str(page.relative_to(ROOT))
)
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", sorted(ROOT.glob("packages/*/README.md")), ids=lambda page: page.parent.name)
def test_the_readme_of_every_package_has_the_same_headings(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == ["Install", "Configure", "Use", "Hooks implemented", "Troubleshoot"]


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in ROOT.glob("docs/*/*.md")]
    assert [page for page in pages if f"]({page})" not in index] == []
