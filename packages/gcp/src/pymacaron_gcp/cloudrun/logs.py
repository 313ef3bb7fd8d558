"""The logs of revisions, worker pools and executions, as Cloud Logging has them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pymacaron.exceptions import DeployError
from pymacaron_gcp.client import Gcp

__all__ = ["Logs"]

FOLLOW = 2.0
PAGE = 1000
# A page may be empty while Logging searches on: the token alone says that there is more.
PAGES = 20
EXECUTION = "run.googleapis.com/execution_name"
PATIENCE = 5
LATE = timedelta(seconds=10)
"""Entries may arrive out of order: how far back each look goes."""

Entry = dict[str, Any]


class Logs:
    """The logs of one service, its worker pools and its jobs."""

    def __init__(self, gcp: Gcp, service: str) -> None:
        self._gcp, self._service = gcp, service

    def of_revision(self, revision: str) -> str:
        """Return the filter of a revision."""
        labels = {"service_name": self._service, "revision_name": revision}
        return _filter("cloud_run_revision", {**labels, "location": self._gcp.region})

    def of_pool(self, pool: str) -> str:
        """Return the filter of a worker pool."""
        return _filter("cloud_run_worker_pool", {"worker_pool_name": pool})

    def of_execution(self, job: str, execution: str) -> str:
        """Return the filter of one execution of a job."""
        return f'{_filter("cloud_run_job", {"job_name": job})} AND labels."{EXECUTION}"="{execution}"'

    def tail(self, wanted: str, lines: int) -> list[str]:
        """Return the last lines that a filter takes, the oldest first."""
        return [_text(entry) for entry in self._entries(wanted, lines)] if lines > 0 else []

    def follow(self, wanted: str, lines: int) -> Iterator[str]:
        """Give the last lines, and then new ones as they are found, without end."""
        known: set[str] = set()
        entries = self._entries(wanted, max(lines, 1))
        yield from (_text(entry) for entry in entries[-lines:] if lines > 0)
        while True:
            known |= {_key(entry) for entry in entries}
            time.sleep(FOLLOW)
            since = _stamp(datetime.now(UTC) - LATE)
            entries = self._entries(f'{wanted} AND timestamp>="{since}"', PAGE)
            yield from (_text(entry) for entry in entries if _key(entry) not in known)

    def last_words(self, revision: str) -> list[str]:
        """Return the last lines of a revision that failed, nothing where they cannot be had within a few seconds."""
        for _ in range(PATIENCE):
            try:
                if lines := self.tail(self.of_revision(revision), 20):
                    return lines
            except DeployError:
                break
            time.sleep(1)
        return []

    def statuses(self, revision: str, since: datetime) -> list[int]:
        """Return the statuses of the last requests that a revision answered since a moment (UTC), 1000 at most."""
        log = f'logName="projects/{self._gcp.project}/logs/run.googleapis.com%2Frequests"'
        wanted = f'{self.of_revision(revision)} AND {log} AND timestamp>="{_stamp(since)}"'
        return [int(entry.get("httpRequest", {}).get("status", 0)) for entry in self._entries(wanted, PAGE)]

    def _entries(self, wanted: str, lines: int) -> list[Entry]:
        body: dict[str, Any] = {
            "resourceNames": [f"projects/{self._gcp.project}"],
            "filter": wanted,
            "orderBy": "timestamp desc",
            "pageSize": min(lines, PAGE),
        }
        found: list[Entry] = []
        for _ in range(PAGES):
            answer = self._gcp.call("logging", "list_entries", body=body)
            found += answer.get("entries", [])
            if len(found) >= lines or not answer.get("nextPageToken"):
                break
            body["pageToken"] = answer["nextPageToken"]
        return found[:lines][::-1]


def _filter(kind: str, labels: Mapping[str, str]) -> str:
    conditions = [f'resource.type="{kind}"', *(f'resource.labels.{key}="{value}"' for key, value in labels.items())]
    return " AND ".join(conditions)


def _text(entry: Entry) -> str:
    if "textPayload" in entry:
        return str(entry["textPayload"]).rstrip("\n")
    payload = entry.get("jsonPayload") or {key: entry[key] for key in ("httpRequest", "protoPayload") if key in entry}
    return json.dumps(payload, ensure_ascii=False)


def _stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _key(entry: Entry) -> str:
    return f"{entry.get('timestamp')} {entry.get('insertId')}"
