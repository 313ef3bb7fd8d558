"""Write the pages of docs/reference that are made from the code: `python tests/reference.py`.

Each name leads to the first page with an example of it, as tests/examples.py finds them.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click

from architecture import ROOT
from examples import page_showing
from pymacaron.cli.context import with_shared_options
from pymacaron.config.reference import settings_page, settings_table
from pymacaron.exceptions import PyMacaronException
from pymacaron.plugins import specs
from pymacaron.plugins.collect import Hooks
from pymacaron.plugins.manager import PluginManager
from pymacaron.spec.extensions import EXTENSIONS

__all__ = ["HEADERS", "error_classes", "every_command", "header_names", "names", "pages"]

FOLDER = ROOT / "docs" / "reference"
WRITTEN = "Made from the code by `python tests/reference.py`."
OF_HTTP = {
    "BAD_REQUEST": (400, "a request that is no HTTP, or that ends before its body does"),
    "NOT_FOUND": (404, "nothing is served at the path"),
    "METHOD_NOT_ALLOWED": (405, "the path is served, but not by this method; `Allow` tells which are"),
    "NOT_ACCEPTABLE": (406, "no media type of the responses is one that `Accept` takes"),
    "REQUEST_TIMEOUT": (408, "the body comes too slowly"),
    "REQUEST_ENTITY_TOO_LARGE": (413, "the body is larger than `x-pym-limits` says"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "the body has a `Content-Type` that the document does not declare"),
}
OF_OTHERS = {
    "UNHANDLED_SERVER_ERROR": (500, "the handler raised anything else; `unhandled_error_code` renames it"),
    "STREAM_BROKEN": (
        500,
        "a streamed reply failed midway: its status is sent by then, so only the log and the report say it",
    ),
}
HEADERS = {
    "Accept": ("request", "chooses among the media types of the responses, and `application/problem+json` of errors"),
    "Accept-Encoding": ("reply", "`identity`, with 415: a body of another `Content-Encoding` is not taken"),
    "Authorization": ("request", "a bearer token, or user and password; both by pymacaron-auth"),
    "Cache-Control": (
        "reply",
        "`no-store`, where `X-Renewed-Token` is sent; how long documents and their pages are kept",
    ),
    "Content-Encoding": ("request", "anything but `identity` is refused"),
    "Content-Security-Policy": ("reply", "of the pages of the documentation"),
    "Cookie": ("request", "cookies that parameters declare, and `token` with `jwt_cookie`"),
    "Cross-Origin-Resource-Policy": ("reply", "of the pages of the documentation"),
    "Host": ("request", "has to be there once, as a name or an address"),
    "Location": ("reply", "of 202: the state of the task, with `async_tasks_api`"),
    "Origin": ("request", "who calls from a browser, for `cors` and `jwt_cookie_origins`"),
    "Prefer": ("request", "to a mock: which status and which example it answers"),
    "Preference-Applied": ("reply", "of a mock: what it took of `Prefer`"),
    "Referrer-Policy": ("reply", "of the pages of the documentation"),
    "Retry-After": ("reply", "with 503, while `pym maintenance on` holds"),
    "Sec-Fetch-Site": ("request", "whether a page of another site sends the cookie of `jwt_cookie`"),
    "Transfer-Encoding": ("request", "`chunked` bodies are read, and bounded, like others"),
    "Upgrade": ("request", "the request is served with Flask's own context, as what it leads to may want one"),
    "User-Agent": ("call to another service", "`pymacaron/` and the version"),
    "Vary": ("reply", "`Accept`, where that chooses the media type"),
    "WWW-Authenticate": ("reply", "with 401 and 403: the credential to bring"),
    "X-Content-Type-Options": ("reply", "of the pages of the documentation"),
    "X-Frame-Options": ("reply", "of the pages of the documentation"),
    "X-Renewed-Token": ("reply", "a fresh token, with `jwt_token_renew_after`"),
    "X-Request-ID": (
        "both, and call to another service",
        "the id of the request, with `request_id` and what brings it",
    ),
}
NOT_SERVING = re.compile(
    r"/(emulators|suites|contract|fakes)/|/aws/|/gcp/|/docker/src/pymacaron_docker/(image|pipeline)/"
)
"""Sources that neither serve nor call services: what stands in for others, and what calls clouds."""
OF_HTTP_ITSELF = {
    *("Connection", "Content-Length", "Content-Type"),
    *("Access-Control-Request-Headers", "Access-Control-Request-Method", "Access-Control-Request-Private-Network"),
}


def names() -> Iterator[tuple[str, str]]:
    """Find everything that a user may type or read, and that wants an example: its kind and its name."""
    yield from (("hook", name) for name, _ in _hooks_in_order())
    yield from (("setting", row.key) for row in settings_table(_hooks().config_sections()))
    yield from (("command", path) for path, command in every_command() if _runs(command))
    yield from (("error code", kind.code) for kind in error_classes())
    yield from (("error code", code) for code in (*OF_HTTP, *OF_OTHERS))
    yield from (("attribute", each.name) for each in EXTENSIONS)


def pages() -> dict[str, str]:
    """Return the text of every page by its name."""
    return {
        "hooks": _hooks_page(),
        "settings": _settings_page(),
        "commands": _commands_page(),
        "error-codes": _codes_page(),
        "extensions": _extensions_page(),
        "headers": _headers_page(),
    }


@cache
def _plugins() -> PluginManager:
    return PluginManager()


@cache
def _hooks() -> Hooks:
    return Hooks(_plugins())


def _example(kind: str, name: str) -> str:
    page = page_showing(kind, name)
    if page is None:
        return ""
    path = Path(os.path.relpath(page, FOLDER)).as_posix()
    return f"[{_title(page)}]({path})"


def _title(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _table(head: str, rows: Iterable[Iterable[str]]) -> str:
    columns = head.split(" | ")
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


def _hooks_in_order() -> Iterator[tuple[str, Callable[..., Any]]]:
    functions = [(name, getattr(specs, name)) for name in specs.__all__]
    return iter(sorted(functions, key=lambda pair: pair[1].__code__.co_firstlineno))


def _hooks_page() -> str:
    parts = [
        f"# Hooks\n\nEvery hook, in firing order. {WRITTEN} [Write a plugin](../how-to/write-a-plugin.md) tells how "
        "to use them; [specs.py](../../packages/core/src/pymacaron/plugins/specs.py) has an example of each.\n"
    ]
    for name, function in _hooks_in_order():
        said = (inspect.getdoc(function) or "").partition("\n\nExample::")[0]
        takes = str(inspect.signature(function)).replace("'", "")
        parts.append(f"## {name}\n\n```text\n{name}{takes}\n```\n\n{said}\n\nRuns in: {_example('hook', name)}.\n")
    return "\n".join(parts)


def _settings_page() -> str:
    owners = {section: plugin.distribution for plugin in _plugins().plugins() for section in plugin.config_sections}
    rows = settings_table(_hooks().config_sections())
    page = settings_page(rows, owners).replace(
        "Written by `pym config docs`.", WRITTEN + " `pym config docs` prints it too."
    )
    where = [(f"`{row.key}`", _example("setting", row.key)) for row in rows]
    return f"{page}\n## Where each is tried\n\n{_table('Key | Runs in', where)}"


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Find the commands of all packages by what is typed: "pym deploy unlock"."""
    for name, command in sorted(_hooks().commands().items()):
        yield from _below(f"pym {name}", command)


def _below(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    for name, child in sorted(command.commands.items()) if isinstance(command, click.Group) else ():
        yield from _below(f"{path} {name}", child)


def _runs(command: click.Command) -> bool:
    return not isinstance(command, click.Group) or command.invoke_without_command


def _commands_page() -> str:
    shared = with_shared_options(click.Command("pym"))
    parts = [
        f"# Commands\n\nEvery command of `pym` with its options. {WRITTEN} The exit code is 0 where it is "
        "done, 1 where it failed, 2 for a wrong command line or configuration.\n",
        f"## Options of every command\n\n{_options(shared)}",
        *(_command_part(path, command) for path, command in every_command()),
        f"## Other names\n\nWhat the packages install beside `pym`.\n\n{_table('Command | Comes with', _scripts())}",
    ]
    return "\n".join(parts)


def _command_part(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    said = re.sub(r"\n(?!\n)(?<!\n\n)", " ", inspect.cleandoc(command.help or "").replace("\b\n", ""))
    shown = f"Runs in: {_example('command', path)}.\n" if _runs(command) else ""
    parts = [f"## {path}", f"```text\n{usage}\n```", said, _options(command), shown]
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


def _options(command: click.Command) -> str:
    context = click.Context(command)
    records = [parameter.get_help_record(context) for parameter in command.params]
    rows = [(f"`{record[0]}`", " ".join(record[1].split()).replace("<", r"\<")) for record in records if record]
    return _table("Option | Means", rows) if rows else ""


def _scripts() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob("packages/*/pyproject.toml")):
        project = tomllib.loads(path.read_text())["project"]
        for script in sorted(project.get("scripts", {})):
            yield f"`{script}`", project["name"]


def error_classes() -> list[type[PyMacaronException]]:
    """Return every class of errors with a code of its own, those of all packages, by code."""
    for path in sorted(ROOT.glob("packages/*/src/**/*.py")):
        if re.search(r'^    code = "[A-Z]', path.read_text(), re.MULTILINE):
            importlib.import_module(".".join(path.relative_to(path.parents[_depth(path)]).with_suffix("").parts))
    found = {kind.code: kind for kind in reversed(list(_children(PyMacaronException)))}
    return [found[code] for code in sorted(found)]


def _depth(path: Path) -> int:
    return path.parts[::-1].index("src") - 1


def _children(kind: type[PyMacaronException]) -> Iterator[type[PyMacaronException]]:
    if kind.__module__.startswith("pymacaron"):
        yield kind
    for child in kind.__subclasses__():
        yield from _children(child)


def _codes_page() -> str:
    ours = [(kind.code, kind.status, _class_of(kind), _first(kind)) for kind in error_classes()]
    others = [(code, status, "", said) for code, (status, said) in {**OF_HTTP, **OF_OTHERS}.items()]
    rows = [
        (f"`{code}`", str(status), name, said, _example("error code", code))
        for code, status, name, said in sorted(ours + others)
    ]
    return (
        f"# Error codes\n\nWhat stands under `error` in the JSON of [an error](errors.md). {WRITTEN} What Flask "
        "answers by itself has the name of its status as code: `abort(409)` is `CONFLICT`.\n\n"
        f"{_table('Code | Status | Class | Means | Runs in', rows)}"
    )


def _class_of(kind: type[PyMacaronException]) -> str:
    return f"`{kind.__module__}.{kind.__name__}`"


def _first(kind: type[PyMacaronException]) -> str:
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def _extensions_page() -> str:
    rows = [
        (
            f"`{each.name}`",
            each.stands_at,
            each.meaning,
            "yes" if each.published else "",
            _example("attribute", each.name),
        )
        for each in EXTENSIONS
    ]
    return (
        f"# Extensions\n\nThe `x-` attributes of documents. {WRITTEN} Any other is yours: a handler reads those of its "
        "operation as `call.operation.extensions`.\n\n"
        f"{_table('Attribute | Stands at | Means | Published | Runs in', rows)}"
    )


def _headers_page() -> str:
    rows = [(f"`{name}`", direction, said) for name, (direction, said) in sorted(HEADERS.items())]
    return (
        f"# HTTP headers\n\nThose that a service reads or writes by itself, beside what its documents declare. "
        f"{WRITTEN} `Allow` and `Content-...` are as HTTP says, those of CORS as flask-cors does.\n\n"
        f"{_table('Header | In | Means', rows)}"
    )


def header_names() -> set[str]:
    """Find the headers that sources of what serves name, as `X-Request-ID` or as WSGI's `HTTP_X_REQUEST_ID`."""
    found = set()
    for path in ROOT.glob("packages/*/src/**/*.py"):
        if not NOT_SERVING.search(path.as_posix()):
            found |= {
                _header(node.value) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)
            }
    return {name for name in found if name} - OF_HTTP_ITSELF


def _header(text: object) -> str:
    if not isinstance(text, str):
        return ""
    if re.fullmatch(r"HTTP_[A-Z_]+", text):
        name = text.removeprefix("HTTP_").replace("_", "-").title()
        return {"X-Request-Id": "X-Request-ID"}.get(name, name)
    return text if text in HEADERS or re.fullmatch(r"[A-Z][A-Za-z]*(-[A-Z][A-Za-z]*)+", text) else ""


if __name__ == "__main__":
    for name, text in pages().items():
        FOLDER.joinpath(f"{name}.md").write_text(text, encoding="utf-8")
    for kind, name in names():
        if page_showing(kind, name) is None:
            print(f"no example of the {kind} {name}", file=sys.stderr)
