"""The paths of a document's servers, which stand before the paths of its operations."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urlsplit

from pymacaron.spec.cursor import Cursor

__all__ = ["base_path", "server_paths", "server_urls"]

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_AUTHORITY = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*")


def server_paths(holder: Cursor) -> tuple[str, ...]:
    """Return the distinct paths of the `servers` of an object, "" for the root, which is also the default."""
    paths = [path for server in holder.items("servers") if (path := _path(server)) is not None]
    return tuple(dict.fromkeys(paths)) or ("",)


def server_urls(holder: Cursor) -> tuple[str, ...]:
    """Return the URLs of the `servers` of an object as they are written, variables replaced by their defaults."""
    return tuple(url for server in holder.items("servers") if (url := _filled(server)) and "{" not in url)


def base_path(path: str) -> str:
    """Return a path as it stands before the path of an operation: with a slash in front and none at the end."""
    joined = posixpath.normpath("/" + path.lstrip("/"))
    return "" if joined == "/" else joined


def _path(server: Cursor) -> str | None:
    """Return the path of one server, None with a warning for one that cannot be understood."""
    url = server.needed("url", "this server")
    if url is None:
        return None
    filled = _filled(server)
    try:
        path = unquote(urlsplit(_AUTHORITY.sub("", filled, count=1)).path)
    except ValueError:
        path = "{"
    if "{" in path or "}" in path:
        server.warning(
            f"the path of the server '{url}' is not known, so it is left out; give its variables a default", "url"
        )
        return None
    return base_path(path)


def _filled(server: Cursor) -> str:
    """Return the URL of one server, "" for one without, with its variables replaced by their defaults."""
    url = server.node.get("url")
    variables = {name: variable.node.get("default") for name, variable in server.entries("variables")}
    return _VARIABLE.sub(lambda found: str(variables.get(found[1], found[0])), url if isinstance(url, str) else "")
