"""The pages of the documentation as trees, never as pasted text, and the headers that keep them to themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

__all__ = ["ASSETS", "api_page", "index_page", "policy", "token_origins"]

ASSETS = "assets"
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]+)?|\[[0-9A-Fa-f:]+\](?::[0-9]+)?")
_POLICY = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "img-src": "'self' data:",
    "script-src": "'self'",
    "style-src": "'self'",
}


def policy(origins: Iterable[str] = ()) -> str:
    """Return a Content-Security-Policy: everything from this host alone, and tokens from the given origins."""
    told = {**_POLICY, "connect-src": " ".join(["'self'", *origins])}
    return "; ".join(f"{name} {value}" for name, value in told.items())


def token_origins(document: Mapping[str, Any]) -> list[str]:
    """Return the origins from which the security schemes of a document get tokens, once a reader authorizes."""
    schemes = {**document.get("securityDefinitions", {}), **document.get("components", {}).get("securitySchemes", {})}
    origins = [origin for scheme in schemes.values() for url in _token_urls(scheme) if (origin := _origin(url))]
    return sorted(set(origins))


def _token_urls(scheme: Any) -> Iterator[Any]:
    flows = scheme.get("flows") if isinstance(scheme, dict) else None
    for holder in (scheme, *(flows.values() if isinstance(flows, dict) else ())):
        if isinstance(holder, dict):
            yield from (holder.get("tokenUrl"), holder.get("refreshUrl"))


def _origin(url: Any) -> str | None:
    """Return the origin of a URL, None for what is none or has no place in a header."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        return None
    if parts is None or parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return None
    return f"{parts.scheme}://{parts.netloc}"


def index_page(service: str, titles: Mapping[str, str], here: str) -> bytes:
    """Return the page that lists the APIs by their titles; `here` leads to the folder of their pages."""
    html, body = _page(service, here, "pages.css")
    SubElement(body, "h1").text = service
    listed = SubElement(body, "ul")
    for name, title in titles.items():
        item = SubElement(listed, "li")
        _link(item, f"{here}{quote(name)}", title)
        for suffix in ("yaml", "json"):
            _link(item, f"{here}{quote(name)}.{suffix}", suffix)
    return _written(html)


def api_page(title: str, document: str) -> bytes:
    """Return the page that shows a document, given by its URL as seen from the page."""
    html, body = _page(title, "", "swagger-ui.css", "pages.css")
    SubElement(body, "div", {"id": "swagger-ui", "data-document": document})
    SubElement(body, "noscript").text = f"This page needs JavaScript; the document itself is {document}"
    for script in ("swagger-ui-bundle.js", "start.js"):
        SubElement(body, "script", {"src": f"{ASSETS}/{script}"})
    return _written(html)


def _page(title: str, here: str, *styles: str) -> tuple[Element, Element]:
    html = Element("html", {"lang": "en"})
    head = SubElement(html, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    SubElement(head, "title").text = title
    for style in styles:
        SubElement(head, "link", {"rel": "stylesheet", "href": f"{here}{ASSETS}/{style}"})
    SubElement(head, "link", {"rel": "icon", "type": "image/png", "href": f"{here}{ASSETS}/favicon-32x32.png"})
    return html, SubElement(html, "body")


def _link(parent: Element, url: str, text: str) -> None:
    link = SubElement(parent, "a", {"href": url})
    link.text, link.tail = text, " "


def _written(html: Element) -> bytes:
    return b"<!DOCTYPE html>\n" + bytes(tostring(html, encoding="utf-8", method="html"))
