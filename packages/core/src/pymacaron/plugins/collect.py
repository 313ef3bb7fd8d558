"""The typed façade over the hooks: what plugins declare, collected by name, and the moments they are told of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pymacaron.exceptions import PluginError
from pymacaron.plugins.builtin import SWITCHES
from pymacaron.plugins.manager import PluginManager
from pymacaron.plugins.records import (
    ApiDocument,
    BackgroundProcess,
    Check,
    ConfigSection,
    Plugin,
    SecurityScheme,
    TokenIssuer,
)
from pymacaron.text import did_you_mean, one_line

if TYPE_CHECKING:
    import click
    from flask import Flask

    from pymacaron.config import Config
    from pymacaron.deploy import (
        AcceptanceRunner,
        DeployOutcome,
        DeployTarget,
        Emulator,
        ImageBuilder,
        ImageContext,
        ImageStep,
        Release,
    )
    from pymacaron.report.records import FinishedTask
    from pymacaron.service import Service
    from pymacaron.store.contract import ModelStore

__all__ = ["Hooks", "Listener"]

log = logging.getLogger(__name__)


class _Named(Protocol):
    @property
    def name(self) -> str | None: ...


Record = TypeVar("Record", bound=_Named)
Listener = tuple[Plugin, Callable[..., Any]]


class Hooks:
    """Every hook of core as a typed function: nothing else in the project calls a hook by its name.

    Hooks that plugins added are reached by their own names: `service.hooks.shop_restocked(item=...)` returns the
    results that are not None.
    """

    def __init__(self, plugins: PluginManager) -> None:
        self._plugins = plugins

    def config_sections(self) -> list[ConfigSection]:
        """Return the sections of pym-config.yaml, by name."""
        return self._collected("pym_config_sections", ConfigSection, "config section")

    def commands(self) -> dict[str, click.Command]:
        """Return the commands of `pym`, by name."""
        import click

        found = self._collected("pym_commands", click.Command, "command")
        return {command.name: command for command in found if command.name}

    def checks(self, service: Service) -> list[Check]:
        """Return the checks of `pym doctor`, by name."""
        return self._collected("pym_checks", Check, "check", service=service)

    def apis(self, config: Config) -> list[ApiDocument]:
        """Return the documents that plugins bring, by name."""
        return self._collected("pym_apis", ApiDocument, "API", config=config)

    def security_schemes(self, config: Config) -> dict[str, SecurityScheme]:
        """Return what verifies each kind of security scheme, such as "http bearer"."""
        hook, word = "pym_security_schemes", "security scheme"
        found = self._collected(hook, SecurityScheme, word, own_first=True, config=config)
        return {scheme.name: scheme for scheme in found}

    def token_issuers(self, config: Config) -> list[TokenIssuer]:
        """Return who makes tokens, by name."""
        return self._collected("pym_token_issuers", TokenIssuer, "token issuer", config=config)

    def background_processes(self, config: Config) -> list[BackgroundProcess]:
        """Return the processes that run beside the server, by name."""
        return self._collected("pym_background_processes", BackgroundProcess, "background process", config=config)

    def app_created(self, app: Flask, service: Service) -> None:
        """Tell every plugin that the app is complete."""
        for _ in self._plugins.call("pym_app_created", app=app, service=service):
            pass

    def model_stores(self, config: Config) -> dict[str, ModelStore]:
        """Return the stores of models, by name."""
        from pymacaron.store.contract import ModelStore

        found = self._collected("pym_model_stores", ModelStore, "model store", config=config)
        return {store.name: store for store in found}

    def image_steps(self, image: ImageContext) -> list[ImageStep]:
        """Return what plugins add to an image, by name."""
        from pymacaron.deploy import ImageStep

        return self._collected("pym_image_steps", ImageStep, "image step", image=image)

    def image_builders(self) -> dict[str, ImageBuilder]:
        """Return who builds images, by name."""
        from pymacaron.deploy import ImageBuilder

        found = self._collected("pym_image_builders", ImageBuilder, "image builder")
        return {builder.name: builder for builder in found}

    def acceptance_runners(self) -> list[AcceptanceRunner]:
        """Return who runs acceptance tests, by name."""
        from pymacaron.deploy import AcceptanceRunner

        return self._collected("pym_acceptance_runners", AcceptanceRunner, "acceptance runner")

    def deploy_targets(self) -> dict[str, DeployTarget]:
        """Return the kinds of places that releases are deployed to, by name."""
        from pymacaron.deploy import DeployTarget

        found = self._collected("pym_deploy_targets", DeployTarget, "deploy target")
        return {target.name: target for target in found}

    def emulators(self) -> dict[str, Emulator]:
        """Return who emulates the clouds of deploy targets, by the names of these."""
        from pymacaron.deploy import Emulator

        found = self._collected("pym_emulators", Emulator, "emulator")
        return {emulator.name: emulator for emulator in found}

    def before_deploy(self, release: Release) -> None:
        """Tell every plugin of a release that is about to be deployed."""
        for _ in self._plugins.call("pym_before_deploy", release=release):
            pass

    def after_deploy(self, release: Release, outcome: DeployOutcome, config: Config) -> list[str]:
        """Tell every plugin how a deploy ended, built-in ones where they are wanted; returns what each complains of."""
        wrong = []
        for plugin, tell in self.listeners("pym_after_deploy", config):
            try:
                tell(release=release, outcome=outcome)
            except Exception as error:
                wrong.append(f"{plugin} raised {one_line(error)} in pym_after_deploy()")
        return wrong

    def listeners(self, hook: str, config: Config, *, switched_on: Collection[str] = ()) -> list[Listener]:
        """Return who is told of a moment that may come often, by name: built-in plugins only where they are wanted.

        `switched_on` are plugins that are wanted whatever the settings say. The caller answers for what they raise.
        """
        return [
            (plugin, tell)
            for plugin, tell in self._plugins.implementations(hook)
            if plugin.name not in SWITCHES or plugin.name in switched_on or config.get(SWITCHES[plugin.name])
        ]

    def task_finished(self, task: FinishedTask, config: Config) -> None:
        """Tell every plugin of a background task; one that fails is logged."""
        for plugin, tell in self.listeners("pym_task_finished", config):
            try:
                tell(task=task)
            except Exception as error:
                log.error("%s raised %s in pym_task_finished()", plugin, type(error).__qualname__)

    def __getattr__(self, name: str) -> Callable[..., list[Any]]:
        names = self._plugins.hook_names()
        if name not in names:
            raise AttributeError(f"there is no hook '{name}'{did_you_mean(name, names)}")
        return lambda **arguments: [result for _, result in self._plugins.call(name, **arguments) if result is not None]

    def _collected(
        self, hook: str, kind: type[Record], word: str, *, own_first: bool = False, **arguments: Any
    ) -> list[Record]:
        """Return the records of all plugins by name; raises PluginError for two of one name.

        With `own_first`, one of the service's own plugins replaces that of a distribution.
        """
        owners: dict[str, tuple[Plugin, Record]] = {}
        for plugin, records in self._plugins.call(hook, **arguments):
            for record in _checked(plugin, hook, kind, records):
                name = record.name or ""
                known = owners.get(name)
                replaces = own_first and known is not None and _is_own(known[0]) != _is_own(plugin)
                if known is not None and not replaces:
                    raise PluginError(_clash(word, name, [known[0], plugin]))
                if replaces and not _is_own(plugin):
                    continue
                owners[name] = (plugin, record)
        return [owners[name][1] for name in sorted(owners)]


def _is_own(plugin: Plugin) -> bool:
    return plugin.origin == "local"


def _checked(plugin: Plugin, hook: str, kind: type[Record], records: Iterable[object]) -> list[Record]:
    if not isinstance(records, Iterable):
        raise PluginError(f"{plugin} returned {type(records).__name__} from {hook}(), not a list of {kind.__name__}")
    found = []
    for record in records:
        if not isinstance(record, kind):
            raise PluginError(f"{plugin} returned a {type(record).__name__} from {hook}(), not a {kind.__name__}")
        found.append(record)
    return found


def _clash(word: str, name: str, plugins: Sequence[Plugin]) -> str:
    first, second = plugins
    return (
        f"the {word} '{name}' comes from both {first} and {second}: "
        "uninstall one, or name it under plugins.disable in pym-config.yaml"
    )
