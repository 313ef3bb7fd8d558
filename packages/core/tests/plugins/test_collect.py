"""Who wins where two plugins verify one kind of security scheme."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest

from pymacaron.exceptions import PluginError
from pymacaron.plugins.collect import Hooks
from pymacaron.plugins.records import Plugin, SecurityScheme

Origin = Literal["built-in", "entry point", "local"]


class Told:
    """A plugin manager whose plugins, of the given origins, all bring the same kind of scheme."""

    def __init__(self, *origins: Origin) -> None:
        self.plugins = [Plugin(f"{number}", "it", "1", origin, "active") for number, origin in enumerate(origins)]

    def call(self, hook: str, **arguments: Any) -> Iterator[tuple[Plugin, list[SecurityScheme]]]:
        for plugin in self.plugins:
            yield plugin, [SecurityScheme("apiKey", lambda *_, name=plugin.name: name)]


@pytest.mark.parametrize(
    ("origins", "winner"),
    [(("entry point",), "0"), (("local", "entry point"), "0"), (("entry point", "local"), "1")],
)
def test_a_services_own_verifier_goes_before_that_of_a_distribution(origins: tuple[Origin, ...], winner: str) -> None:
    plugins: Any = Told(*origins)
    config: Any = None
    (scheme,) = Hooks(plugins).security_schemes(config).values()
    definition: Any = None
    found: Any = scheme.bind(definition, ())
    assert found == winner


@pytest.mark.parametrize("origins", [("local", "local"), ("entry point", "entry point"), ("built-in", "entry point")])
def test_two_verifiers_of_equal_rank_are_refused(origins: tuple[Origin, ...]) -> None:
    plugins: Any = Told(*origins)
    config: Any = None
    with pytest.raises(PluginError, match="the security scheme 'apiKey' comes from both"):
        Hooks(plugins).security_schemes(config)
