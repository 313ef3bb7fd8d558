"""A deploy target and an image builder that need no engine: they serve real processes, and write down each call."""

from __future__ import annotations

from pymacaron_testing.fakes.builder import fake_builder
from pymacaron_testing.fakes.sources import fake_source
from pymacaron_testing.fakes.target import end, fake_target

__all__ = ["end", "fake_builder", "fake_source", "fake_target"]
