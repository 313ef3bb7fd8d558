"""`x-pym-limits`: what one request may hold, at the operation, its path and the document."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pymacaron.spec import Document, RequestLimits

DOCUMENT = """
openapi: 3.1.0
info: {title: Limits, version: "1"}
%s
paths:
  /files:
    %s
    post:
      %s
      responses: {"200": {description: Ok}}
"""


@pytest.mark.parametrize(("levels", "limits"), [
    (("", "", ""), RequestLimits(body=1_048_576, depth=64, items=10_000)),
    (("x-pym-limits: {body: 10}", "", ""), RequestLimits(body=10)),
    (("x-pym-limits: {body: 10, depth: 3}", "x-pym-limits: {body: 20}", "x-pym-limits: {items: 5}"),
     RequestLimits(body=20, depth=3, items=5)),
])  # fmt: skip
def test_the_nearest_value_of_each_limit_counts(
    document: Callable[..., Document], levels: tuple[str, str, str], limits: RequestLimits
) -> None:
    """Each limit by itself."""
    assert document(DOCUMENT % levels).operations[0].limits == limits


@pytest.mark.parametrize(("written", "told"), [
    ("{bodies: 1}", "shop.yaml:9: 'bodies' is no limit (did you mean 'body'?)"),
    ("{body: 1 MiB}", "shop.yaml:9: 'body' must be a whole number above 0, not '1 MiB'; correct it"),
    ("{depth: 0}", "shop.yaml:9: 'depth' must be a whole number above 0, not 0; correct it"),
    ("{items: true}", "shop.yaml:9: 'items' must be a whole number above 0, not true; correct it"),
    ("3", "shop.yaml:9: 'x-pym-limits' must be a mapping, not a number; correct it"),
])  # fmt: skip
def test_what_is_no_limit_is_told(problems: Callable[..., list[str]], written: str, told: str) -> None:
    """With its line and what to do."""
    assert [line.rpartition("/")[2] for line in problems(DOCUMENT % ("", "", f"x-pym-limits: {written}"))] == [told]
