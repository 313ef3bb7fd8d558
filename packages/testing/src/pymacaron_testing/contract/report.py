"""What a run of tests found: violations and coverage, as lines for people, JSON for programs, and a page of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from pymacaron_testing.contract.checker import Violation
from pymacaron_testing.contract.coverage import Coverage

__all__ = ["as_data", "as_html", "rows"]

STYLE = "body{font:14px sans-serif;margin:2em}td,th{text-align:left;padding:.2em 1em;border-bottom:1px solid #ddd}"


def rows(coverage: Coverage) -> list[list[str]]:
    """Return a row for each operation: its name, its calls, and what of it was not exercised."""
    return [
        [covered.operation, str(covered.calls), ", ".join(covered.missing) if covered.calls else "never called"]
        for covered in coverage.operations.values()
    ]


def as_data(coverage: Coverage, violations: Sequence[Violation]) -> dict[str, Any]:
    """Return all of it as plain objects: `percent`, `operations` and `violations`."""
    return {
        "percent": round(coverage.percent, 1),
        "operations": [asdict(covered) for covered in coverage.operations.values()],
        "violations": [asdict(violation) for violation in violations],
    }


def as_html(coverage: Coverage, violations: Sequence[Violation]) -> str:
    """Return all of it as one page that needs nothing else."""
    found = "".join(f"<li>{escape(str(violation))}</li>" for violation in violations)
    table = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows(coverage))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Contract</title><style>{STYLE}</style>"
        f"<h1>Contract: {coverage.percent:.0f} % exercised</h1>"
        f"{f'<h2>Violations</h2><ul>{found}</ul>' if violations else '<p>No violations.</p>'}"
        f"<table><tr><th>Operation<th>Calls<th>Not exercised</tr>{table}</table></html>\n"
    )
