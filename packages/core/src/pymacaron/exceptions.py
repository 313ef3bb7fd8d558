"""Every exception that PyMacaron raises on purpose.

    Exception
    └── PyMacaronException               500 SERVER_ERROR
        ├── RequestError                 400 INVALID_PARAMETER    the caller's fault
        ├── AuthenticationError          401 UNAUTHENTICATED      nobody whom the operation knows
        ├── ForbiddenError               403 FORBIDDEN            somebody who may not do this
        ├── BadResponseException         500 BAD_RESPONSE         the handler broke its contract
        ├── LostBodyError                500 BODY_LOST            a hook read the body, and kept nothing of it
        ├── NotReadyError                503 NOT_READY            a start-up function failed
        ├── BadCallError                 500 BAD_CALL             a client was given what its operation does not take
        ├── CallError                    as answered              another API answered with an error
        │   ├── BadServerResponseError   502 BAD_SERVER_RESPONSE  another API broke its contract
        │   ├── UnreachableError         503 SERVER_UNREACHABLE   another API could not be asked
        │   └── CallTimeoutError         504 SERVER_TIMEOUT       another API took too long
        ├── StoreError                   500 STORE_ERROR          a store of models, or what it is given, is wrong
        │   ├── ItemNotFoundError        404 ITEM_NOT_FOUND       no model of this key
        │   ├── ItemChangedError         409 ITEM_CHANGED         somebody else wrote the model meanwhile
        │   ├── ItemTooLargeError        500 ITEM_TOO_LARGE       a model larger than the store takes
        │   └── StoreBusyError           503 STORE_BUSY           a store that is locked, throttled or not there
        ├── DeployError                  500 DEPLOY_ERROR         a release cannot be built or deployed
        │   └── LockedError              500 LOCKED               somebody else changes the environment
        └── StartError                   500 START_ERROR          the service cannot start; ends `pym` with 1
            ├── ConfigError              500 CONFIG_ERROR         pym-config.yaml or its secrets; ends `pym` with 2
            ├── SpecError                500 SPEC_ERROR           an OpenAPI document
            ├── BindingError             500 BINDING_ERROR        handlers that are missing or do not fit
            ├── PluginError              500 PLUGIN_ERROR         a plugin that is missing, broken or in conflict
            └── ServiceError             500 SERVICE_ERROR        no current service, or two that cannot live together

Those of stores are defined in `pymacaron.store.errors`.

`code` and `status` are what a caller of the API reads in the JSON of the error; `exit_code` is what `pym` ends with.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self
from uuid import uuid4

__all__ = [
    "AuthenticationError",
    "BadCallError",
    "BadResponseException",
    "BadServerResponseError",
    "BindingError",
    "CallError",
    "CallTimeoutError",
    "ConfigError",
    "DeployError",
    "ForbiddenError",
    "LockedError",
    "LostBodyError",
    "NotReadyError",
    "PluginError",
    "PyMacaronException",
    "RequestError",
    "ServiceError",
    "SpecError",
    "StartError",
    "UnreachableError",
    "add_error",
    "is_error",
]


class PyMacaronException(Exception):
    """An error that a handler raises or returns, and that the caller reads as JSON.

    Subclass it and set `code` (the `error` of the reply) and `status` (of HTTP); the text is the `error_description`.
    """

    code: ClassVar[str] = "SERVER_ERROR"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    user_message: str | None
    error_id: str

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse, as the class is made, a `code` that is no text and a `status` that is no HTTP error."""
        super().__init_subclass__(**options)
        if not isinstance(cls.code, str) or type(cls.status) is not int or not 400 <= cls.status <= 599:
            raise TypeError(f"{cls.__name__} wants a code that is text and a status from 400 to 599, as a number")

    def __new__(cls, *args: object, **options: Any) -> Self:
        """Give the error its id, also where a subclass has an __init__ of its own."""
        error = super().__new__(cls, *args)
        error.user_message = None
        error.error_id = str(uuid4())
        return error

    def __init__(self, *args: object, user_message: str | None = None, error_id: str | None = None) -> None:
        super().__init__(*args)
        self.user_message = user_message
        self.error_id = error_id or self.error_id

    def caught(self, error: BaseException) -> Self:
        """Name the exception that this one stands for: its traceback goes to the log and the report, not to the caller.

        Example::

            raise StockError("the stock is not known").caught(error)
        """
        self.__cause__ = error
        return self

    def headers(self) -> list[tuple[str, str]]:
        """Return the names and values of headers that the reply carries."""
        return []

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the reply; `user_message` stands in it where it is set."""
        reply: dict[str, Any] = {
            "error": self.code,
            "error_description": str(self),
            "error_id": self.error_id,
            "status": self.status,
        }
        if self.user_message is not None:
            reply["user_message"] = self.user_message
        return reply


class RequestError(PyMacaronException):
    """A request that breaks the contract: `problems` tells each one with where it stands, never with its value."""

    code = "INVALID_PARAMETER"
    status = 400

    def __init__(self, *args: object, problems: Iterable[dict[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.problems = list(problems)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the reply, with `problems` where there are any."""
        reply = super().to_json()
        return {**reply, "problems": self.problems} if self.problems else reply


class AuthenticationError(PyMacaronException):
    """A caller who brought no credential, or a bad one; `challenge` tells which to bring (RFC 9110, section 11.6.1).

    It is the value of a WWW-Authenticate header, "" for none.
    """

    code = "UNAUTHENTICATED"
    status = 401

    def __init__(self, *args: object, challenge: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.challenges = [challenge] if challenge else []

    def headers(self) -> list[tuple[str, str]]:
        """Return a WWW-Authenticate header for each challenge."""
        return [("WWW-Authenticate", challenge) for challenge in self.challenges]


class ForbiddenError(AuthenticationError):
    """A caller who is known, and lacks a scope or a role (RFC 6750, section 3.1)."""

    code = "FORBIDDEN"
    status = 403


class BadResponseException(PyMacaronException):
    """A handler returned what its operation does not declare."""

    code = "BAD_RESPONSE"


class LostBodyError(PyMacaronException):
    """Something read the body of a request before its operation did, and it is too large to be kept."""

    code = "BODY_LOST"


class NotReadyError(PyMacaronException):
    """The service does not want requests: it did not start in this process, or has a reason that /ready tells."""

    code = "NOT_READY"
    status = 503


class BadCallError(PyMacaronException):
    """A client was given a value that its operation does not take: `problems` tells each one, never with its value."""

    code = "BAD_CALL"

    def __init__(self, *args: object, problems: Iterable[dict[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.problems = list(problems)


class CallError(PyMacaronException):
    """What another API answered with a status of 400 or above: a client returns or raises it (`client_errors`).

    `status`, `code` and `error_id` are those of the answer, `body` is its content, and `error_description` what it
    says; `api`, `operation` ("GET /pets") and `url`, without its query, tell what was called.
    """

    code = "CALL_ERROR"
    status = 502
    body: Any = None
    api = operation = url = ""

    @property
    def error(self) -> str:
        """The code, as the JSON of an error calls it."""
        return self.code

    @property
    def error_description(self) -> str:
        """What the error says to developers, without what was called."""
        return str(self.to_json()["error_description"])

    @classmethod
    def answered(cls, sentence: str, reply: dict[str, Any], **called: Any) -> CallError:
        """Make the error of an answer; `reply` has the keys of a PyMacaron error's JSON."""
        error = cls(sentence, user_message=reply.get("user_message"), error_id=reply.get("error_id"))
        vars(error).update(called, status=reply["status"], code=reply["error"], description=reply["error_description"])
        return error

    @classmethod
    def unanswered(cls, sentence: str, **called: Any) -> Self:
        """Make the error of a call that has no good answer."""
        error = cls(sentence)
        vars(error).update(called)
        return error

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of a reply that hands the error on; it never tells where the other API is."""
        told = vars(self).get("description", "Another service, which this one needs, did not answer as it should")
        return {**super().to_json(), "error_description": told}


class BadServerResponseError(CallError):
    """Another API answered what its document does not declare: `problems` tells where, never with a value."""

    code = "BAD_SERVER_RESPONSE"
    problems: Iterable[dict[str, str]] = ()


class UnreachableError(CallError):
    """Another API could not be connected to, or broke the connection."""

    code = "SERVER_UNREACHABLE"
    status = 503


class CallTimeoutError(CallError):
    """Another API took longer than a time-out or the deadline of the call."""

    code = "SERVER_TIMEOUT"
    status = 504


class DeployError(PyMacaronException):
    """An image or a release cannot be built, staged, promoted, observed or rolled back."""

    code = "DEPLOY_ERROR"


class LockedError(DeployError):
    """Somebody else is changing the environment: the sentence says who, and since when."""

    code = "LOCKED"


class StartError(PyMacaronException):
    """Whatever keeps a service from starting: `problems` holds one sentence each."""

    code = "START_ERROR"

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class ConfigError(StartError):
    """A setting is missing, unreadable or wrong."""

    code = "CONFIG_ERROR"
    exit_code = 2


class SpecError(StartError):
    """An OpenAPI document is broken."""

    code = "SPEC_ERROR"


class BindingError(StartError):
    """An operation and its handler do not fit together."""

    code = "BINDING_ERROR"


class PluginError(StartError):
    """A plugin is missing, broken, or in conflict with another."""

    code = "PLUGIN_ERROR"


class ServiceError(StartError):
    """There is no current service, or two that cannot live in one process."""

    code = "SERVICE_ERROR"


def is_error(thing: object) -> bool:
    """Tell whether something is an error.

    That is an exception; a reply, of Flask or of a client, whose `status_code` is 400 or above; and an Error, as a
    model or as JSON, which has `error` and a `status` of 400 or above.
    """
    if isinstance(thing, BaseException):
        return True
    if isinstance(thing, Mapping):
        code, status = thing.get("error"), thing.get("status")
    else:
        code, status = getattr(thing, "error", None), getattr(thing, "status", None)
        if isinstance(reply_status := getattr(thing, "status_code", None), int):
            return reply_status >= 400
    return isinstance(code, str) and isinstance(status, int) and status >= 400


def add_error(name: str, code: str, status: int) -> type[PyMacaronException]:
    """Make a child of PyMacaronException, in the caller's module, from a class name, an error code and an HTTP status.

    Raises ValueError for a name that is no identifier, TypeError for a status that is no HTTP error.
    """
    if not name.isidentifier():
        raise ValueError(f"add_error() wants the name of a class, not {name!r}")
    module = sys._getframe(1).f_globals.get("__name__", __name__)  # noqa: SLF001 - as namedtuple() does
    return type(name, (PyMacaronException,), {"code": code, "status": status, "__module__": module})
