"""The rules of the house as pure functions: each reads the sources below a root folder and yields what breaks it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPATIBILITY_MODULES = ("pymacaron.auth", "pymacaron.test")
EVERY_HOOK = "packages/core/src/pymacaron/plugins/specs.py"
"""The one module that may be longer: all hooks stand in it, with their documentation."""
LONGEST_MODULE = 350
LONGEST_FUNCTION = 50

# Calls that name a module in a string, and so need it as much as an import does.
CALLS_THAT_IMPORT = ("import_module", "find_spec", "files")

# Import names whose distribution is called otherwise; an underscore for a hyphen needs no line here.
DISTRIBUTIONS = {
    "google.api_core": "google-api-core",
    "google.auth": "google-auth",
    "google.cloud.artifactregistry_v1": "google-cloud-artifact-registry",
    "google.cloud.run_v2": "google-cloud-run",
    "google.iam": "grpc-google-iam-v1",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "jwt": "pyjwt",
    "yaml": "pyyaml",
}


@dataclass(frozen=True)
class Import:
    """One module named by a source; `lazy` inside a function, `typing` under `if TYPE_CHECKING:`."""

    target: str
    line: int
    lazy: bool
    typing: bool


@dataclass(frozen=True)
class Source:
    """One module of a distribution, parsed."""

    package: str
    module: str
    path: Path
    tree: ast.Module
    imports: tuple[Import, ...]

    def at(self, line: int) -> str:
        """Name the place of a line, as an editor can open it."""
        return f"{self.path}:{line}"


@cache
def sources(root: Path) -> tuple[Source, ...]:
    """Parse every module of packages/*/src."""
    folders = sorted(root.glob("packages/*/src"))
    files = [(folder, path) for folder in folders for path in sorted(folder.rglob("*.py"))]
    modules = {_module(folder, path) for folder, path in files}
    return tuple(_source(root, folder, path, modules) for folder, path in files)


def _module(folder: Path, path: Path) -> str:
    return ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


def _source(root: Path, folder: Path, path: Path, modules: set[str]) -> Source:
    tree = ast.parse(path.read_text(encoding="utf-8"), path)
    name = _module(folder, path)
    base = name if path.name == "__init__.py" else name.rpartition(".")[0]
    imports = tuple(_imports(tree, base, modules))
    return Source(folder.parent.name, name, path.relative_to(root), tree, imports)


def _imports(node: ast.AST, base: str, modules: set[str], lazy: bool = False, typing: bool = False) -> Iterator[Import]:
    for target in _targets(node, base, modules):
        yield Import(target, getattr(node, "lineno", 1), lazy, typing)
    lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    guarded = node.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) else []
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, base, modules, lazy, typing or child in guarded)


def _targets(node: ast.AST, base: str, modules: set[str]) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            parent = ".".join(base.split(".")[: base.count(".") + 2 - level]) if level else ""
            origin = ".".join(filter(None, (parent, module)))
            yield from dict.fromkeys(
                full if (full := f"{origin}.{alias.name}") in modules else origin for alias in names
            )
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(name)), *_]):
            if called in CALLS_THAT_IMPORT:
                yield name


def _within(module: str, *parents: str) -> bool:
    return any(module == parent or module.startswith(f"{parent}.") for parent in parents)


def wrong_arrows(root: Path) -> Iterator[str]:
    """Arrows point to core: a plugin never imports another one; core imports none, but lazily in two modules."""
    homes = {source.module.partition(".")[0]: source.package for source in sources(root)}
    for source in sources(root):
        for each in source.imports:
            target = each.target.partition(".")[0]
            excused = source.module in COMPATIBILITY_MODULES and each.lazy
            if homes.get(target, "core") not in (source.package, "core") and not excused:
                top = source.module.partition(".")[0]
                yield f"{source.at(each.line)}: {top} imports {target}: put what they share in core, as a record"


FORBIDDEN = (
    # (in these modules, these are not imported, except these)
    (
        "pymacaron.spec",
        ("flask", "pydantic", "werkzeug", "pymacaron"),
        ("pymacaron.spec", "pymacaron.exceptions", "pymacaron.text"),
    ),
    (
        "pymacaron.wire",
        ("flask", "pydantic", "werkzeug", "pymacaron"),
        ("pymacaron.wire", "pymacaron.spec"),
    ),
    ("pymacaron.models", ("flask", "werkzeug", "pymacaron.http"), ()),
)


def impure_rooms(root: Path) -> Iterator[str]:
    """Some rooms of core stay free of others: spec and wire know neither Flask nor pydantic, models nothing of HTTP."""
    for room, forbidden, allowed in FORBIDDEN:
        for source in sources(root):
            for each in source.imports if _within(source.module, room) else ():
                if _within(each.target, *forbidden) and not _within(each.target, *allowed):
                    yield f"{source.at(each.line)}: {room} does not import {each.target}"


def served_tools(root: Path) -> Iterator[str]:
    """What a running service never needs stays unloaded: only commands import `pymacaron.tools`, and lazily."""
    for source in sources(root):
        for each in source.imports:
            command = _within(source.module, "pymacaron.cli") and each.lazy
            inside = _within(source.module, "pymacaron.tools")
            if source.package == "core" and _within(each.target, "pymacaron.tools") and not (command or inside):
                yield f"{source.at(each.line)}: {source.module} imports {each.target}, which no running service needs"


def cycles(root: Path) -> Iterator[str]:
    """No circle among modules, by the imports that run when a module is loaded."""
    graph = {
        source.module: {each.target for each in source.imports if not each.lazy and not each.typing} - {source.module}
        for source in sources(root)
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield "modules import each other in a circle: " + " <- ".join(error.args[1])


def unclear_docstrings(root: Path) -> Iterator[str]:
    """Every module opens with one sentence; a longer story may follow after an empty line."""
    for source in sources(root):
        opening = (ast.get_docstring(source.tree) or "").partition("\n\n")[0]
        if " " not in opening or not opening.endswith(".") or re.search(r"[.!?]\s+[A-Z]", opening):
            yield f"{source.path}: the docstring of the module opens with one sentence, then an empty line"


def too_long(root: Path) -> Iterator[str]:
    """Modules and functions stay short enough to be read at once."""
    for source in sources(root):
        lines = len((root / source.path).read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_MODULE and source.path.as_posix() != EVERY_HOOK:
            yield f"{source.path}: {lines} lines, more than {LONGEST_MODULE}"
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield f"{source.at(node.lineno)}: {node.name} has {length} lines, more than {LONGEST_FUNCTION}"


def project(root: Path, package: str) -> dict[str, object]:
    """Read the [project] table of a package."""
    text = (root / "packages" / package / "pyproject.toml").read_text(encoding="utf-8")
    table: dict[str, object] = tomllib.loads(text)["project"]
    return table


def requirements(root: Path, package: str) -> list[str]:
    """List what a package declares, its extras included."""
    table = project(root, package)
    required, extras = table.get("dependencies", []), table.get("optional-dependencies", {})
    assert isinstance(required, list)
    assert isinstance(extras, dict)
    return [*required, *(each for extra in extras.values() for each in extra)]


def distribution_name(requirement: str) -> str:
    """Give the normalized name that a requirement starts with."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def undeclared(root: Path) -> Iterator[str]:
    """Each distribution declares exactly what it imports, and a plugin always its host."""
    for package in sorted({source.package for source in sources(root)}):
        declared = {distribution_name(each) for each in requirements(root, package)}
        imported = set(_distributions_imported(root, package))
        for name in sorted(imported - declared):
            yield f"packages/{package}/pyproject.toml: {name} is imported but not declared"
        for name in sorted(declared - imported - {"pymacaron"}):
            yield f"packages/{package}/pyproject.toml: {name} is declared but not imported"


def _distributions_imported(root: Path, package: str) -> Iterable[str]:
    mine = [source for source in sources(root) if source.package == package]
    own = {source.module.partition(".")[0] for source in mine}
    plugins = {source.module.partition(".")[0] for source in sources(root)} - {"pymacaron"}
    for target in {each.target for source in mine for each in source.imports}:
        name = target.partition(".")[0]
        # The standard library, and the typing-only modules of type checkers such as _typeshed.
        if name not in own | plugins | sys.stdlib_module_names and not name.startswith("_"):
            yield _distribution(target)


def _distribution(target: str) -> str:
    """Name the distribution of a module: by the longest beginning of its name that is known, else by its first part."""
    parts = target.split(".")
    beginnings = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    known = (DISTRIBUTIONS[each] for each in beginnings if each in DISTRIBUTIONS)
    return next(known, parts[0].replace("_", "-").lower())
