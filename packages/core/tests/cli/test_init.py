"""`pym init`: the service that it makes runs, passes its tests, and is clean to the linters of others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Pym = Callable[..., "subprocess.CompletedProcess[str]"]

FILES = """\
{0}/.github/workflows/test.yml
{0}/.gitignore
{0}/Dockerfile.extra
{0}/README.md
{0}/apis/book-shop.yaml
{0}/book_shop/__init__.py
{0}/book_shop/api.py
{0}/pym-config.yaml
{0}/pytest.ini
{0}/requirements-dev.txt
{0}/requirements.txt
{0}/test/test_api.py
{0}/testaccept/test_book_shop.py

Serve it:  cd {0} && pym run
Ask it:    curl -s http://127.0.0.1:{1}/v1/hello/Ada
"""


def test_it_makes_a_service_that_passes_its_own_tests(pym: Pym, tmp_path: Path) -> None:
    made = pym("init", "book-shop", "--title", 'The "shop": @port@ #1 é😀', "--port", "8099")
    assert (made.returncode, made.stdout) == (0, FILES.format("book-shop", 8099))
    root = tmp_path / "book-shop"
    routes = pym("routes", cwd=root)
    assert "GET  /v1/hello/{name}  book_shop.api.say_hello " in routes.stdout
    checked = pym("doctor", cwd=root)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tests = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test"]
    ran = subprocess.run(tests, cwd=root, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    assert 'title: "The \\"shop\\": @port@ #1 é😀"' in (root / "apis/book-shop.yaml").read_text()


def test_a_service_inside_another_project_is_tested_by_its_own_settings(pym: Pym, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('of the project around it')\n")
    pym("init", "shop", "--yes")
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test"]
    ran = subprocess.run(tests, cwd=tmp_path / "shop", capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_its_folder_and_its_ci_can_be_chosen(pym: Pym, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    made = pym("init", "book-shop", "--directory", "elsewhere", "--ci", "gitlab", "--yes")
    assert made.returncode == 0
    assert "elsewhere/.gitlab-ci.yml" in made.stdout
    assert "github" not in made.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere"]
    assert "image: python" in (tmp_path / "elsewhere/.gitlab-ci.yml").read_text()
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Book", "'Book' cannot name a service: write small letters"),
        ("../book", "'../book' cannot name a service"),
        ("book-", "'book-' cannot name a service"),
        ("class", "'class' cannot name a service: it is a keyword of Python; try 'class-service'"),
        ("email", "Python has a module 'email' already; try 'email-service'"),
        ("test", "Python has a module 'test' already"),
        ("x" * 41, "40 at most"),
    ],
)
def test_a_name_that_fits_no_folder_package_or_host_is_refused(pym: Pym, tmp_path: Path, name: str, told: str) -> None:
    made = pym("init", name)
    assert made.returncode == 2
    assert told in made.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_as_it_is(pym: Pym, tmp_path: Path) -> None:
    (tmp_path / "book-shop").mkdir()
    (tmp_path / "book-shop" / "diary.txt").write_text("mine")
    made = pym("init", "book-shop")
    assert made.returncode == 1
    assert made.stderr == (
        "Error: book-shop is there already and not empty: name another folder by --directory, or move it away\n"
    )
    assert [path.name for path in (tmp_path / "book-shop").iterdir()] == ["diary.txt"]


def test_without_a_name_it_says_what_to_type(pym: Pym) -> None:
    made = pym("init")
    assert made.returncode == 2
    assert "a new service needs a NAME: pym init book-shop" in made.stderr


def test_on_a_terminal_it_asks_for_what_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from pymacaron.cli import init

    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    monkeypatch.setattr(init, "is_terminal", lambda: True)
    made = runner.invoke(init.init, ["--title", "Books"], input="book-shop\n8081\nnone\n")
    assert made.exit_code == 0, made.output
    assert "Name of the service: book-shop" in made.output
    assert "8081/v1/hello" in made.output
    assert 'title: "Books"' in (tmp_path / "book-shop/apis/book-shop.yaml").read_text()
    assert not (tmp_path / "book-shop/.github").exists()
