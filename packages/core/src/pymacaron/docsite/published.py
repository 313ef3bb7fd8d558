"""What is published of a document: one file, without what concerns only its server, leading to where it is served."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from pymacaron.spec import Place, References
from pymacaron.spec.cursor import Cursor, Report
from pymacaron.spec.extensions import EXTENSIONS
from pymacaron.spec.grammar import rebuilt, sections_of
from pymacaron.spec.servers import base_path, server_paths

__all__ = ["KEPT", "masked", "published"]

KEPT = frozenset(each.name for each in EXTENSIONS if each.published)
"""The extensions that are written for readers; all others are for servers, and may tell of their inside."""

_ERROR_NAME = "UndeclaredError"


def published(
    data: Mapping[str, Any],
    *,
    up: str,
    root: str,
    ignore_base_path: bool,
    references: References,
    error: tuple[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return what is published of a bundled document.

    `up` leads from where it is published to the root of the app, as a relative URL; `root` is the path of that, empty
    for "/", which only Swagger 2.0 has to know: its `basePath` cannot be relative. `error` is the media type and the
    schema of errors, for operations that declare no response for them.
    """
    copy = _Copy(data, up, root, ignore_base_path, references, error is not None)
    document: dict[str, Any] = rebuilt(dict(data), "document", Place(references.root), _is_new(data), copy.change)
    if copy.undeclared and error:
        holder = document
        for key in copy.error_at[:-1]:
            holder[key] = dict(holder.get(key) or {})
            holder = holder[key]
        holder[copy.error_at[-1]] = copy.error_response(*error)
    return document


class _Copy:
    """One run over a document; `undeclared` tells whether an operation declares no response for errors."""

    def __init__(
        self,
        data: Mapping[str, Any],
        up: str,
        root: str,
        ignore_base_path: bool,
        references: References,
        tells_errors: bool,
    ) -> None:
        self.old = "swagger" in data
        self.up = up
        self.root = root
        self.ignore_base_path = ignore_base_path
        self.references = references
        self.tells_errors = tells_errors
        self.undeclared = False
        section = sections_of(data)["response"]
        self.error_at = (*section, _free(_ERROR_NAME, data, section))

    def change(self, node: dict[str, Any], kind: str, place: Place) -> tuple[dict[str, Any], Place]:
        """Return an object without what is not published."""
        kept = {key: value for key, value in node.items() if not key.startswith("x-") or key in KEPT}
        if kind in ("document", "pathItem", "operation"):
            self._lead_here(kept, kind, place)
        elif kind == "link":
            kept.pop("server", None)
        elif kind == "responses" and self.tells_errors and not any(map(_is_error, kept)):
            self.undeclared = True
            kept["default"] = {"$ref": "#/" + "/".join(self.error_at)}
        return kept, place

    def _lead_here(self, node: dict[str, Any], kind: str, place: Place) -> None:
        """Let an object say that its operations are served here."""
        if self.old and kind == "document":
            base = "" if self.ignore_base_path else base_path(str(node.get("basePath") or ""))
            for key in ("host", "schemes"):
                node.pop(key, None)
            node["basePath"] = f"{self.root}{base}" or "/"
        elif not self.old and (kind == "document" or "servers" in node):
            node.pop("$self", None)
            paths = server_paths(Cursor(node, place, Report(), self.references))
            here = [""] if self.ignore_base_path else paths
            servers = [{"url": f"{self.up}{quote(path)}"} for path in here]
            node.update(servers=servers)

    def error_response(self, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the response for errors that an operation does not declare."""
        content = {"schema": schema} if self.old else {"content": {media_type: {"schema": schema}}}
        return {"description": "What went wrong.", **content}


def _is_error(status: str) -> bool:
    return status == "default" or status.startswith(("4", "5"))


def _is_new(data: Mapping[str, Any]) -> bool:
    return "swagger" not in data and not str(data.get("openapi", "")).startswith("3.0")


def _free(name: str, data: Mapping[str, Any], section: tuple[str, ...]) -> str:
    taken: Any = data
    for key in section:
        taken = taken.get(key) or {}
    while name in taken:
        name = f"{name}_"
    return name


def masked(value: Any, redact: Callable[[str], str]) -> Any:
    """Return data with the secrets in its texts masked."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(key): masked(each, redact) for key, each in value.items()}
    return [masked(each, redact) for each in value] if isinstance(value, list) else value
