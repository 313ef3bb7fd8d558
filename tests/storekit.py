"""Servers that speak as DynamoDB does, each a process of its own: moto's, and dynalite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ports import free_port
from pymacaron.service import Service
from pymacaron.store.tables import kept_by
from pymacaron_aws.dynamodb.schema import carry_out, merged, plans
from pymacaron_aws.dynamodb.store import connect

ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}

MOTO = """
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
"""


@contextmanager
def moto(folder: Path) -> Iterator[str]:
    """Run moto's server, which answers one request after the other: its conditional writes are not atomic."""
    port = free_port()
    with _running([sys.executable, "-c", MOTO, str(port)], folder, port) as url:
        yield url


@contextmanager
def dynalite(folder: Path) -> Iterator[str]:
    """Run dynalite, in memory, or skip where it is not installed."""
    command = shutil.which("dynalite")
    if command is None:
        pytest.skip("dynalite is not installed: npm install --global dynalite")
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--createTableMs", "0", "--deleteTableMs", "0"]
    with _running([command, *options, "--updateTableMs", "0"], folder, port) as url:
        yield url


def make_tables(service: Service) -> None:
    """Make the tables of a service's models, empty."""
    client: Any = connect()
    tables = merged(each.table for each in kept_by(service))
    there = client.list_tables()["TableNames"]
    for table in tables:
        if table.name in there:
            client.delete_table(TableName=table.name)
    for change in list(plans(client, tables)):
        if change.operation != "update_time_to_live":  # dynalite knows none, and no emulator removes items by it
            carry_out(client, change, wait=lambda seconds: time.sleep(0.01))
    client.close()


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **ACCOUNT})
        try:
            _wait_for(process, url, folder / "server.log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{process.args!r} does not answer: {log.read_text(errors='replace')}")
