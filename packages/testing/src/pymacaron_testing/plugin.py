"""The plugin that brings the commands of pymacaron-testing, each imported from its module when it is needed."""

from __future__ import annotations

import click

from pymacaron import hookimpl

__all__ = ["pym_commands"]


@hookimpl
def pym_commands() -> list[click.Command]:
    """Bring `pym diff`, `pym fuzz`, `pym lint`, `pym load`, `pym mock` and `pym test`."""
    from pymacaron_testing.cli.diff import diff
    from pymacaron_testing.cli.fuzz import fuzz
    from pymacaron_testing.cli.lint import lint
    from pymacaron_testing.cli.load import load
    from pymacaron_testing.cli.mock import mock
    from pymacaron_testing.cli.test import test

    return [diff, fuzz, lint, load, mock, test]
