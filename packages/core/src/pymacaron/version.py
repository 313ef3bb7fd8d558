"""The one version that all seven distributions share."""

__version__ = "3.0.0"
