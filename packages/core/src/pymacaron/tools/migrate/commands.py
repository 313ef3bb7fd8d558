"""What an old service's scripts, Makefiles and CI files run under names and options that are no more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pymacaron.tools.migrate.folder import OldService
from pymacaron.tools.migrate.records import Edit, Finding, OldFile

__all__ = ["extra_lines", "nose_commands", "old_commands"]

_WORD = r"(?<![\w./-]){}(?![\w.-])"
_NOSE = re.compile(r"(?<![\w.-])(?P<command>nosetests3?|(?P<python>python3? -m )nose)(?P<options>(?: +[^\s;&|]+)*)")
_SAME = ("-v", "-s", "-x", "-vs", "-sv", "-xv", "-vx", "-q")
_ENVIRONMENTS = re.compile(
    _WORD.format(r"(?:pymtest|run_acceptance_tests)") + r"[^;&|\n]*?(?P<option> --(?:live|staging))\b"
)
ENDED = (
    (r"pymconfig", "'pymconfig' is no more", "read 'pym config show --json'"),
    (r"klue_config", "'klue_config' is no more", "read 'pym config show --json'"),
    (r"get_test_jwt_token", "'get_test_jwt_token' is no more", "take what 'pym token generate' prints"),
    (r"pymgkemonitoringsetup", "'pymgkemonitoringsetup' is no more", "set 'kubernetes_monitoring: true'"),
    (r"pym_monitor", "'pym_monitor' is no more", "ask '/metrics', see docs/how-to/observe.md"),
    (r"pymdocker [^;&|\n]*--no-build", "'pymdocker' takes no '--no-build'", "write 'pymdocker push'"),
    (r"pymdocker [^;&|\n]*--registry", "'pymdocker' takes no '--registry'", "set 'docker_registry'"),
    (r"pymdeploy [^;&|\n]*--x-auth", "'pymdeploy' takes no '--x-auth'", "let git of the CI fetch with its own token"),
    (r"pymtest [^;&|\n]*--nocapture", "'pymtest' takes no '--nocapture'", "write 'pymtest -- -s'"),
)
"""Commands, and options of commands, that are no more, and what does as well."""


def _lines(service: OldService) -> Iterator[tuple[OldFile, int, str]]:
    for file in service.commands:
        for number, line in enumerate(file.lines, 1):
            if not line.lstrip().startswith("#"):
                yield file, number, line


def nose_commands(service: OldService) -> Iterator[Finding]:
    """Find calls of nosetests, which found the modules of the current folder, as `python -m` does."""
    for file, number, line in _lines(service):
        for found in _NOSE.finditer(line):
            words = found["options"].split()
            options = ["-s" if word == "--nocapture" else word for word in words]
            known = all(word in _SAME or not word.startswith("-") for word in options)
            text = " ".join([f"{found['python'] or 'python -m '}pytest", *options])
            start = file.starts[number - 1] + found.start()
            edits = (Edit(file.path, start, start + len(found[0]), text),) if known else ()
            told = f"tests are run by pytest now, not by '{found['command']}'"
            yield Finding(
                file.path,
                number,
                "nose-command",
                "error",
                told,
                f"write '{text}'" if known else "run 'python -m pytest'",
                edits,
            )


def old_commands(service: OldService) -> Iterator[Finding]:
    """Find commands and options that are no more."""
    for file, number, line in _lines(service):
        for found in _ENVIRONMENTS.finditer(line):
            name = found["option"].strip(" -")
            start = file.starts[number - 1] + found.start("option")
            edit = Edit(file.path, start, start + len(found["option"]), f" --env {name}")
            told = f"'--{name}' is no option any more"
            yield Finding(file.path, number, "command", "error", told, f"write '--env {name}'", (edit,))
        for pattern, told, step in ENDED:
            if re.search(_WORD.format(pattern), line):
                yield Finding(file.path, number, "command", "error", told, step)


def extra_lines(service: OldService) -> Iterator[Finding]:
    """Find lines of Dockerfile.extra that rest on the images of PyMacaron 2."""
    for file, number, line in _lines(service):
        if file.path.name != "Dockerfile.extra":
            continue
        start = file.starts[number - 1]
        edits = tuple(
            Edit(file.path, start + found.start(), start + found.end(), "")
            for found in re.finditer(r"(?<![\w-])sudo +(?!-)", line)
        )
        if edits:
            told = "these lines run as root, in an image without sudo"
            yield Finding(file.path, number, "dockerfile-extra", "error", told, "take 'sudo' out", edits)
        if "/pym/" in line:
            told = "the service is in /app and its Python in /opt/venv, not below /pym"
            yield Finding(file.path, number, "dockerfile-extra", "error", told, "correct the path")
