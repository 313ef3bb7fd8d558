"""`pym migrate`: what PyMacaron 3 does otherwise with a service of PyMacaron 1 or 2, found and mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from pymacaron.tools.files import write_all
from pymacaron.tools.migrate import commands, documents, imports, nose, requirements, settings
from pymacaron.tools.migrate.folder import OldService, read_service
from pymacaron.tools.migrate.records import Edit, Finding, Look

__all__ = ["LOOKS", "Finding", "findings", "mend", "told"]

LOOKS: tuple[Look, ...] = (
    documents.unreadable_files,
    documents.base_paths,
    documents.boolean_required,
    documents.required_properties,
    documents.generated_files,
    settings.old_settings,
    imports.old_syntax,
    imports.old_imports,
    imports.api_arguments,
    nose.nose_tools,
    nose.nose_fixtures,
    nose.yielded_tests,
    nose.nose_files,
    requirements.old_requirements,
    requirements.missing_requirements,
    commands.nose_commands,
    commands.old_commands,
    commands.extra_lines,
)
"""Everything that is looked for."""

MOST_PASSES = 20


def findings(root: Path) -> list[Finding]:
    """Return what is found in the folder of a service, by file and line; raises ConfigError where it is none."""
    return _found(read_service(root))


def _found(service: OldService) -> list[Finding]:
    every = dict.fromkeys(each for look in LOOKS for each in look(service))
    return sorted(every, key=lambda each: (str(each.path), each.line, each.rule))


def mend(root: Path) -> list[Finding]:
    """Mend what can be, whole files at a time, and return what was mended; raises StartError where nothing is written.

    Findings are mended together where their edits touch different places, and those that remain are looked for again.
    """
    mended: list[Finding] = []
    for _ in range(MOST_PASSES):
        service = read_service(root)
        taken = _apart(_found(service))
        if not taken:
            break
        write_all(edited({file.path: file.text for file in service.files}, taken))
        mended += taken
    return mended


def _apart(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings whose edits can be made at once: no two of them touch."""
    taken: list[Finding] = []
    edits: set[Edit] = set()
    for each in found:
        if each.edits and not any(_touch(edit, other) for edit in each.edits for other in edits):
            taken.append(each)
            edits |= {*each.edits}
    return taken


def _touch(edit: Edit, other: Edit) -> bool:
    if edit == other or edit.path != other.path:
        return False
    return edit.text is None or other.text is None or (edit.start <= other.end and other.start <= edit.end)


def edited(texts: Mapping[Path, str], found: Iterable[Finding]) -> dict[Path, str | None]:
    """Return the files of some findings as their edits make them, None for one that is to be removed."""
    edits = sorted({edit for each in found for edit in each.edits}, key=lambda edit: (str(edit.path), -edit.start))
    return {path: _edited(texts[path], [*own]) for path, own in groupby(edits, key=lambda edit: edit.path)}


def _edited(text: str, edits: list[Edit]) -> str | None:
    for edit in edits:
        if edit.text is None:
            return None
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def told(mended: Sequence[Finding], left: Sequence[Finding]) -> Iterator[str]:
    """Yield a line for each finding, and how many there are."""
    yield from (f"fixed: {each}" for each in mended)
    yield from map(str, left)
    numbers = {kind: sum(each.severity == kind for each in left) for kind in ("error", "warning")}
    counts = [f"{number} {kind}{'' if number == 1 else 's'}" for kind, number in numbers.items()]
    fixable = sum(bool(each.edits) for each in left)
    hint = f"; 'pym migrate --fix' mends {fixable}" if fixable else ""
    yield ", ".join([*([f"{len(mended)} fixed"] if mended else []), *counts]) + hint
