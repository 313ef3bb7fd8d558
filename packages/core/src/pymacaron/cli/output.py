"""Tables for people and JSON for programs, on stdout."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pymacaron.text import printable

__all__ = ["print_document", "print_json", "print_table"]


def print_json(data: Any) -> None:
    """Print data as JSON."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def print_document(data: Any, output: Path | None, form: str | None) -> None:
    """Write a document to a file, whole or not at all, or to stdout; as YAML unless it is called otherwise."""
    from pymacaron.spec.writing import json_text, yaml_text
    from pymacaron.tools.files import write_all

    as_json = form == "json" or (form is None and output is not None and output.suffix == ".json")
    text = f"{json_text(data)}\n" if as_json else yaml_text(data)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_all({output: text})


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns that are as wide as their widest cell."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
