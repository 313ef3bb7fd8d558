"""`python -m pymacaron` is `pym`."""

from pymacaron.cli import main

if __name__ == "__main__":
    main()
