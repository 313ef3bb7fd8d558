"""Which service a command asks, how it gets there, and with which token."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from pymacaron.cli.context import Context

if TYPE_CHECKING:
    from pymacaron.deploy import Started
    from pymacaron.service import Service
    from pymacaron_testing.credentials import Credential

__all__ = ["Authenticated", "Wanted", "credential_options", "generated_token", "reachable", "target_options", "usable"]

Authenticated = Callable[[Context], "tuple[Service, list[Credential]]"]
"""Gives the service of a folder, and what to send for credentials."""
SHOWN = "http://127.0.0.1:8080"
"""Where `pym run` serves: what was served for a command alone is told by that."""


@dataclass(frozen=True)
class Wanted:
    """Which service is asked: that of the folder, unless one is named; `seconds` until it has to be ready."""

    url: str | None = None
    host: str | None = None
    port: int | None = None
    live: bool = False
    image: str | None = None
    seconds: float = 30.0
    verify_ssl: bool = True

    @property
    def shown(self) -> str:
        """The URL by which somebody else reaches it, who starts it where it is not running."""
        return SHOWN if self.url is None else self.url

    @property
    def _named(self) -> int:
        return sum(map(bool, (self.url, self.host or self.port, self.live, self.image)))

    def live_where_named(self, service: Service) -> Wanted:
        """Return the same, meaning the live service where a configuration is named by --env, and nothing else is."""
        return replace(self, live=True) if service.env and not self._named else self

    def of(self, service: Service) -> Wanted:
        """Return the same with its URL; raises UsageError where two are named, or live_host is not set."""
        from pymacaron_testing.target import Target, host_of

        if self._named > 1:
            raise click.UsageError("name one service: by --url, by --host and --port, by --image, or by --live")
        url = self.url
        if self.host or self.port:
            url = Target(host_of(self.host or "127.0.0.1"), self.port or 8080).url
        if self.live:
            url = service.config.get("live_host")
            if not url:
                raise click.UsageError(
                    f"{service.config.config_file.path.name} sets no live_host: name the configuration that does by "
                    "--env, or the service by --url; --local serves this folder"
                )
            url = url if "://" in url else f"https://{url}"
        return replace(self, url=usable(url) if url else None)


def usable(url: str) -> str:
    """Return a URL without a slash at its end; raises UsageError for what is none, or holds credentials."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        whole = False
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise click.UsageError("the URL holds credentials, which would be shown: leave them out, and send a header")
    if not whole or parts.query or parts.fragment:
        raise click.UsageError(f"'{url}' is no URL of a service: write one such as http://127.0.0.1:8080")
    return url.rstrip("/")


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say where a service is; it takes them as one `wanted`."""

    @wraps(command)
    def told(
        url: str | None,
        host: str | None,
        port: int | None,
        live: bool,
        image: str | None,
        no_ssl_check: bool,
        start_timeout: float,
        **others: Any,
    ) -> Any:
        wanted = Wanted(url, host, port, live, image, start_timeout, not no_ssl_check)
        return command(wanted=wanted, **others)

    for option in reversed(OPTIONS):
        told = option(told)
    return told


OPTIONS = (
    click.option("--url", help="Test the service at this URL; without any of these, this folder is served for it."),
    click.option("--host", help="Test the service on this host."),
    click.option("--port", type=click.IntRange(1, 65535), help="Its port, 443 meaning https; 8080 by default."),
    click.option("--live", is_flag=True, help="Test the service at live_host of the configuration (with --env NAME)."),
    click.option("--image", help="Test the service of this Docker image, run for it, which listens on port 8080."),
    click.option("--no-ssl-check", is_flag=True, help="Take any certificate."),
    click.option(
        "--start-timeout", type=float, default=30.0, show_default=True, help="Seconds until the service is ready."
    ),
)


def credential_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say what to send for credentials; it takes a function of a service for them."""

    @wraps(command)
    def told(gen_token: bool, user: str | None, header: tuple[str, ...], **others: Any) -> Any:
        from pymacaron_testing.credentials import TOKEN_VARIABLE, credentials

        def found(context: Context) -> tuple[Service, list[Credential]]:
            service = context.service("required" if gen_token else "ignored")
            token = generated_token(service, user) if gen_token else os.environ.get(TOKEN_VARIABLE)
            return service, credentials(token, header)

        return command(authenticated=found, **others)

    for option in reversed(CREDENTIALS):
        told = option(told)
    return told


CREDENTIALS = (
    click.option(
        "--gen-token", is_flag=True, help="Send a token that is made for this; else PYM_JWT_TOKEN, where set."
    ),
    click.option("--user", help="Whose token --gen-token makes; default_user_id's by default."),
    click.option(
        "--header", multiple=True, help="Send this header, NAME=VARIABLE of the environment; repeat for more."
    ),
)


def generated_token(service: Service, user: str | None) -> str:
    """Return a token of a user by the plugin that makes some; raises UsageError where none does, or nobody is named."""
    issuers = service.hooks.token_issuers(service.config)
    if not issuers:
        raise click.UsageError("--gen-token: no plugin of this service makes tokens: pip install 'pymacaron-auth>=3'")
    if not (user or service.config.get("default_user_id")):
        raise click.UsageError(
            "--gen-token: a token is for nobody: name a user by --user, or set default_user_id in "
            f"{service.config.config_file.path.name}"
        )
    return issuers[0].issue(user)


@contextmanager
def reachable(context: Context, service: Service, wanted: Wanted) -> Iterator[Started]:
    """Give the URL of the service once it is ready, run for the command where it is this folder or an image.

    Of one that was running, the log is not known: it is "".
    """
    from pymacaron.deploy import Started
    from pymacaron_testing.runner import ended_by_signals, image_served, served, wait_until_ready

    with ended_by_signals():
        if wanted.url is not None:
            wait_until_ready(wanted.url, wanted.seconds, verify_ssl=wanted.verify_ssl)
            yield Started(wanted.url, str)
        elif wanted.image:
            with image_served(wanted.image, context.env, service.config.env_secrets, wanted.seconds) as run:
                yield run
        else:
            with served(service.root, context.env, wanted.seconds) as local:
                yield local
