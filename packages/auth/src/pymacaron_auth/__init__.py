"""Authentication for PyMacaron services."""
