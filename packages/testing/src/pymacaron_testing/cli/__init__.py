"""The commands that pymacaron-testing adds to `pym`, each in a module of its own."""
