"""Campaign: the documents of a service fuzzed one after the other, within one time."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pymacaron.exceptions import StartError
from pymacaron.models.pool import ModelPool
from pymacaron.spec.references import References
from pymacaron_testing.credentials import Credential
from pymacaron_testing.fuzz.documents import fuzzed_document
from pymacaron_testing.fuzz.findings import Findings
from pymacaron_testing.runner import schemathesis_in
from pymacaron_testing.selection import Selected

__all__ = ["Campaign", "fuzz", "want_schemathesis"]

STARTING_SECONDS = 2
LONGEST_REQUEST = 10
LARGEST_KEPT = 10_000


@dataclass(frozen=True)
class Campaign:
    """What to fuzz: `operations` of the service at `url`, told as `shown`, for so many seconds in all."""

    operations: Sequence[Selected]
    url: str
    shown: str
    seconds: int
    seed: int
    secrets: Sequence[Credential] = ()
    verify_ssl: bool = True
    ignore_base_path: bool = False
    arguments: Sequence[str] = ()


def want_schemathesis() -> None:
    """Raise StartError where schemathesis is not installed."""
    if find_spec("schemathesis") is None:
        raise StartError("schemathesis is not installed: pip install 'pymacaron-testing[fuzz]>=3'")


def fuzz(campaign: Campaign, references: References) -> Findings:
    """Fuzz each document for its share of the time, and return what was found.

    Raises StartError where schemathesis cannot work, or came to the end of nothing in the time.
    """
    findings = Findings(campaign.url, campaign.shown, campaign.secrets)
    end = time.monotonic() + campaign.seconds
    pools = list(dict.fromkeys(each.pool for each in campaign.operations))
    for index, pool in enumerate(pools):
        now = time.monotonic()
        _fuzz_document(campaign, pool, references, now + (end - now) / (len(pools) - index), findings)
    if not findings.requests:
        step = "see whether the service answers, or give it more by --max-time"
        raise StartError(f"nothing was learnt in {campaign.seconds} s: {step}")
    return findings


def _fuzz_document(campaign: Campaign, pool: ModelPool, references: References, end: float, findings: Findings) -> None:
    chosen = [each for each in campaign.operations if each.pool is pool]
    with tempfile.TemporaryDirectory(prefix="pym-fuzz-") as name:  # readable by this user alone: it holds secrets
        folder = Path(name)
        data = fuzzed_document(pool.document.path, references, pool.document.operations)
        (folder / "document.json").write_text(json.dumps(data), encoding="utf-8")
        (folder / "schemathesis.toml").write_text(_settings(campaign), encoding="utf-8")
        (folder / "events").touch()
        environment = {secret.variable: secret.value for secret in campaign.secrets}
        told = schemathesis_in(folder, _arguments(campaign, chosen, end), environment, end)
        if told is not None:
            raise StartError(f"schemathesis cannot fuzz {pool.name}:\n{findings.masked(told).rstrip()}")
        with (folder / "events").open(encoding="utf-8") as lines:
            findings.read(lines)


def _settings(campaign: Campaign) -> str:
    """Return the settings of schemathesis, which puts variables of the environment in."""
    headers = [f"{_text(each.header)} = {_text(f'{each.prefix}${{{each.variable}}}')}" for each in campaign.secrets]
    tables = {
        "headers": headers,
        "output.sanitization": ["enabled = false"],
        "output.truncation": [f"max-recorded-payload-size = {LARGEST_KEPT}"],
    }
    return "".join(f"[{name}]\n" + "".join(f"{line}\n" for line in lines) for name, lines in tables.items())


def _text(text: str) -> str:
    return json.dumps(text)  # TOML's basic strings are written alike


def _arguments(campaign: Campaign, chosen: Sequence[Selected], end: float) -> list[str]:
    seconds = max(1, int(end - time.monotonic() - STARTING_SECONDS))
    return [
        *("--config-file", "schemathesis.toml", "--no-color", "run", "document.json"),
        *("--url", campaign.url + chosen[0].base(ignored=campaign.ignore_base_path)),
        *("--checks", "all", "--continue-on-failure"),
        *("--seed", str(campaign.seed), "--max-time", str(seconds)),
        *("--request-timeout", str(min(max(2, seconds // 4), LONGEST_REQUEST))),
        *("--report", "ndjson", "--report-ndjson-path", "events", "--generation-database", "none"),
        *(() if campaign.verify_ssl else ("--tls-verify", "false")),
        *(argument for each in chosen for argument in ("--include-name", each.name)),
        *campaign.arguments,
    ]
