"""Google Cloud for PyMacaron services."""
