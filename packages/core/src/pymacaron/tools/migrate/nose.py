"""What tests written for nose do that pytest does not: its assertions, its names of set-up, its way of finding."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pymacaron.tools.migrate.folder import OldService
from pymacaron.tools.migrate.records import Edit, Finding, OldFile

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["nose_files", "nose_fixtures", "nose_tools", "yielded_tests"]

PAIRS = {
    "assert_equal": "==",
    "assert_equals": "==",
    "assert_greater": ">",
    "assert_greater_equal": ">=",
    "assert_in": "in",
    "assert_is": "is",
    "assert_is_not": "is not",
    "assert_less": "<",
    "assert_less_equal": "<=",
    "assert_not_equal": "!=",
    "assert_not_in": "not in",
    "eq_": "==",
}
SINGLES = {
    "assert_false": "assert not {}",
    "assert_is_none": "assert {} is None",
    "assert_is_not_none": "assert {} is not None",
    "assert_true": "assert {}",
    "ok_": "assert {}",
}
FIXTURES: Mapping[str, str] = {"setup": "setup_method", "teardown": "teardown_method"}
MODULE_FIXTURES: Mapping[str, str] = {
    **dict.fromkeys(("setup", "setup_package"), "setup_module"),
    **dict.fromkeys(("teardown", "teardown_package"), "teardown_module"),
}
_FOUND_BY_NOSE = re.compile(r"(^|[\b_./-])[Tt]est")
_SIMPLE = ast.Name | ast.Attribute | ast.Call | ast.Constant | ast.Subscript | ast.List | ast.Dict | ast.Tuple


def nose_tools(service: OldService) -> Iterator[Finding]:
    """Find imports of nose, and rewrite its assertions where all of a file's can be."""
    for file, tree in service.trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import) and any(alias.name.partition(".")[0] == "nose" for alias in node.names):
                yield _imported(file, node, ())
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "nose":
                yield _imported(file, node, _edits(file, tree, node) if node.module == "nose.tools" else ())


def _imported(file: OldFile, node: ast.stmt, edits: tuple[Edit, ...]) -> Finding:
    told = "tests are run by pytest now, not by nose"
    return Finding(file.path, node.lineno, "nose", "error", told, "write 'assert', or use pytest", edits)


def _edits(file: OldFile, tree: ast.Module, node: ast.ImportFrom) -> tuple[Edit, ...]:
    """Return what takes nose.tools out of a file, or nothing where one use of it is not understood."""
    names = {alias.asname or alias.name: alias.name for alias in node.names}
    edits = [_statement(file, call, names[name]) for call, name in _calls(tree) if name in names]
    uses = sum(isinstance(each, ast.Name) and each.id in names for each in ast.walk(tree))
    alone = node.lineno == node.end_lineno and file.lines[node.lineno - 1].strip() == ast.unparse(node)
    if None in edits or len(edits) != uses or not alone:
        return ()
    return (file.replaced(node.lineno, None), *(edit for edit in edits if edit is not None))


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Give each call that is a statement of its own, with the name of what it calls."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Call(func=ast.Name(id=name)) as call):
                yield call, name


def _statement(file: OldFile, call: ast.Call, name: str) -> Edit | None:
    texts = [_operand(file, argument) for argument in call.args]
    wanted = 2 if name in PAIRS else 1
    if call.keywords or name not in {**PAIRS, **SINGLES} or len(texts) not in (wanted, wanted + 1):
        return None
    claim = f"assert {texts[0]} {PAIRS[name]} {texts[1]}" if name in PAIRS else SINGLES[name].format(texts[0])
    said = f", {texts[wanted]}" if len(texts) > wanted else ""
    return None if "\n" in claim + said else file.rewritten(call, claim + said)


def _operand(file: OldFile, node: ast.expr) -> str:
    start, end = file.span(node)
    text = file.text[start:end]
    return text if isinstance(node, _SIMPLE) else f"({text})"


def nose_fixtures(service: OldService) -> Iterator[Finding]:
    """Find functions and methods that nose called before and after tests, and pytest does not."""
    for file, tree in service.trees:
        if not _is_test(file, service):
            continue
        yield from _named(file, tree.body, MODULE_FIXTURES)
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.bases:
                yield from _named(file, node.body, FIXTURES)


def _named(file: OldFile, body: list[ast.stmt], names: Mapping[str, str]) -> Iterator[Finding]:
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            new = names[node.name]
            start = file.text.index(node.name, file.offset(node.lineno, node.col_offset) + len("def"))
            edit = Edit(file.path, start, start + len(node.name), new)
            told = f"pytest does not call '{node.name}'"
            yield Finding(file.path, node.lineno, "nose-fixture", "error", told, f"call it '{new}'", (edit,))


def yielded_tests(service: OldService) -> Iterator[Finding]:
    """Find tests that yield tests."""
    for file, tree in service.trees:
        for node in ast.walk(tree) if _is_test(file, service) else ():
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                yields = [each for each in ast.walk(node) if isinstance(each, ast.Yield)]
                if yields:
                    told = "pytest runs no test that another one yields"
                    step = "give the cases by 'pytest.mark.parametrize'"
                    yield Finding(file.path, yields[0].lineno, "nose-yield", "error", told, step)


def nose_files(service: OldService) -> Iterator[Finding]:
    """Find files of tests that pytest does not collect."""
    for file, tree in service.trees:
        name = file.path.stem
        collected = name.startswith("test_") or name.endswith("_test") or name in ("conftest", "__init__")
        tests = any(getattr(node, "name", "").lower().startswith("test") for node in tree.body)
        if _is_test(file, service) and tests and not collected and _FOUND_BY_NOSE.search(name):
            told = "pytest does not collect a file of this name"
            yield Finding(file.path, 1, "nose-file", "error", told, "call it 'test_....py'")


def _is_test(file: OldFile, service: OldService) -> bool:
    return file.path.relative_to(service.root).parts[0] in ("test", "testaccept", "tests")
