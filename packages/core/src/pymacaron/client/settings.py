"""The settings of clients: for all APIs as flat keys, and for each API below the key `clients`."""

from __future__ import annotations

from typing import Literal

from pymacaron.config.settings import Settings, setting

__all__ = ["ClientSettings", "OneClient"]

Errors = Literal["return", "raise"]
Judging = Literal["strict", "report", "off"]


class OneClient(Settings):
    """What differs for the calls of one API; `None` is what the key `client_...` says."""

    url: str | None = setting(
        None,
        description="Where the API is served, the path of the document's server included.",
        example="https://login.example.com/v1",
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        expected="a URL such as 'https://login.example.com/v1', without a query",
    )
    connect_timeout: float | None = setting(None, description="Seconds to connect.", gt=0)
    read_timeout: float | None = setting(None, description="Seconds between bytes of an answer.", gt=0)
    deadline: float | None = setting(None, description="Seconds of a call in all.", gt=0)
    retries: int | None = setting(None, description="How often a call is repeated.", ge=0, le=10)
    errors: Errors | None = setting(None, description="Whether errors are returned or raised.")
    validate_answers: Judging | None = setting(None, description="How answers are judged.")
    largest_answer: int | None = setting(None, description="Bytes that an answer may have.", ge=1)


class ClientSettings(Settings):
    """The keys of calls to other APIs."""

    clients: dict[str, OneClient] = setting(
        {},
        description="By the name of an API: `url`, which the environment variable PYM_CLIENT_<API>_URL overrides, and "
        "its own values of the keys `client_...`, without that prefix.",
        example={"login": {"url": "https://login.example.com", "read_timeout": 5}},
    )
    client_connect_timeout: float = setting(
        5, description="Seconds that a client waits for a connection.", example=2, gt=0
    )
    client_read_timeout: float = setting(
        30, description="Seconds that a client waits for the next bytes of an answer.", example=10, gt=0
    )
    client_deadline: float = setting(
        60, description="Seconds that a client's call may take in all, repetitions included.", example=20, gt=0
    )
    client_retries: int = setting(
        2, description="How often a client repeats a call that is safe to be repeated.", example=0, ge=0, le=10
    )
    client_errors: Errors = setting(
        "return",
        description="Whether a client returns errors, as PyMacaron 2 did, or raises them.",
        example="raise",
    )
    client_validate_answers: Judging = setting(
        "strict",
        description="How a client judges answers by the document: `strict` makes a BadServerResponseError of what is "
        "wrong, `report` logs it, `off` is silent; both then return plain data.",
        example="report",
    )
    client_largest_answer: int = setting(
        64 * 1024 * 1024,
        description="Bytes that an answer may have, unpacked and not streamed.",
        example=1_000_000,
        ge=1,
    )
