"""Try one installed distribution, with the Python of its environment: `python -P smoke.py pymacaron-auth [--whole]`.

Without `--whole` it is there without its extras: what a service and the command line import has to work. With it,
every module is imported.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

COMMANDS = {
    "pymacaron": ("init", "run", "serve", "plugins", "doctor", "routes", "generate", "bundle"),
    "pymacaron-async": ("worker", "tasks"),
    "pymacaron-auth": ("token", "audit"),
    "pymacaron-aws": ("aws",),
    "pymacaron-docker": ("docker", "deploy", "releases", "status", "rollback", "logs", "prune", "maintenance"),
    "pymacaron-gcp": ("gcp",),
    "pymacaron-testing": ("test", "lint", "diff", "mock", "fuzz", "load", "emulate"),
}
"""Commands that each distribution brings to `pym`, so that one that gets lost shows."""


def modules(name: str) -> Iterator[str]:
    """List the modules of a distribution, in the order of its files."""
    for file in distribution(name).files or ():
        if file.suffix == ".py" and ".dist-info" not in file.parts[0] and file.name != "__main__.py":
            yield ".".join(file.with_suffix("").parts).removesuffix(".__init__")


def printed(*command: str) -> str:
    """Run a command of this environment to its end, and return what it printed."""
    script = Path(sysconfig.get_path("scripts"), command[0])
    done = subprocess.run([script, *command[1:]], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), f"{' '.join(command)} ends with {done.returncode}: {done.stderr}"
    return done.stdout


def try_commands(name: str) -> None:
    """See that `pym` has the commands of a distribution, and that its scripts and entry points are there."""
    listed = printed("pym", "--help").partition("Commands:")[2]
    found = {line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "}
    assert found >= {*COMMANDS["pymacaron"], *COMMANDS[name]}, f"pym --help lists {sorted(found)} alone"
    for command in COMMANDS[name]:
        printed("pym", command, "--help")
    for entry in distribution(name).entry_points:
        if entry.group == "console_scripts":
            assert "Usage:" in printed(entry.name, "--help")
        elif entry.group == "pymacaron":
            entry.load()
            assert " active " in printed("pym", "plugins").partition(f"\n{entry.name} ")[2].partition("\n")[0]


if __name__ == "__main__":
    warnings.simplefilter("error")
    every = list(modules(sys.argv[1]))
    for module in every if "--whole" in sys.argv else [each for each in every if "." not in each]:
        importlib.import_module(module)
    try_commands(sys.argv[1])
