"""The page that documents the rules, made of the rules themselves."""

from __future__ import annotations

from pymacaron_testing.lint.rules import RULES

__all__ = ["rules_table"]


def rules_table() -> str:
    """Return the table of all rules as Markdown."""
    rows = [f"| `{rule.name}` | {rule.severity} | {_cell(rule.finds)} | {_cell(rule.why)} |" for rule in RULES]
    return "\n".join(["| rule | severity | finds | why |", "|---|---|---|---|", *rows]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
