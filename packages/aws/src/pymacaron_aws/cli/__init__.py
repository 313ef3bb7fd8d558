"""The commands of pymacaron-aws."""
