"""The commands of pymacaron-gcp."""
