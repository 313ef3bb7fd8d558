"""Imports that annotations alone need, put under `if TYPE_CHECKING:` above the code of a module that people write."""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator

from pymacaron.models.syntax import import_as, module_text

__all__ = ["is_for_types", "newline_of", "with_type_imports"]

_SWITCH = "TYPE_CHECKING"
_IMPORT = import_as("typing", {_SWITCH: None})


def newline_of(text: str) -> str:
    """Return what ends the lines of a file."""
    return "\r\n" if "\r\n" in text else "\n"


def is_for_types(statement: ast.stmt) -> bool:
    """Tell whether a statement is `if TYPE_CHECKING:`."""
    return isinstance(statement, ast.If) and ast.unparse(statement.test).rpartition(".")[2] == _SWITCH


def with_type_imports(text: str, imports: str) -> str:
    """Return a module with lines of imports added, for type checkers alone; no line of it is changed or moved.

    They go below those that a module has for type checkers already, or else below its first imports.
    """
    tree = ast.parse(text)
    lines = io.StringIO(text, newline="").readlines()
    block = next((each for each in tree.body if _is_open(each)), None)
    if isinstance(block, ast.If):
        first = lines[block.body[0].lineno - 1]
        margin = first[: len(first) - len(first.lstrip())]
        _insert(lines, block.body[-1].end_lineno or 0, _indented(imports, margin), apart=False)
        return "".join(lines)
    head = list(_head(tree))
    below = _end(_reaching(tree, _end(head))) or _comments(lines)
    _insert(lines, below, f"if {_SWITCH}:\n{_indented(imports, '    ')}", apart=True)
    if not any(isinstance(each, ast.ImportFrom) and any(own.name == _SWITCH for own in each.names) for each in head):
        line, apart = _place_of_switch(head, below)
        _insert(lines, max(line, _end(_reaching(tree, line))), module_text([_IMPORT]), apart=apart)
    return "".join(lines)


def _is_open(statement: ast.stmt) -> bool:
    return is_for_types(statement) and isinstance(statement, ast.If) and statement.body[0].lineno > statement.lineno


def _head(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the docstring of a module and its first imports: what comes below any other code breaks PEP 8 (E402)."""
    for index, statement in enumerate(tree.body):
        told = index == 0 and ast.get_docstring(tree, clean=False) is not None
        if not told and not isinstance(statement, ast.Import | ast.ImportFrom):
            return
        yield statement


def _end(head: list[ast.stmt]) -> int:
    return max((each.end_lineno or 0 for each in head), default=0)


def _comments(lines: list[str]) -> int:
    """Return how many lines of comments a module begins with."""
    return next((index for index, line in enumerate(lines) if not line.startswith("#")), len(lines))


def _reaching(tree: ast.Module, line: int) -> list[ast.stmt]:
    """Return the statements that begin on a line or above it: `import a; b = (` goes on below."""
    return [each for each in tree.body if each.lineno <= line]


def _place_of_switch(head: list[ast.stmt], below: int) -> tuple[int, bool]:
    """Return the line below which TYPE_CHECKING is imported, as the order of imports wants it, and whether apart."""
    ours = _rank(_IMPORT)
    later = next((each for each in head if _rank(each) > ours), None)
    earlier = [each for each in head if _rank(each) < ours]
    if later is not None and _rank(later)[0] == ours[0]:
        return max(later.lineno - 1, _end([each for each in head if _rank(each)[0] < ours[0]])), False
    if earlier:
        return _end(earlier), _rank(earlier[-1])[0] != ours[0]
    return head[0].lineno - 1 if head else below, True


def _rank(statement: ast.stmt) -> tuple[int, bool, str]:
    """Return what formatters sort imports by: __future__, the standard library, all else; `import` before `from`."""
    match statement:
        case ast.Import(names=[own, *_]):
            module, level = own.name, 0
        case ast.ImportFrom(module=found, level=level):
            module = found or ""
        case _:
            return -1, False, ""
    if module == "__future__":
        return 0, True, module
    standard = not level and module.partition(".")[0] in sys.stdlib_module_names
    return 1 if standard else 2, isinstance(statement, ast.ImportFrom), module.lower()


def _insert(lines: list[str], line: int, added: str, *, apart: bool) -> None:
    """Insert text below a line, with an empty one on either side of it where it is to stand apart."""
    newline = newline_of("".join(lines))
    if line and not lines[line - 1].endswith(("\n", "\r")):
        lines[line - 1] += newline
    before = "\n" if apart and line and lines[line - 1].strip() else ""
    after = "\n" if apart and line < len(lines) and not lines[line].startswith(("\n", "\r")) else ""
    lines.insert(line, f"{before}{added}{after}".replace("\n", newline))


def _indented(imports: str, margin: str) -> str:
    return "".join(f"{margin}{line}" if line.strip() else line for line in imports.splitlines(keepends=True))
