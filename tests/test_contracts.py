"""What this repository ships keeps the contracts of pymacaron-testing: every plugin, scheme and reporter."""

from __future__ import annotations

import importlib
import json
import smtplib
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler
from importlib.metadata import entry_points
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import ModuleType
from typing import Any
from urllib.parse import quote

import pytest

from pymacaron.plugins.builtin import BUILT_IN
from pymacaron_testing.suites import (
    ErrorReporterSuite,
    PluginSuite,
    SchemeUnderTest,
    SecuritySchemeSuite,
    Sent,
    overrides,
)
from tokenkit import BEARER, SETTINGS, forged

INSTALLED = sorted(each.value for each in entry_points(group="pymacaron"))
SECRET = "the key of ada"
CHECKS = """
def user_of_password(user, password):
    return user if (user, password) == ("ada", "the key of ada") else None


def user_of_key(key):
    return "ada" if key == "the key of ada" else None
"""


def test_all_seven_packages_are_looked_at() -> None:
    assert [each.partition(".")[0] for each in INSTALLED] == [
        "pymacaron_async",
        "pymacaron_auth",
        "pymacaron_aws",
        "pymacaron_docker",
        "pymacaron_gcp",
        "pymacaron_testing",
    ]


class TestPlugins(PluginSuite):
    @pytest.fixture(params=[*BUILT_IN, *INSTALLED])
    def plugin(self, request: pytest.FixtureRequest) -> ModuleType:
        return importlib.import_module(request.param)
