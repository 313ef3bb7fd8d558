"""The deploy target `gcp-cloud-run`: one service per environment, and a revision per release."""

from pymacaron_gcp.cloudrun.target import CloudRunTarget

__all__ = ["CloudRunTarget"]
