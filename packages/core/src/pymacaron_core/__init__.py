"""Compatibility: the name under which PyMacaron 1 had its core; today's is `pymacaron`."""
