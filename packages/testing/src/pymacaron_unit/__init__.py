"""Compatibility: the name under which PyMacaron 1 had its test tools; today's is `pymacaron_testing`."""
