"""pym-config.yaml: found, read, checked and kept free of leaks."""
