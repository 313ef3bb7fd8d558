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
from pymacaron_docker.engine import Engine
from pymacaron_docker.target.calls import HostEngine

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("packages/*/README.md")), *sorted(ROOT.glob("docs/**/*.md"))]


NEED_ENGINE = {
    "README.md",
    "docs/tutorial/cloud.md",
    *(f"docs/how-to/deploy-to-{where}.md" for where in ("a-docker-host", "aws", "cloud-run", "kubernetes")),
}
SLIM, CADDY = "python:3.13-slim", "caddy:2"


@pytest.fixture(scope="session")
def images_of_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the engine have the images that pages name, though nothing can be pulled; take away what they make."""
    folder = dockerkit.shared(tmp_path_factory)
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    with dockerkit.engine(folder) as engine:
        dockerkit.needs("debootstrap", "debootstrap")
        with dockerkit.alone(folder, "pages"):
            if dockerkit.users(pages, +1) == 1:
                missing = [name for name in (SLIM, CADDY) if engine.image(name) is None]
                (pages / "made").write_text(" ".join(missing))
                with dockerkit.alone(folder, "base"):
                    base = base_image(engine)
                if SLIM in missing:
                    engine.api.tag(base, *SLIM.split(":"))
                if CADDY in missing:
                    dockerkit.proxy(engine, base, CADDY)
        yield
        with dockerkit.alone(folder, "pages"):
            if dockerkit.users(pages, -1) == 0:
                _forget(engine, (pages / "made").read_text().split())


def _forget(engine: Engine, made: list[str]) -> None:
    for environment in ("shop-here", "hello-live"):
        dockerkit.clear(HostEngine(), environment)
    for service in ("hello", "bakery", "pastry"):
        for image in engine.api.images(filters={"reference": [f"{service}:*", f"*/{service}:*"]}):
            for container in engine.api.containers(all=True, filters={"ancestor": image["Id"]}):
                engine.api.remove_container(container["Id"], force=True)
            engine.api.remove_image(image["Id"], force=True)
    for name in made:
        engine.api.remove_image(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_the_page_runs(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if str(page.relative_to(ROOT)) in NEED_ENGINE:
        request.getfixturevalue("images_of_pages")
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
