"""Background tasks for PyMacaron services."""
