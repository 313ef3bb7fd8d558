"""Contract suites: what holds for every plugin, as tests that its author subclasses and gives one fixture."""

from __future__ import annotations

from pymacaron_testing.suites.base import Suite, leaves_out, overrides
from pymacaron_testing.suites.images import BuilderUnderTest, ImageBuilderSuite
from pymacaron_testing.suites.modelstore import ModelStoreSuite, StoreUnderTest
from pymacaron_testing.suites.plugin import PluginSuite
from pymacaron_testing.suites.reporter import ErrorReporterSuite, ReporterUnderTest
from pymacaron_testing.suites.security import SchemeUnderTest, SecuritySchemeSuite, Sent
from pymacaron_testing.suites.targets import DeployTargetSuite, TargetUnderTest

__all__ = [
    "BuilderUnderTest",
    "DeployTargetSuite",
    "ErrorReporterSuite",
    "ImageBuilderSuite",
    "ModelStoreSuite",
    "PluginSuite",
    "ReporterUnderTest",
    "SchemeUnderTest",
    "SecuritySchemeSuite",
    "Sent",
    "StoreUnderTest",
    "Suite",
    "TargetUnderTest",
    "leaves_out",
    "overrides",
]
