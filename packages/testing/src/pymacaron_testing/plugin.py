"""The plugin that brings the commands of pymacaron-testing, who runs acceptance tests in a deploy, and emulators."""

from __future__ import annotations

import click

from pymacaron import hookimpl
from pymacaron.deploy import Acceptance, AcceptanceRunner, Accepted, Emulator

__all__ = ["pym_acceptance_runners", "pym_commands", "pym_emulators"]


@hookimpl
def pym_commands() -> list[click.Command]:
    """Bring `pym diff`, `pym emulate`, `pym fuzz`, `pym lint`, `pym load`, `pym mock` and `pym test`."""
    from pymacaron_testing.cli.diff import diff
    from pymacaron_testing.cli.emulate import emulate
    from pymacaron_testing.cli.fuzz import fuzz
    from pymacaron_testing.cli.lint import lint
    from pymacaron_testing.cli.load import load
    from pymacaron_testing.cli.mock import mock
    from pymacaron_testing.cli.test import test

    return [diff, emulate, fuzz, lint, load, mock, test]


@hookimpl
def pym_acceptance_runners() -> list[AcceptanceRunner]:
    """Run `testaccept/` as `pym test` does, with every exchange held against the documents."""
    return [AcceptanceRunner("testing", _run)]


@hookimpl
def pym_emulators() -> list[Emulator]:
    """Emulate Elastic Beanstalk, Cloud Run and Kubernetes, with what they need of their clouds."""
    from pymacaron_testing.emulators.catalogue import emulators

    return emulators()


def _run(acceptance: Acceptance) -> Accepted:
    from pymacaron_testing.deploys import accepted

    return accepted(acceptance)
