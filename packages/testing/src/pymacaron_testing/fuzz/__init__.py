"""Fuzzing: schemathesis asks a service for what its documents allow and for what they forbid."""
