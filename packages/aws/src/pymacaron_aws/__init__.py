"""Amazon Web Services for PyMacaron services."""
