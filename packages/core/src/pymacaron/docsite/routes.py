"""The routes of the documentation: an index, and for each API a page and its document as YAML and JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Response, request
from werkzeug.exceptions import HTTPException, NotFound

from pymacaron.config import holds_secrets
from pymacaron.docsite.pages import ASSETS, api_page, index_page, policy, token_origins
from pymacaron.docsite.published import masked, published
from pymacaron.exceptions import ConfigError
from pymacaron.http.errorshape import PROBLEM, error_schema
from pymacaron.spec.bundle import bundle
from pymacaron.spec.references import References
from pymacaron.spec.writing import json_text, yaml_text

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.models.pool import ModelPool
    from pymacaron.service import Service

__all__ = ["publish"]

_SEGMENT = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
_OURS = {"start.js": "text/javascript", "pages.css": "text/css"}
_SWAGGER_UI = {
    "favicon-32x32.png": "image/png",
    "oauth2-redirect.html": "text/html",
    "oauth2-redirect.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
_WRITERS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "json": ("application/json", json_text),
    "yaml": ("application/yaml", yaml_text),
}
_ROOTS = 8
"""Prefixes under which one app is reached, whose documents are kept."""


def publish(app: Flask, service: Service, path: str, toc: Sequence[str] | None, place: str = "publish_apis()") -> None:
    """Add the routes; `place` is where the wish was written.

    Raises ConfigError for a path that is none or is served already, for an unknown API, and where flask-swagger-ui is
    not installed.
    """
    folder = _folder(path, place)
    pools = [_pool(service, name, place) for name in _names(service, toc)]
    files = _files(place)
    titles = {pool.name: pool.document.title for pool in pools}
    views: dict[str, Callable[[], Response]] = {}
    for here, url in ((f"{folder.rpartition('/')[2]}/", folder), ("", f"{folder}/")):
        views[url] = partial(_answer, "text/html", index_page(service.name, titles, here))
    for name, file in files.items():
        views[f"{folder}/{ASSETS}/{name}"] = partial(_asset, file, {**_OURS, **_SWAGGER_UI}[name])
    for pool in pools:
        shown = _Shown(service, pool, folder)
        for url, view in shown.views().items():
            if url in views or "<" in url or ">" in url:
                raise ConfigError(f"{place}: the API '{pool.name}' cannot be published: rename its document")
            views[url] = view
    _add(app, views, place)


def _folder(path: str, place: str) -> str:
    parts = path.strip("/").split("/")
    if not all(_SEGMENT.fullmatch(part) for part in parts):
        raise ConfigError(f"{place}: '{path}' is no path to publish under: write one such as 'doc'")
    return "".join(f"/{part}" for part in parts)


def _names(service: Service, toc: Sequence[str] | None) -> list[str]:
    if toc is None:
        return sorted(name for name, origin in service.served.items() if origin == "own")
    return [toc] if isinstance(toc, str) else list(toc)


def _pool(service: Service, name: str, place: str) -> ModelPool:
    if name in service.served:
        return service.pools[name]
    known = ", ".join(sorted(service.served)) or "none"
    raise ConfigError(f"{place}: '{name}' is no API that is served here (served: {known})")


def _files(place: str) -> dict[str, Path]:
    """Return the files of the page, ours and Swagger UI's."""
    found = find_spec("flask_swagger_ui")
    if found is None or found.origin is None:
        raise ConfigError(f"{place}: the page needs flask-swagger-ui: pip install 'pymacaron[docs]>=3'")
    ours, theirs = Path(__file__).with_name(ASSETS), Path(found.origin).with_name("dist")
    files = {**{name: ours / name for name in _OURS}, **{name: theirs / name for name in _SWAGGER_UI}}
    for file in files.values():
        if not file.is_file():
            raise ConfigError(f"{place}: {file} is missing: install flask-swagger-ui again")
    return files


def _add(app: Flask, views: dict[str, Callable[[], Response]], place: str) -> None:
    """Add the routes, unless an operation stands at one of their paths."""
    taken = app.url_map.bind("")
    for url in views:
        try:
            rule, _ = taken.match(url, method="GET", return_rule=True)
        except HTTPException:
            continue
        if not rule.arguments:
            raise ConfigError(f"{place}: {url} is served already: choose another path to publish under")
    for url, view in views.items():
        app.add_url_rule(url, f"pymacaron.docsite {url}", view, merge_slashes=False, strict_slashes=True)


class _Shown:
    """One API that is shown: its document is written when it is first asked for."""

    def __init__(self, service: Service, pool: ModelPool, folder: str) -> None:
        self._service = service
        self._pool = pool
        self._folder = folder
        self._document = cache(self._bundled)
        self._published = lru_cache(_ROOTS)(self._published_at)
        self._text = lru_cache(_ROOTS * len(_WRITERS))(self._text_at)

    def views(self) -> dict[str, Callable[[], Response]]:
        """Return the views by their paths."""
        page = f"{self._folder}/{self._pool.name}"
        return {page: self._page, **{f"{page}.{suffix}": partial(self._answer, suffix) for suffix in _WRITERS}}

    def _page(self) -> Response:
        name = request.path.rpartition("/")[2]
        content = api_page(self._pool.document.title, f"{quote(name)}.json")
        return _answer("text/html", content, policy(token_origins(self._published(""))))

    def _answer(self, suffix: str) -> Response:
        media_type, _ = _WRITERS[suffix]
        old = self._pool.document.version == "2.0"
        return _answer(media_type, self._text(suffix, request.root_path.rstrip("/") if old else ""))

    def _text_at(self, suffix: str, root: str) -> bytes:
        return _WRITERS[suffix][1](self._published(root)).encode()

    def _published_at(self, root: str) -> dict[str, Any]:
        document = published(
            self._document(),
            up="/".join([".."] * self._folder.count("/")),
            root=root,
            ignore_base_path=bool(self._service.config.ignore_base_path),
            references=self._service.references,
            error=self._error(),
        )
        config = self._service.config
        return masked(document, config.redact) if holds_secrets(config) else document

    def _error(self) -> tuple[str, dict[str, Any]] | None:
        """Return the media type and schema of errors, None where functions of the API make them up."""
        if self._service.error_callback is not None or self._service.error_decorator is not None:
            return None
        written = self._service.config.error_format
        return PROBLEM if written == "problem" else "application/json", error_schema(written)

    def _bundled(self) -> dict[str, Any]:
        path = self._pool.document.path
        inside = path.is_relative_to(self._service.root)
        return bundle(path, self._service.references if inside else References(path.parent))


def _asset(file: Path, media_type: str) -> Response:
    try:
        content = file.read_bytes()
    except OSError:
        raise NotFound from None
    return _answer(media_type, content)


def _answer(media_type: str, content: bytes, security: str = "") -> Response:
    """Return a reply that is asked for again by its ETag, and does nothing but what its page is for."""
    response = Response(content, mimetype=media_type)
    response.headers.update(
        {
            "Content-Security-Policy": security or policy(),
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }
    )
    response.cache_control.no_cache = True
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]
