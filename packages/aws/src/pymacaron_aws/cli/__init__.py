"""The commands below `pym aws`, one module each."""
