"""The code of the shop."""
