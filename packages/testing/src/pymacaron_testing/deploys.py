"""The acceptance tests of a service within a deploy: a verdict in a sentence, and the lines to mend by."""

from __future__ import annotations

import re

from pymacaron.deploy import Acceptance, Accepted
from pymacaron.service import Service, current_service
from pymacaron_testing.acceptance import Outcome, Run, accept, documents_app

__all__ = ["accepted"]

LAST_LINES = 30
_FAILED = re.compile(r"(?:FAILED|ERROR) (\S.*?)(?: - .*)?$")
"""A line of pytest's summary: the test, and after " - " why."""


def accepted(acceptance: Acceptance) -> Accepted:
    """Run `testaccept/` against the URL; a violation of the contract fails it.

    Raises StartError where there are no tests.
    """
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        acceptance.environment.tell(line)

    service = current_service()
    arguments = ["-x", "-p", "no:cacheprovider"]
    run = Run(
        acceptance.environment.root,
        acceptance.url,
        token=_token(service),
        headers=acceptance.headers,
        arguments=arguments,
        tell=tell,
    )
    with documents_app(service) as app:
        return _judged(accept(run, app), lines)


def _token(service: Service) -> str | None:
    """Return a token of the default user, where the service has both an issuer and such a user."""
    issuers = service.hooks.token_issuers(service.config)
    return issuers[0].issue(None) if issuers and service.config.get("default_user_id") else None


def _judged(outcome: Outcome, lines: list[str]) -> Accepted:
    violations = [f"violation: {violation}" for violation in outcome.violations]
    details = "\n".join([*lines[-LAST_LINES:], *violations])
    if outcome.code:
        return Accepted(False, _failure(lines), details)
    if violations:
        return Accepted(False, f"the contract is violated: {outcome.violations[0]}", details)
    told = lines[-1].strip("= ") if lines else "passed"
    return Accepted(True, f"{told}, {outcome.coverage.percent:.0f} % of the contract exercised")


def _failure(lines: list[str]) -> str:
    """Return a sentence that names the test which failed, where pytest's summary does."""
    failed = [found[1] for line in lines if (found := _FAILED.match(line))]
    return f"the acceptance test {failed[-1]} fails" if failed else "the acceptance tests fail"
