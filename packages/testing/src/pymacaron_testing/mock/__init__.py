"""A mock: serves OpenAPI documents without handlers, by their examples and by values made from their schemas."""

from pymacaron_testing.mock.app import mock_app, settings_of

__all__ = ["mock_app", "settings_of"]
