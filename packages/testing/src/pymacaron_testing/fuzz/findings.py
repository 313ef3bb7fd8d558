"""Findings: what schemathesis tells of failed checks, each kind of failure once, by its shortest request."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymacaron_testing.credentials import Credential, masked
from pymacaron_testing.fuzz.curl import curl

__all__ = ["Finding", "Findings"]

CRASHED = "not_a_server_error"
MOST_ALIKE = 3
LONGEST_TOLD = 600


@dataclass(frozen=True)
class Finding:
    """A failed check of an operation: what differed, and the line of curl that repeats it, "" where none does."""

    operation: str
    check: str
    difference: str
    curl: str = ""

    def __str__(self) -> str:
        told = "\n".join(f"    {line}".rstrip() for line in self.difference.splitlines())
        return f"{self.operation}: {self.check}\n{told}" + (f"\n    {self.curl}" if self.curl else "")


@dataclass
class Findings:
    """Collects findings from the events of schemathesis; `url` is told as `shown`, what is secret as variables."""

    url: str = ""
    shown: str = ""
    secrets: Sequence[Credential] = ()
    requests: dict[str, int] = field(default_factory=dict)
    _found: dict[tuple[str, str], dict[str, Finding]] = field(default_factory=dict)

    def read(self, lines: Iterable[str]) -> None:
        """Take in the events of a run; the last one may be half of one, where its time was over."""
        for line in lines:
            try:
                event: dict[str, Any] = json.loads(line)
            except ValueError:
                continue
            for name, said in event.items():
                if name == "ScenarioFinished":
                    self._scenario(said)
                elif name == "NonFatalError":
                    self._error(said)

    def by_operation(self) -> dict[str, list[Finding]]:
        """Return the findings of each operation that was asked for anything, three of a check at most."""
        told: dict[str, list[Finding]] = {operation: [] for operation in self.requests}
        for (operation, _), alike in self._found.items():
            told.setdefault(operation, []).extend(sorted(alike.values(), key=_shortness)[:MOST_ALIKE])
        return told

    def masked(self, text: str) -> str:
        """Return a text without what is secret, and with the URL that is shown."""
        return masked(text.replace(self.url, self.shown) if self.url else text, self.secrets)

    def _scenario(self, said: Mapping[str, Any]) -> None:
        recorder = said["recorder"]
        for case, interaction in recorder.get("interactions", {}).items():
            operation = _operation(recorder, case)
            self.requests[operation] = self.requests.get(operation, 0) + 1
            failed = [each for each in recorder.get("checks", {}).get(case, ()) if each.get("status") == "failure"]
            crashed = any(check["name"] == CRASHED for check in failed)
            for check in failed:
                if not crashed or check["name"] == CRASHED:  # one fault is told once
                    self._failed(operation, check, interaction)

    def _failed(self, operation: str, check: Mapping[str, Any], interaction: Mapping[str, Any]) -> None:
        failure = check["failure_info"]["failure"]
        status = (interaction.get("response") or {}).get("status_code")
        title = "\n".join(filter(None, (f"{failure['title']}", failure.get("message", "").strip())))
        difference = self.masked(_shortened(title)) + (f"\nThe reply: {status}" if status else "")
        finding = Finding(operation, check["name"], difference, self._curl(interaction["request"]))
        alike = self._found.setdefault((operation, check["name"]), {})
        kind = f"{failure['type']} {status} {failure.get('message', '').partition(chr(10) * 2)[0]}"
        alike[kind] = min(alike.get(kind, finding), finding, key=_shortness)

    def _error(self, said: Mapping[str, Any]) -> None:
        operation, value = said.get("label", ""), said.get("value", {})
        told = value.get("message", "") if isinstance(value, dict) else str(value)
        kind = value.get("type", "error") if isinstance(value, dict) else "error"
        finding = Finding(operation, "error", self.masked(_shortened(f"{kind}: {told}".rstrip(": "))))
        self._found.setdefault((operation, "error"), {}).setdefault(kind, finding)

    def _curl(self, request: Mapping[str, Any]) -> str:
        url = request["uri"]
        url = self.shown + url.removeprefix(self.url) if url.startswith(self.url) else url
        return curl(request["method"], url, request.get("headers", {}), _bytes(request.get("body")), self.secrets)


def _operation(recorder: Mapping[str, Any], case: str) -> str:
    """Return the operation that a scenario is about; one that goes through several tells it with each case."""
    label = str(recorder.get("label", ""))
    if " /" in label:
        return label
    value = recorder.get("cases", {}).get(case, {}).get("value", {})
    method, path = value.get("method"), value.get("path")
    return f"{method.upper()} {path}" if method and path else label


def _bytes(body: Any) -> bytes | None:
    if isinstance(body, dict):
        return base64.b64decode(body["$base64"])
    return None if body is None else str(body).encode()


def _shortness(finding: Finding) -> tuple[int, str]:
    return len(finding.curl), finding.curl


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}..."
