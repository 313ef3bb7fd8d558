"""From a path to an operation without werkzeug: only what its own matching would surely answer the same.

A path is walked part by part, the part's own text before a variable, which is werkzeug's order too; so the first route
found is the one that werkzeug finds first. Wherever that is not sure (a converter, two routes for one method, a path
that is not ASCII, no route at all) nothing is found here, and the request goes Flask's own way: redirects, 404 and 405
come from there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from werkzeug.routing import Map, Rule

__all__ = ["Route", "Router"]

MERGED = re.compile("/{2,}?")
"""What werkzeug makes one slash of where a rule merges slashes."""
PLAIN_VARIABLE = re.compile(r"<([^\W\d]\w*)>")
NO_VALUES: Mapping[str, str] = {}

Target = TypeVar("Target")


@dataclass(frozen=True, slots=True)
class Route(Generic[Target]):
    """One rule of the map, whose variables have these names, and what serves it."""

    rule: Rule
    names: tuple[str, ...]
    target: Target


@dataclass(slots=True, eq=False)
class _Node(Generic[Target]):
    """The end of a beginning of paths; `opaque` where more than plain text or a plain variable may follow."""

    parts: dict[str, _Node[Target]] = field(default_factory=dict)
    variable: _Node[Target] | None = None
    opaque: bool = False
    claims: list[tuple[Rule, Route[Target] | None]] = field(default_factory=list)
    routes: dict[str, Route[Target]] = field(default_factory=dict)


class Router(Generic[Target]):
    """The routes of a url_map that have a target, by the endpoints that `targets` names."""

    def __init__(self, url_map: Map, targets: Mapping[str, Target]) -> None:
        self._root: _Node[Target] = _Node()
        self._static: dict[str, _Node[Target]] = {}
        nodes = set()
        for rule in url_map.iter_rules():
            if not rule.build_only and not rule.websocket and rule.subdomain == url_map.default_subdomain:
                nodes.add(self._add(rule, targets.get(rule.endpoint)))
        for node in nodes:
            node.routes = _uncontested(node)

    def find(self, method: str, path: str) -> tuple[Route[Target], Mapping[str, str]] | None:
        """Return the route of a request and the values of its variables, or None where werkzeug has to say."""
        if not path.isascii():
            return None
        node, values = self._static.get(path), NO_VALUES
        if node is None:
            return self._walked(method, path)
        route = node.routes.get(method)
        return None if route is None else (route, values)

    def _walked(self, method: str, path: str) -> tuple[Route[Target], Mapping[str, str]] | None:
        node = self._root
        values = []
        for part in path.split("/"):
            child = node.parts.get(part)
            if child is None:
                child = node.variable
                if child is None or node.opaque or not part:
                    return None
                values.append(part)
            node = child
        route = node.routes.get(method)
        return None if route is None else (route, dict(zip(route.names, values, strict=True)))

    def _add(self, rule: Rule, target: Target | None) -> _Node[Target]:
        node = self._root
        names = []
        path = MERGED.sub("/", rule.rule) if rule.merge_slashes else rule.rule
        for part in path.split("/"):
            if "<" not in part:
                node = node.parts.setdefault(part, _Node())
            elif variable := PLAIN_VARIABLE.fullmatch(part):
                names.append(variable[1])
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node.opaque = True
                return node
        if not names:
            self._static[path] = node
        node.claims.append((rule, None if target is None else Route(rule, tuple(names), target)))
        return node


def _uncontested(node: _Node[Target]) -> dict[str, Route[Target]]:
    """Return the routes by method, but for methods that several rules claim and those that Flask answers itself."""
    routes = {}
    for rule, route in node.claims:
        others = [other for other, _ in node.claims if other is not rule]
        for method in rule.methods or ():
            automatic = method == "OPTIONS" and getattr(rule, "provide_automatic_options", False)
            contested = any(other.methods is None or method in other.methods for other in others)
            if route is not None and not automatic and not contested:
                routes[method] = route
    return routes
