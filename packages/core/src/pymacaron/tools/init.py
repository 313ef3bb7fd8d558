"""A new service, made of the template beside this module: written whole, or not at all."""

from __future__ import annotations

import json
import keyword
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pymacaron.exceptions import StartError

__all__ = ["CI", "NewService", "module_of", "write", "wrong_name"]

CI = {"github": (".github/workflows/test.yml", "github/test.yml"), "gitlab": (".gitlab-ci.yml", "gitlab/gitlab-ci.yml")}
TEMPLATE = Path(__file__).with_name("template")
NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
LONGEST_NAME = 40
TAKEN = ("apis", "test", "testaccept", "tests", "flask", "pydantic", "pytest", "click", "yaml")


@dataclass(frozen=True)
class NewService:
    """What is asked about a new service; `ci` is a key of CI, or None."""

    name: str
    title: str
    port: int = 8080
    ci: str | None = "github"


def module_of(name: str) -> str:
    """Return the name of the Python package of a service."""
    return name.replace("-", "_")


def wrong_name(name: str) -> str | None:
    """Return why a service cannot have a name, or None: it names a folder, a Python package, an image and its hosts."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        return (
            f"{name!r} cannot name a service: write small letters, digits, '-' and '_' between them, "
            f"{LONGEST_NAME} at most, beginning with a letter, such as 'book-shop'"
        )
    module = module_of(name)
    if keyword.iskeyword(module):
        return f"'{name}' cannot name a service: it is a keyword of Python; try '{name}-service'"
    if module in sys.stdlib_module_names or module in TAKEN or module.startswith("pymacaron"):
        return f"'{name}' cannot name a service: Python has a module '{module}' already; try '{name}-service'"
    return None


def write(service: NewService, folder: Path) -> list[Path]:
    """Write a new service into a folder that is empty or not there; returns its files, relative to that.

    Raises StartError for a folder that holds anything, and leaves nothing half-written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StartError(
            f"{folder} is there already and not empty: name another folder by --directory, or move it away"
        )
    files = dict(_files(service))
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for path, text in files.items():
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            (made / path).write_text(text, encoding="utf-8")
        made.chmod(0o755)
        made.replace(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return sorted(files)


def _files(service: NewService) -> Iterator[tuple[Path, str]]:
    module = module_of(service.name)
    places = {
        ".gitignore": "gitignore",
        "Dockerfile.extra": "Dockerfile.extra",
        "README.md": "README.md",
        f"apis/{service.name}.yaml": "apis/service.yaml",
        f"{module}/__init__.py": "package/__init__.py",
        f"{module}/api.py": "package/api.py",
        "pym-config.yaml": "pym-config.yaml",
        "pytest.ini": "pytest.ini",
        "requirements-dev.txt": "requirements-dev.txt",
        "requirements.txt": "requirements.txt",
        "test/test_api.py": "test/test_api.py",
        f"testaccept/test_{module}.py": "testaccept/test_service.py",
        **dict([CI[service.ci]] if service.ci else []),
    }
    values = {
        "name": service.name,
        "module": module,
        "title": json.dumps(service.title, ensure_ascii=False),
        "port": str(service.port),
    }
    for path, template in places.items():
        text = (TEMPLATE / f"{template}.template").read_text(encoding="utf-8")
        yield Path(path), re.sub("@(name|module|title|port)@", lambda match: values[match[1]], text)
