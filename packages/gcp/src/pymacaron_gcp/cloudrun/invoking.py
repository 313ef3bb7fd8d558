"""Requests of who deploys to a service that not everybody may call: they carry an identity token of their own.

Cloud Run looks for it in X-Serverless-Authorization before Authorization, which is left to the service, and wants the
URL of the service as its audience, for the URLs of tags too.
"""

from __future__ import annotations

from pymacaron.exceptions import DeployError
from pymacaron_gcp.cloudrun.service import RunService

__all__ = ["HEADER", "INVOKE", "Invoking"]

HEADER = "X-Serverless-Authorization"
INVOKE = "run.routes.invoke"
"""What IAM asks of who calls a service."""


class Invoking:
    """What requests to the URLs of one service carry: nothing while it is open to everybody."""

    def __init__(self, service: RunService, is_public: bool) -> None:
        self._service, self._is_public = service, is_public
        self._audiences: dict[str, str] = {}

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers for a URL of the service; raises DeployError for another URL, and without a token."""
        if self._is_public:
            return {}
        if not self.knows(url):
            raise DeployError(
                f"{url} is no URL of {self._service.name}, and gets no token for it: run the command again"
            )
        return {HEADER: f"Bearer {self._service.gcp.id_token(self._audiences[url])}"}

    def knows(self, url: str) -> bool:
        """Tell whether a URL is that of the service, or is or was that of one of its tags."""
        if url not in self._audiences and (service := self._service.read()) is not None:
            known = (service.uri, *(status.uri for status in service.traffic_statuses if status.uri))
            self._audiences |= dict.fromkeys(map(str, known), str(service.uri))
        return url in self._audiences
