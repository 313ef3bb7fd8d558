"""Container images and deploys for PyMacaron services."""
