"""Compatibility: the folder of `pymacaron_core.swagger.apipool`."""
