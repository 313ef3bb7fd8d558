"""The Dockerfile of a service, computed from the steps of its phases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pymacaron.deploy import ImageStep, Phase
from pymacaron_docker.image.archive import MOMENT
from pymacaron_docker.image.libraries import FOLDER

__all__ = ["CODE", "LIBRARIES", "PORT", "USER", "Recipe", "dockerfile"]

USER = 10001
"""The user and the group of every process, by number."""

PORT = 8080
"""Where the web server listens in the container."""

CODE = "code.tar"
LIBRARIES = "libraries.tar"
"""The archives that stand beside the Dockerfile."""

_ENVIRONMENT = {
    "PATH": "/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/tmp",  # noqa: S108 - the one folder that the user of the container may write to
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYM_ROLE": "web",  # a container runs one role, so a server starts nothing beside itself
}
_PIP = "pip install --no-cache-dir --no-compile --no-input --progress-bar off --disable-pip-version-check"
_COMPILE = (
    "import compileall, py_compile, sys; "
    "compileall.compile_dir(sys.argv[1], quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)"
)
_STILL = (
    "import os; "
    f"[os.utime(p, ({MOMENT}, {MOMENT})) for d, _, names in os.walk('/app') "
    "for p in (d, *(os.path.join(d, name) for name in names)) "
    f"if not os.path.islink(p) and os.lstat(p).st_mtime != {MOMENT}]"
)

_FROM_WHEELS = (
    "import importlib.metadata as m, sys; "
    "ours = [d for d in m.distributions() if d.name.lower().replace('_', '-').startswith('pymacaron')]; "
    f"wrong = [d.name for d in ours if '{FOLDER}' not in (d.read_text('direct_url.json') or '')]; "
    "sys.exit('these did not come from docker_wheels: ' + ', '.join(wrong) if wrong or not ours else 0)"
)
_PING = (
    "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8080, timeout=3); c.request('GET', '/ping'); "
    "raise SystemExit(c.getresponse().status != 200)"
)


@dataclass(frozen=True)
class Recipe:
    """What a Dockerfile is computed from; `extra` is the text of Dockerfile.extra."""

    base: str
    version: str
    labels: Mapping[str, str]
    are_hashed: bool
    steps: tuple[ImageStep, ...] = field(default=())
    extra: str = ""


def dockerfile(recipe: Recipe) -> str:
    """Return the text of the Dockerfile, without a secret, for the classic builder and any other."""
    steps = recipe.steps
    lines = [
        f"FROM {recipe.base} AS system",
        *_of(steps, "base"),
        *_environment(),
        *_of(steps, "system"),
        "",
        "FROM system AS libraries",
        *_of(steps, "python"),
        "RUN python3 -m venv /opt/venv",
        f"ADD {LIBRARIES} /",
        *_installed(recipe.are_hashed),
        "",
        "FROM system",
        "COPY --from=libraries /opt/venv /opt/venv",
        *_prepared(),
        f"ADD {CODE} /",
        *_compiled(),
        *_of(steps, "code"),
        f"ENV PYM_VERSION={json.dumps(recipe.version)}",
        "LABEL " + " ".join(f"{name}={json.dumps(value)}" for name, value in sorted(recipe.labels.items())),
        *_of(steps, "start"),
        *_extra(recipe.extra),
        f"USER {USER}:{USER}",
        f"CMD {json.dumps(['pym', 'serve', '--host', '0.0.0.0', '--port', str(PORT)])}",  # noqa: S104 - a container's
    ]
    return "\n".join(lines) + "\n"


def _of(steps: Iterable[ImageStep], phase: Phase) -> list[str]:
    found = sorted((step for step in steps if step.phase == phase), key=lambda step: step.name)
    return [line for step in found for line in (f"# {step.name}", *step.lines)]


def _environment() -> list[str]:
    return ["ENV " + " ".join(f"{name}={json.dumps(value)}" for name, value in _ENVIRONMENT.items())]


def _installed(are_hashed: bool) -> list[str]:
    """Install our wheels without an index, then what others made; where all is hashed, ours may need nothing else."""
    bound = f"{_PIP} --constraint {FOLDER}/constraints.txt"
    theirs, own = f"--requirement {FOLDER}/requirements.txt", f"--requirement {FOLDER}/own.txt"
    return [
        f"RUN {_PIP} --no-index --no-deps {FOLDER}/*.whl",
        *([f"RUN {_PIP} {theirs}", f"RUN {bound} --no-index {own}"] if are_hashed else [f"RUN {bound} {theirs} {own}"]),
        f"RUN {json.dumps(['python', '-c', _FROM_WHEELS])}",
        f"RUN {json.dumps(['python', '-c', _COMPILE, '/opt/venv'])}",
    ]


def _prepared() -> list[str]:
    passwd = f"pymacaron:x:{USER}:{USER}::/tmp:/usr/sbin/nologin"
    return [
        f"RUN echo '{passwd}' >> /etc/passwd && echo 'pymacaron:x:{USER}:' >> /etc/group",
        "WORKDIR /app",
        f"EXPOSE {PORT}",
        "STOPSIGNAL SIGTERM",
        f"HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD {json.dumps(['python', '-ISc', _PING])}",
    ]


def _compiled() -> list[str]:
    """Give the line that compiles the code, with files and folders of a fixed time so that their layer is the same."""
    return [f"RUN {json.dumps(['python', '-c', f'{_COMPILE}; {_STILL}', '/app'])}"]


def _extra(text: str) -> list[str]:
    return ["USER root", *text.strip().splitlines()] if text.strip() else []
