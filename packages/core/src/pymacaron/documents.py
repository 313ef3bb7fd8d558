"""Which files of a service's folder are its OpenAPI documents."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pymacaron.exceptions import ConfigError
from pymacaron.spec.references import References
from pymacaron.text import shown

__all__ = ["find_documents"]

SUFFIXES = {".yaml", ".yml", ".json"}
TOP_KEYS = {"openapi", "swagger", "paths", "info"}


def find_documents(folder: Path, references: References, ignore: Collection[str] = ()) -> dict[str, Path]:
    """Return the documents of a folder by the name of their API, the stem of the file, in the order of names.

    A file that has nothing of a document at its top is a fragment that documents refer to, and left out. Raises
    ConfigError where there is no folder or no document, or two of one name; SpecError for a file that cannot be read.
    """
    if not folder.is_dir():
        raise ConfigError(
            f"there is no folder {shown(folder)}: write an OpenAPI document to {shown(folder)}/hello.yaml"
        )
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in SUFFIXES or path.stem in ignore or path.stem.startswith("pym-config"):
            continue
        if is_fragment(references.source(path).data):
            continue
        if path.stem in found:
            raise ConfigError(f"{shown(found[path.stem])} and {shown(path)} are both called '{path.stem}': rename one")
        found[path.stem] = path
    if not found:
        raise ConfigError(f"{shown(folder)} holds no OpenAPI document: write one to {shown(folder)}/hello.yaml")
    return found


def is_fragment(data: object) -> bool:
    """Return whether the content of a file has neither a version nor paths nor an info at its top."""
    return not (isinstance(data, dict) and TOP_KEYS & data.keys())
