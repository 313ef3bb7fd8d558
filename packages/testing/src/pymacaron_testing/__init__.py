"""Test tools for PyMacaron services and plugins."""
