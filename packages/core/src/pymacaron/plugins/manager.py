"""The plugin manager: registers plugins on pluggy, checks each, and keeps the reason for each that is not active."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pluggy

from pymacaron.exceptions import PluginError, PyMacaronException
from pymacaron.modules import raised_at
from pymacaron.plugins import specs
from pymacaron.plugins.found import Candidate, candidates
from pymacaron.plugins.markers import PROJECT
from pymacaron.plugins.records import Plugin
from pymacaron.text import did_you_mean, one_line

__all__ = ["PluginManager"]

INDISPENSABLE = {"pymacaron.cli.plugin", "pymacaron.config.plugin", "pymacaron.report.plugin"}
OURS = {"async", "auth", "aws", "docker", "gcp", "testing"}


class PluginManager:
    """The plugins of one service.

    `settings` is the `plugins` mapping of pym-config.yaml: names to `require` and to `disable`, and `local` modules.
    With `found`, these are all there are, whatever is installed: none for an empty manager.

    Nothing raises here for a plugin that is broken or missing: it is listed with its reason, and `require_healthy()`
    raises PluginError for whatever wants to serve or deploy.
    """

    def __init__(
        self, settings: Mapping[str, Sequence[str]] | None = None, found: Iterable[Candidate] | None = None
    ) -> None:
        settings = settings or {}
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(specs)
        self._plugins: dict[str, Plugin] = {}
        for candidate in candidates(settings.get("local", ())) if found is None else found:
            self._add(candidate, disabled=candidate.name in settings.get("disable", ()))
        for name in settings.get("require", ()):
            self._require(name)
        self._refuse_unknown_hooks()

    def plugins(self) -> list[Plugin]:
        """Return every known plugin, built-in ones first, the rest by name."""
        rank = {"built-in": 0, "entry point": 1, "local": 2}
        return sorted(self._plugins.values(), key=lambda plugin: (rank[plugin.origin], plugin.name))

    def problems(self) -> list[str]:
        """Return one sentence for each plugin that is broken or missing."""
        return [f"{plugin} {plugin.reason}" for plugin in self.plugins() if plugin.status in ("broken", "missing")]

    def require_healthy(self) -> None:
        """Raise PluginError where a plugin is broken or missing."""
        if problems := self.problems():
            raise PluginError(*problems)

    def hook_names(self) -> list[str]:
        """Return the names of every hook that is declared."""
        return [name for name, caller in vars(self._manager.hook).items() if caller.has_spec()]

    def call(self, hook: str, **arguments: Any) -> Iterator[tuple[Plugin, Any]]:
        """Call a hook of each plugin that implements it and yield the plugin with its result.

        Raises PluginError that names the plugin whose hook raised; results that are iterators are exhausted here.
        """
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            plugin = self._plugins[implementation.plugin_name]
            if missing := [name for name in implementation.argnames if name not in arguments]:
                raise PluginError(f"{hook}() was called without {missing[0]!r}, which {plugin} takes: hand it over")
            chosen = {name: arguments[name] for name in implementation.argnames}
            yield plugin, self._guarded(plugin, hook, lambda: _exhausted(implementation.function(**chosen)))  # noqa: B023

    def implementations(self, hook: str) -> list[tuple[Plugin, Callable[..., Any]]]:
        """Return the plugins that implement a hook, by name, each with its function of the hook's keywords."""
        found = [
            (self._plugins[implementation.plugin_name], _taking(implementation.function, implementation.argnames))
            for implementation in getattr(self._manager.hook, hook).get_hookimpls()
        ]
        return sorted(found, key=lambda pair: pair[0].name)

    def _guarded(self, plugin: Plugin, hook: str, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except PyMacaronException:
            raise
        except Exception as error:
            raise PluginError(f"{plugin} raised {one_line(error)} in {hook}(): {remedy(plugin)}") from error

    def _add(self, candidate: Candidate, *, disabled: bool) -> None:
        plugin = Plugin(candidate.name, candidate.distribution, candidate.version, candidate.origin, "active")
        if other := self._plugins.get(plugin.name):
            key = f"{plugin.name} ({plugin.distribution})"
            reason = f"has the name of a plugin of {other.distribution} {other.version}: uninstall one of the two"
            self._plugins[key] = replace(plugin, status="broken", reason=reason)
        elif disabled and candidate.name in INDISPENSABLE:
            reason = "cannot be disabled: take it out of plugins.disable in pym-config.yaml"
            self._plugins[plugin.name] = replace(plugin, status="broken", reason=reason)
        elif disabled:
            self._plugins[plugin.name] = replace(plugin, status="disabled", reason="is disabled in pym-config.yaml")
        else:
            self._plugins[plugin.name] = plugin
            self._register(plugin, candidate)

    def _register(self, plugin: Plugin, candidate: Candidate) -> None:
        try:
            module = candidate.load()
            if misfit := _misfit(module):
                self._break(plugin, misfit)
                return
            self._manager.register(module, plugin.name)
            self._add_specs(plugin)
            self._refuse_wrappers(module)
            names = sorted(hook.name for hook in self._manager.get_hookcallers(module) or ())
            self._plugins[plugin.name] = replace(plugin, hooks=tuple(names), config_sections=self._sections(plugin))
        except PyMacaronException as error:
            self._break(plugin, str(error).removeprefix(f"{plugin} "))
        except (Exception, SystemExit) as error:
            self._break(plugin, _unloadable(plugin, error))

    def _add_specs(self, plugin: Plugin) -> None:
        for module in self._own("pym_hook_specs", plugin):
            self._manager.add_hookspecs(module)

    def _refuse_wrappers(self, module: object) -> None:
        for caller in self._manager.get_hookcallers(module) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin is module and (implementation.wrapper or implementation.hookwrapper):
                    raise PluginError(
                        f"has {caller.name}() as a wrapper, which PyMacaron does not know: write it plain"
                    )

    def _sections(self, plugin: Plugin) -> tuple[str, ...]:
        return tuple(section.name for section in self._own("pym_config_sections", plugin))

    def _own(self, hook: str, plugin: Plugin) -> list[Any]:
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        mine = [found for found in implementations if found.plugin_name == plugin.name]
        return [record for found in mine for record in self._guarded(plugin, hook, lambda: list(found.function()))]  # noqa: B023

    def _break(self, plugin: Plugin, reason: str) -> None:
        if self._manager.has_plugin(plugin.name):
            self._manager.unregister(name=plugin.name)
        self._plugins[plugin.name] = replace(plugin, status="broken", reason=reason)

    def _require(self, name: str) -> None:
        plugin = self._plugins.get(name)
        if plugin is None:
            ours = name in OURS
            advice = did_you_mean(name, {*self._plugins, *OURS})
            step = (
                f"pip install 'pymacaron-{name}>=3'" if ours else f"install what brings it, or correct the name{advice}"
            )
            reason = f"is required by pym-config.yaml but not installed: {step}"
            distribution = f"pymacaron-{name}" if ours else "of no distribution"
            self._plugins[name] = Plugin(name, distribution, "", "entry point", "missing", reason=reason)
        elif plugin.status == "disabled":
            reason = "is both required and disabled in pym-config.yaml: keep one of the two lines"
            self._plugins[name] = replace(plugin, status="broken", reason=reason)

    def _refuse_unknown_hooks(self) -> None:
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            self._refuse_unknown_hook(error)
            self._refuse_unknown_hooks()

    def _refuse_unknown_hook(self, error: pluggy.PluginValidationError) -> None:
        name = self._manager.get_name(error.plugin) or ""
        callers = self._manager.get_hookcallers(error.plugin) or ()
        unknown = next(caller.name for caller in callers if not caller.has_spec())
        advice = did_you_mean(unknown, self.hook_names())
        self._break(self._plugins[name], f"implements '{unknown}', which is no hook{advice}: correct or remove it")


def remedy(plugin: Plugin) -> str:
    """Return the next step for a plugin that fails."""
    if plugin.origin == "local":
        return "mend the module, or take it out of plugins.local in pym-config.yaml"
    return f"upgrade or uninstall it, or write 'plugins: {{disable: [{plugin.name}]}}' in pym-config.yaml"


def _unloadable(plugin: Plugin, error: BaseException) -> str:
    """Return why a plugin cannot be loaded, and the next step."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if plugin.origin == "local" and missing and f"{plugin.name}.".startswith(f"{missing}."):
        file = f"{plugin.name.replace('.', '/')}.py"
        return f"is no module of the service: write {file}, or correct plugins.local in pym-config.yaml"
    return f"cannot be loaded, {one_line(error)} at {raised_at(error)}: {remedy(plugin)}"


def _taking(function: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """Return a function that takes more keywords than it wants."""
    return lambda **arguments: function(**{name: arguments[name] for name in names})


def _exhausted(result: Any) -> Any:
    return list(result) if inspect.isgenerator(result) else result


def _misfit(module: object) -> str | None:
    """Return what is wrong with a module's functions that are named like hooks of core."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        spec = getattr(specs, name, None)
        if spec is None or name not in specs.__all__ or function.__module__ != getattr(module, "__name__", None):
            continue
        if not hasattr(function, f"{PROJECT}_impl"):
            return f"defines {name}() without @hookimpl: mark it, or rename it"
        taken = inspect.signature(spec).parameters
        if unknown := [argument for argument in inspect.signature(function).parameters if argument not in taken]:
            return f"has {name}({', '.join(unknown)}), but the hook gives {', '.join(taken) or 'nothing'}: correct it"
    return None
