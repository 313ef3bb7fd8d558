"""The commands that pymacaron-docker adds to `pym`."""
