"""What an old service's documents mean otherwise now: base paths, required properties, files made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.spec.reader import UnreadableError, line_of, read_source
from pymacaron.tools.migrate.folder import MADE_BY_2, OldDocument, OldService
from pymacaron.tools.migrate.records import Edit, Finding

__all__ = ["base_paths", "boolean_required", "generated_files", "required_properties", "unreadable_files"]

_BOOLEAN = re.compile(r"""(?P<before>, *)?\brequired: *["']?(true|false)["']?(?P<after>, *)?""", re.IGNORECASE)


def unreadable_files(service: OldService) -> Iterator[Finding]:
    """Find YAML that PyMacaron 3 refuses to read: keys that stand twice, tabs, what is no UTF-8."""
    for file in service.files:
        inside = file.path.parent.name == "apis" or file.path.name.startswith("pym-config")
        if inside and file.path.suffix == ".yaml":
            try:
                read_source(file.path)
            except UnreadableError as error:
                for line, said in error.found:
                    sentence, _, step = said.rpartition("; ")
                    yield Finding(file.path, line or 1, "yaml", "error", sentence or said, step or "correct that")
            except SpecError as error:
                yield Finding(file.path, 1, "yaml", "error", str(error), "correct that")


def base_paths(service: OldService) -> Iterator[Finding]:
    """Find base paths, which PyMacaron 2 left out of its URLs."""
    silent = [config for config in service.configs if "ignore_base_path" not in config.data]
    edits = tuple(config.file.appended("ignore_base_path: true") for config in silent if _is_block(config))
    for document in service.documents:
        path = document.data.get("basePath")
        if silent and document.data.get("swagger") and isinstance(path, str) and path.strip("/"):
            yield Finding(
                document.file.path,
                line_of(document.source, ("basePath",)),
                "base-path",
                "error",
                f"operations are served below the basePath '{path}', which PyMacaron 2 left out",
                "set 'ignore_base_path: true' in pym-config.yaml to keep the URLs",
                edits if len(edits) == len(silent) else (),
            )


def required_properties(service: OldService) -> Iterator[Finding]:
    """Find properties that callers and functions could leave out, because PyMacaron 2 held nobody to `required`."""
    for document in service.documents:
        for name, schema in _definitions(document):
            required, properties = schema.get("required"), schema.get("properties")
            required = [each for each in required if isinstance(each, str)] if isinstance(required, list) else []
            if not required:
                continue
            line = line_of(document.source, ("definitions", name, "required"))
            listed = ", ".join(f"'{each}'" for each in required)
            yield Finding(
                document.file.path,
                line,
                "required-properties",
                "warning",
                f"a request or a result without {listed} of '{name}' is refused, which PyMacaron 2 let pass",
                "take out what callers leave out, or set 'validate_responses: report' while you find out",
            )
            unknown = [each for each in required if isinstance(properties, dict) and each not in properties]
            if unknown and not {"allOf", "additionalProperties", "x-parent"} & schema.keys():
                yield Finding(
                    document.file.path,
                    line,
                    "required-unknown",
                    "error",
                    f"'{name}' requires '{unknown[0]}', which is none of its properties, so that nothing is ever valid",
                    "correct the name, or take it out",
                )


def boolean_required(service: OldService) -> Iterator[Finding]:
    """Find `required: true` in the schema of a property, which never meant anything."""
    for document in service.documents:
        for name, schema in _definitions(document):
            properties = schema.get("properties")
            for key, found in properties.items() if isinstance(properties, dict) else ():
                if isinstance(found, dict) and str(found.get("required", [])).lower() in ("true", "false"):
                    line = line_of(document.source, ("definitions", name, "properties", key, "required"))
                    yield Finding(
                        document.file.path,
                        line,
                        "required-boolean",
                        "error",
                        f"'required' of the property '{key}' of '{name}' is a boolean, which means nothing there",
                        f"take it out; to require the property, list it in the 'required' of '{name}'",
                        _without_boolean(document, line, key),
                    )


def generated_files(service: OldService) -> Iterator[Finding]:
    """Find the Python files that PyMacaron 2 wrote beside documents, and read again."""
    for file in service.files:
        if file.text.startswith(MADE_BY_2) and file.path.suffix == ".py":
            yield Finding(
                file.path,
                1,
                "generated-file",
                "warning",
                "PyMacaron 2 wrote this file, and nothing reads it now",
                "remove it; 'pym generate' writes types for editors",
                (Edit(file.path),),
            )


def _definitions(document: OldDocument) -> Iterator[tuple[str, dict[str, Any]]]:
    definitions = document.data.get("definitions")
    for name, schema in definitions.items() if isinstance(definitions, dict) else ():
        if isinstance(schema, dict):
            yield name, schema


def _without_boolean(document: OldDocument, line: int, key: str) -> tuple[Edit, ...]:
    """Return the edit that takes the boolean of a property out of a line, which may hold more than one."""
    text = document.file.lines[line - 1]
    named = re.search(rf"(?<![\w-]){re.escape(key)}[\"']? *: *{{", text)
    found = _BOOLEAN.search(text, named.end() if named else 0)
    if found is None or (named is None and len(_BOOLEAN.findall(text)) > 1):
        return ()
    if not (text[: found.start()] + text[found.end() :]).strip():
        return (document.file.replaced(line, None),)
    start = document.file.starts[line - 1]
    kept = ", " if found["before"] and found["after"] else ""
    return (Edit(document.file.path, start + found.start(), start + found.end(), kept),)


def _is_block(config: OldDocument) -> bool:
    return not config.file.text.lstrip().startswith("{")
