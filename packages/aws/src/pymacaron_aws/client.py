"""The one module that calls Amazon Web Services: it makes the clients of boto3, and turns their errors into sentences.

Where the services are, and who calls, is boto3's matter: `aws_user` and `aws_region`, else AWS's own variables and
files. `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` lead all calls to emulators.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any

from pymacaron.exceptions import ConfigError, DeployError
from pymacaron_aws.calls import permission

__all__ = ["Aws", "AwsError", "fetch"]

ATTEMPTS = 6
# What undoes itself when it is done twice, is sent once: whoever calls it looks at what became of it.
SENT_ONCE = {("elasticbeanstalk", "swap_environment_cnames")}
EXPIRED = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
DENIED = {
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "InsufficientPrivilegesException",
    "UnauthorizedOperation",
}
THROTTLED = {"RequestLimitExceeded", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException"}


class AwsError(DeployError):
    """A call that failed for good: `aws_code` is the code of the service's error, "" where there was no answer."""

    aws_code: str = ""
    is_passing: bool = False

    @classmethod
    def of(cls, aws_code: str, sentence: str, is_passing: bool = False) -> AwsError:
        """Make the error of a code; `is_passing` is for what may be better in a moment."""
        error = cls(sentence)
        error.aws_code, error.is_passing = aws_code, is_passing
        return error


class Aws:
    """Calls of the services, in one account and region: `timeout` is the seconds that an answer may take."""

    def __init__(self, user: str | None = None, region: str | None = None, timeout: float = 60) -> None:
        self._user, self._region, self._timeout = user, region, timeout
        self._clients: dict[tuple[str, int], Any] = {}
        self._making = threading.Lock()

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Call an operation by boto3's name for it, and return its answer; raises AwsError.

        Throttling, time-outs and errors of the server are retried here. An operation that is not listed in
        `pymacaron_aws.calls`, from which the policy of the deployer is made, is a KeyError.
        """
        permission(service, operation)
        client = self.client(service, 1 if (service, operation) in SENT_ONCE else ATTEMPTS)
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(client, operation)(**parameters)
        except ClientError as error:
            raise self._refused(service, operation, error.response) from error
        except BotoCoreError as error:
            raise self._unanswered(service, operation, error) from error
        return answer

    def every(self, service: str, operation: str, field: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """Return the items of all pages of a call that pages by NextToken."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.call(service, operation, **parameters)
            found += answer.get(field) or []
            if not answer.get("NextToken"):
                return found
            parameters["NextToken"] = answer["NextToken"]

    def client(self, service: str, attempts: int = ATTEMPTS) -> Any:
        """Return boto3's client of a service; raises ConfigError where profile or region are missing."""
        with self._making:  # a session makes its clients one by one; calls of a client may come from many threads
            if (service, attempts) not in self._clients:
                self._clients[service, attempts] = self._made(service, attempts)
            return self._clients[service, attempts]

    def _made(self, service: str, attempts: int) -> Any:
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        options = Config(
            connect_timeout=min(self._timeout, 10),
            read_timeout=self._timeout,
            retries={"mode": "standard", "total_max_attempts": attempts},
            parameter_validation=True,
        )
        try:
            return self._session.client(service, config=options)
        except BotoCoreError as error:
            raise ConfigError(f"AWS cannot be called: {error}; set aws_region and aws_user") from error

    @property
    def region(self) -> str:
        """The region of the calls."""
        return str(self.client("sts").meta.region_name)

    @cached_property
    def account(self) -> str:
        """The number of the account that calls."""
        return str(self.call("sts", "get_caller_identity")["Account"])

    @cached_property
    def _session(self) -> Any:
        import boto3
        from botocore.exceptions import BotoCoreError

        try:
            session = boto3.Session(profile_name=self._user, region_name=self._region)
        except BotoCoreError as error:
            raise ConfigError(f"AWS has no profile '{self._user}': run 'aws configure', or mend aws_user") from error
        if not session.region_name:
            raise ConfigError("no region is known: set aws_region in pym-config.yaml")
        return session

    def _refused(self, service: str, operation: str, response: dict[str, Any]) -> AwsError:
        error = response.get("Error", {})
        code, message = str(error.get("Code", "")), " ".join(str(error.get("Message", "")).split())
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        called = f"{service}:{self.client(service).meta.method_to_api_mapping[operation]}"
        if code in EXPIRED:
            sentence = f"AWS does not accept the credentials of {self._who} ({code}): log in again, then --resume"
        elif code in DENIED:
            sentence = f"{self._who} may not call {called}: grant what 'pym aws policy' prints ({message or code})"
        elif code in THROTTLED:
            sentence = f"AWS still throttles {called} after {ATTEMPTS} attempts: wait a minute, then --resume"
        elif status >= 500:
            sentence = f"{called} failed {ATTEMPTS} times on the side of AWS ({code}): wait a minute, then --resume"
        else:
            sentence = f"{called} was refused ({code}): {message or 'no reason was given'}"
        return AwsError.of(code, sentence, code in THROTTLED or status >= 500)

    def _unanswered(self, service: str, operation: str, error: Exception) -> AwsError:
        called = f"{service}:{self.client(service).meta.method_to_api_mapping[operation]}"
        name, text = type(error).__name__, " ".join(str(error).split())
        if "Credential" in name or "Token" in name or "SSO" in name:
            return AwsError.of(name, f"{self._who} has no usable credentials for AWS ({text}): log in, then --resume")
        if name == "ParamValidationError":
            return AwsError.of(name, f"the parameters of {called} are wrong, nothing was sent: {text}")
        sentence = f"{called} got no answer in {ATTEMPTS} attempts ({text}): check the network, then --resume"
        return AwsError.of("", sentence, is_passing=True)

    @property
    def _who(self) -> str:
        return f"the profile '{self._user}'" if self._user else "the caller"


def fetch(url: str) -> str:
    """Return the text that a signed URL of S3 leads to; raises AwsError."""
    from urllib.request import urlopen

    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise AwsError.of(
            "", "AWS handed out a URL that is not read, as it is no https: look at the logs in CloudWatch"
        )
    try:
        with urlopen(url, timeout=60) as answer:  # noqa: S310 - the scheme was looked at
            return str(answer.read().decode("utf-8", "replace"))
    except OSError as error:
        raise AwsError.of("", f"the logs cannot be fetched from S3 ({error}): try again") from error
