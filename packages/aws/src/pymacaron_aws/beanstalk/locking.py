"""The lock of an environment: an object in S3 that is written only where none is, or where the known one still is."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from uuid import uuid4

from pymacaron.deploy import Lock
from pymacaron.exceptions import DeployError, LockedError
from pymacaron_aws.client import Aws, AwsError

__all__ = ["S3Lock"]

RACED = {"409", "412", "ConditionalRequestConflict", "PreconditionFailed"}
GONE = {"404", "NoSuchKey"}
ATTEMPTS = 10
SECONDS = 60.0


class S3Lock:
    """The lock that an object of a bucket is; `of` names the environment in errors."""

    def __init__(self, aws: Aws, bucket: str, key: str, of: str) -> None:
        self._aws, self._place, self._of = aws, {"Bucket": bucket, "Key": key}, of

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Hold the lock, renewed as long as the context is entered; raises LockedError where somebody else does."""
        token, since, ended = uuid4().hex, datetime.now(UTC), threading.Event()
        holder = f"{socket.gethostname()} (process {os.getpid()})"

        def renew() -> None:
            self.take(Lock(holder, token, since, datetime.now(UTC) + timedelta(seconds=SECONDS)))

        def beat() -> None:
            while not ended.wait(SECONDS / 4):
                with suppress(DeployError):  # S3 may answer next time
                    renew()

        renew()
        thread = threading.Thread(target=beat, name="pym-aws-lock", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            with suppress(DeployError):  # a lock that cannot be given back runs out by itself
                self.give_back(token)

    def take(self, lock: Lock) -> None:
        """Take or renew the lock; raises LockedError where somebody else holds it."""
        for _ in range(ATTEMPTS):
            held, etag = self._read()
            if held and held.token != lock.token and held.expires > datetime.now(UTC):
                self._refuse(held)
            if self._write(lock, etag):
                return
        raise LockedError(f"{self._of} is being locked by several at once: run the command again")

    def give_back(self, token: str | None) -> None:
        """Remove the lock of a token, or any with None; nothing happens where there is none."""
        held, etag = self._read()
        if held and token in (None, held.token):
            try:
                self._aws.call("s3", "delete_object", **self._place, IfMatch=etag)
            except AwsError as error:
                if error.aws_code not in RACED | GONE:
                    raise

    def held(self) -> Lock | None:
        """Return the lock that counts at the moment."""
        held, _ = self._read()
        return held if held and held.expires > datetime.now(UTC) else None

    def _read(self) -> tuple[Lock | None, str]:
        try:
            answer = self._aws.call("s3", "get_object", **self._place)
            found = json.loads(answer["Body"].read())
            since, expires = (datetime.fromisoformat(found[key]) for key in ("since", "expires"))
            return Lock(str(found["holder"]), str(found["token"]), since, expires), str(answer["ETag"])
        except AwsError as error:
            if error.aws_code in GONE:
                return None, ""
            self._explain(error)
        except (ValueError, KeyError, TypeError):
            place = f"s3://{self._place['Bucket']}/{self._place['Key']}"
            raise DeployError(f"the lock of {self._of} is unreadable: delete {place}") from None

    def _write(self, lock: Lock, etag: str) -> bool:
        content = {"holder": lock.holder, "token": lock.token}
        content |= {"since": lock.since.isoformat(), "expires": lock.expires.isoformat()}
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            self._aws.call("s3", "put_object", **self._place, Body=json.dumps(content).encode(), **condition)
        except AwsError as error:
            if error.aws_code in RACED | GONE:
                return False
            self._explain(error)
        return True

    def _refuse(self, held: Lock) -> NoReturn:
        since = held.since.astimezone(UTC).strftime("%H:%M:%S UTC")
        raise LockedError(f"{held.holder} is changing {self._of} since {since}: wait, or 'pym deploy unlock'")

    def _explain(self, error: AwsError) -> NoReturn:
        if error.aws_code == "NoSuchBucket":
            raise DeployError(f"the bucket {self._place['Bucket']} does not exist: run 'pym aws setup'") from error
        raise error
