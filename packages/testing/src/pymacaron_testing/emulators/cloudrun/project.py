"""What a deploy asks of other services of Google Cloud: secrets, logs, repositories, accounts, APIs and permissions."""

from __future__ import annotations

import re
from typing import Any

from google.cloud.artifactregistry_v1.types import Repository

from pymacaron_testing.emulators.cloudrun.life import Life
from pymacaron_testing.emulators.cloudrun.state import State
from pymacaron_testing.emulators.cloudrun.wire import Refusal, operation_body, read, write

__all__ = ["ProjectOperations"]

Query = dict[str, str]
Body = dict[str, Any]


class ProjectOperations:
    """The operations beside those of Cloud Run."""

    def __init__(self, state: State, life: Life) -> None:
        self._state, self._life = state, life

    def get_version(self, name: str, query: Query, body: Body) -> Body:
        """Show a version of a secret, by its number or as the newest."""
        secret, _, version = name.partition("/versions/")
        self._state.project.secret(secret, version)
        short = secret.rpartition("/")[2]
        number = len(self._state.project.secrets[short]) if version == "latest" else int(version)
        return {"name": f"{secret}/versions/{number}", "state": "ENABLED"}

    def list_entries(self, name: str, query: Query, body: Body) -> Body:
        """Show the newest entries that a filter takes in pages, the newest first where that is wanted.

        As Logging may while it searches, the first page is empty.
        """
        if "pageToken" not in body:
            return {"nextPageToken": "0"}
        start, size = int(body["pageToken"]), body.get("pageSize") or 50
        found = self._found(body.get("filter", ""))
        if body.get("orderBy") == "timestamp desc":
            found.reverse()
        page: Body = {"entries": found[start : start + size]}
        return page | ({"nextPageToken": str(start + size)} if len(found) > start + size else {})

    def _found(self, wanted_by: str) -> list[Body]:
        if "%2Frequests" in wanted_by:
            return [_request(status) for name, status in self._state.project.requests if name in wanted_by]
        wanted = dict(re.findall(r'resource\.labels\.(\w+)="([^"]*)"', wanted_by))
        wanted |= dict(re.findall(r' labels\."([^"]+)"="([^"]*)"', wanted_by))
        since = re.search(r'timestamp>="([^"]*)"', wanted_by)
        lines = [line for labels, lines in self._logs() if wanted.items() <= labels.items() for line in lines]
        return [_entry(line) for line in sorted(lines) if not since or line.partition(" ")[0] >= since[1]]

    def get_repository(self, name: str, query: Query, body: Body) -> Body:
        """Show a repository."""
        if name not in self._state.project.repositories:
            raise Refusal(404, f"Requested entity was not found: {name}")
        return write(Repository(name=name, format_="DOCKER"))

    def create_repository(self, parent: str, query: Query, body: Body) -> Body:
        """Create a repository."""
        repository = read(Repository, body)
        repository.name = f"{parent}/repositories/{query.get('repositoryId', '')}"
        if repository.name in self._state.project.repositories:
            raise Refusal(409, "the repository already exists", "ALREADY_EXISTS")
        self._state.project.repositories.add(repository.name)
        return operation_body(parent, repository, done=True)

    def get_api(self, name: str, query: Query, body: Body) -> Body:
        """Tell whether an API is enabled."""
        enabled = name.rpartition("/")[2] in self._state.project.apis
        return {"name": name, "state": "ENABLED" if enabled else "DISABLED"}

    def enable_api(self, name: str, query: Query, body: Body) -> Body:
        """Enable an API, after the delay of a change."""
        self._life.later(self._state.project.apis.add, name.rpartition("/")[2])
        return {"name": "operations/acat.1", "done": False}

    def get_account(self, name: str, query: Query, body: Body) -> Body:
        """Show a service account."""
        email = name.rpartition("/")[2]
        if email not in self._state.project.accounts:
            raise Refusal(404, f"Unknown service account: {email}")
        return {"name": name, "email": email}

    def create_account(self, name: str, query: Query, body: Body) -> Body:
        """Create a service account."""
        project = name.split("/")[1]
        email = f"{body['accountId']}@{project}.iam.gserviceaccount.com"
        self._state.project.accounts.add(email)
        return {"name": f"projects/{project}/serviceAccounts/{email}", "email": email}

    def test_permissions(self, name: str, query: Query, body: Body) -> Body:
        """Tell which of some permissions the caller has."""
        granted = self._state.project.permissions
        return {"permissions": [one for one in body.get("permissions", []) if granted is None or one in granted]}

    def _logs(self) -> list[tuple[dict[str, str], list[str]]]:
        now = [(name, one.logs()) for name, running in list(self._state.running.items()) for one in running]
        return [(_labels(name), lines) for name, lines in (*self._state.old_logs, *now)]


def _labels(name: str) -> dict[str, str]:
    parts = name.split("/")
    keys = {"services": "service_name", "revisions": "revision_name", "workerPools": "worker_pool_name"}
    keys |= {"locations": "location", "jobs": "job_name", "executions": "run.googleapis.com/execution_name"}
    return {keys[kind]: value for kind, value in zip(parts[::2], parts[1::2], strict=False) if kind in keys}


def _request(status: int) -> Body:
    return {"httpRequest": {"status": status, "requestMethod": "GET"}, "insertId": "request"}


def _entry(line: str) -> Body:
    time, _, text = line.partition(" ")
    return {"timestamp": time, "textPayload": text, "insertId": f"{hash(line) & 0xFFFFFFFF:x}"}
