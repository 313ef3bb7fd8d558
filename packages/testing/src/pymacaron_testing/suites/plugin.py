"""PluginSuite: what holds for every plugin, whatever it brings."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, get_args

import click
import pytest
from click.testing import CliRunner

from pymacaron.config.settings import Settings
from pymacaron.deploy import ImageContext, ImageStep, Phase
from pymacaron.exceptions import StartError
from pymacaron.plugins import specs
from pymacaron.plugins.builtin import BUILT_IN
from pymacaron.plugins.markers import PROJECT
from pymacaron.plugins.records import ApiDocument, SecurityScheme
from pymacaron.spec import load_document
from pymacaron.text import did_you_mean
from pymacaron_testing.loaded import LoadedServices
from pymacaron_testing.suites.annotations import misfits
from pymacaron_testing.suites.base import Suite, held

if TYPE_CHECKING:
    from pymacaron.plugins.records import ConfigSection
    from pymacaron.service import Service

__all__ = ["PluginSuite"]

NOTHING = "openapi: 3.1.0\ninfo: {title: Nothing, version: '1'}\npaths: {}\n"
SCHEMES = ("apiKey", "http", "mutualTLS", "oauth2", "openIdConnect")
LIGHT = """
import importlib, json, sys
import click, pymacaron.config.settings, pymacaron.plugins.manager, pymacaron.plugins.records
before = set(sys.modules)
plugin = importlib.import_module(sys.argv[1])
for hook in ("pym_config_sections", "pym_commands"):
    list(getattr(plugin, hook, tuple)())
print(json.dumps(sorted(set(sys.modules) - before)))
"""


class PluginSuite(Suite, is_contract=True):
    """The contract of a plugin: the fixture `plugin` is its module, `settings` what a service sets to use it."""

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        """Set nothing."""
        return {}

    @pytest.fixture
    def service(self, plugin: ModuleType, settings: Mapping[str, Any], tmp_path: Path) -> Iterator[Service]:
        """Load a service with the plugin, beside all that is installed."""
        yield from _service(plugin, settings, tmp_path)

    def test_the_host_takes_it(self, service: Service, plugin: ModuleType) -> None:
        """The module is imported, and each of its hooks is known, marked and takes what the hook gives."""
        found = {each.name: each for each in service.plugins.plugins()}[_name(plugin)]
        held(found.status == "active", f"{found} {found.reason}")

    def test_functions_that_are_named_like_hooks_are_hooks(self, service: Service, plugin: ModuleType) -> None:
        """A slip in the name of a function without a mark is not passed over in silence."""
        names = service.plugins.hook_names()
        for name, function in inspect.getmembers(plugin, inspect.isfunction):
            if name.startswith("pym_") and function.__module__ == plugin.__name__ and not _is_hook(function):
                held(False, f"{_at(function)}: {name}() is no hook{did_you_mean(name, names)}: correct or rename it")

    def test_annotations_are_those_of_the_hooks(self, plugin: ModuleType, service: Service) -> None:
        """A type checker sees in the plugin what its hooks are given and have to return."""
        added = [module for _, modules in service.plugins.call("pym_hook_specs") for module in modules]
        for name, function in _hooks(plugin):
            spec = next((found for each in (specs, *added) if (found := getattr(each, name, None))), None)
            for misfit in misfits(plugin, function, spec) if spec else ():
                held(False, f"{_at(function)}: {name}() {misfit}: correct the annotation")

    def test_its_import_is_light(self, plugin: ModuleType) -> None:
        """Neither its import nor what `pym --help` asks of it loads more than pymacaron, click and Python's own."""
        command = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path}\n{LIGHT}", plugin.__name__]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        held(done.returncode == 0, f"{plugin.__name__} cannot be imported alone: {done.stderr.strip()}")
        own = {*sys.stdlib_module_names, "click", "pymacaron", plugin.__name__.partition(".")[0]}
        heavy = sorted({name.partition(".")[0] for name in json.loads(done.stdout)} - own)
        held(not heavy, f"{plugin.__name__} imports {', '.join(heavy)}: import that inside the functions that need it")

    def test_a_service_that_sets_nothing_starts(self, plugin: ModuleType, tmp_path: Path) -> None:
        """Installed, it is active in every service: none of them has to know it."""
        services = LoadedServices(tmp_path, tmp_path)
        try:
            services.load({"pym-config.yaml": _config(plugin, {}), "apis/nothing.yaml": NOTHING}, "bare")
        except Exception as error:
            pytest.fail(
                f"a service with nothing but a name does not start with {plugin.__name__}: {error}", pytrace=False
            )
        finally:
            services.close()

    def test_what_its_hooks_return_is_valid(self, service: Service) -> None:
        """Records are of the type of their hook and have names, documents can be read, and kinds are known ones."""
        for record in (each for ask in _asked(service) for each in _told(ask)):
            held((record.name or "").strip(), f"a {type(record).__name__} has no name: give it one")
            if isinstance(record, ApiDocument):
                held(record.path.is_file(), f"the API '{record.name}' is in no file {record.path}: package it")
                problems = "; ".join(map(str, load_document(record.path, name=record.name).problems))
                held(not problems, f"the API '{record.name}' has problems: {problems}")
            elif isinstance(record, SecurityScheme):
                known = record.type in SCHEMES and (record.type == "http") == bool(record.scheme)
                held(known, f"the security scheme '{record.name}' is none of OpenAPI: correct its type and scheme")
            elif isinstance(record, ImageStep):
                proper = record.phase in get_args(Phase) and isinstance(record.lines, tuple)
                held(proper, f"the image step '{record.name}' is none: give it a phase, and a tuple of lines")

    def test_its_names_are_its_own(self, service: Service) -> None:
        """No record has the name of another of its kind, here or in what is installed beside it."""
        for ask in _asked(service):
            _told(ask)

    def test_its_settings_are_documented(self, plugin: ModuleType, service: Service) -> None:
        """Each key says in a sentence what it is for, and its example is one that it takes."""
        for section in _own(service, plugin, "pym_config_sections"):
            model = _model(section)
            for key, field in model.model_fields.items():
                sentence = (field.description or "").strip()
                held(
                    sentence.endswith("."),
                    f"{section.model}.{key} has no description: write a sentence by setting(...)",
                )
                _check_example(model, key, field.examples)

    def test_its_commands_have_help(self, plugin: ModuleType, service: Service) -> None:
        """Each command and each option says what it does, and --help of each works."""
        for command in _own(service, plugin, "pym_commands"):
            for words, each in _commands(command, (command.name or "",)):
                held(each.hidden or (each.help or "").strip(), f"pym {words} has no help: write a docstring")
                done = CliRunner().invoke(each, ["--help"])
                held(
                    done.exit_code == 0, f"pym {words} --help fails with {done.exception!r}: import less before it runs"
                )
                for option in each.params:
                    bare = isinstance(option, click.Option) and not option.hidden and not option.help
                    held(not bare, f"pym {words} --{option.name} has no help: say what it does")

    def test_its_checks_run(self, plugin: ModuleType, service: Service) -> None:
        """Each check of `pym doctor` comes to None or a sentence, and never raises."""
        for check in _own(service, plugin, "pym_checks", {"service": service}):
            told = _told(check.run)
            held(told is None or (isinstance(told, str) and told.strip()), f"the check '{check.name}' says {told!r}")


def _asked(service: Service) -> list[Callable[[], Iterable[Any]]]:
    """Return what asks all plugins for the records of each kind."""
    hooks, config = service.hooks, service.config
    return [
        hooks.config_sections,
        lambda: hooks.commands().values(),
        lambda: hooks.checks(service),
        lambda: hooks.apis(config),
        lambda: hooks.security_schemes(config).values(),
        lambda: hooks.token_issuers(config),
        lambda: hooks.image_steps(ImageContext(service.root, config, service.version)),
        lambda: hooks.image_builders().values(),
        hooks.acceptance_runners,
        lambda: hooks.deploy_targets().values(),
        lambda: hooks.emulators().values(),
    ]


def _service(plugin: ModuleType, settings: Mapping[str, Any], folder: Path) -> Iterator[Service]:
    from pymacaron.service import Service

    files = {"pym-config.yaml": _config(plugin, settings)}
    service = _told(lambda: Service(LoadedServices(folder, folder).root(files, "service")))
    yield service
    service.close()


def _config(plugin: ModuleType, settings: Mapping[str, Any]) -> str:
    local = {} if _installed(plugin) else {"plugins": {"local": [plugin.__name__]}}
    return json.dumps({"name": "demo", **local, **settings})


def _installed(plugin: ModuleType) -> str | None:
    """Return the name under which a plugin is active in every service, None for one that a service has to name."""
    if plugin.__name__ in BUILT_IN:
        return plugin.__name__
    return next((each.name for each in entry_points(group=PROJECT) if each.value == plugin.__name__), None)


def _name(plugin: ModuleType) -> str:
    return _installed(plugin) or plugin.__name__


def _own(service: Service, plugin: ModuleType, hook: str, arguments: Mapping[str, Any] = {}) -> list[Any]:
    """Return what the plugin alone returns from a hook."""
    found = _told(lambda: list(service.plugins.call(hook, **arguments)))
    return [record for owner, records in found if owner.name == _name(plugin) for record in records]


def _told(ask: Callable[[], Any]) -> Any:
    """Return what a function does; what it raises fails the case by its own sentence."""
    try:
        return ask()
    except StartError as error:
        pytest.fail(str(error), pytrace=False)
    except Exception as error:
        pytest.fail(f"{type(error).__name__}: {error}", pytrace=False)


def _hooks(plugin: ModuleType) -> list[tuple[str, Callable[..., Any]]]:
    return [(name, function) for name, function in inspect.getmembers(plugin, inspect.isfunction) if _is_hook(function)]


def _is_hook(function: object) -> bool:
    return hasattr(function, f"{PROJECT}_impl")


def _at(function: Callable[..., Any]) -> str:
    code = function.__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def _model(section: ConfigSection) -> type[Settings]:
    from pkgutil import resolve_name

    model = _told(lambda: resolve_name(section.model))
    known = isinstance(model, type) and issubclass(model, Settings)
    held(known, f"{section.model} is no Settings: derive it from pymacaron.config.settings.Settings")
    found: type[Settings] = model
    return found


def _check_example(model: type[Settings], key: str, examples: list[Any] | None) -> None:
    from pydantic import ValidationError

    from pymacaron.config.sections import validated
    from pymacaron.config.settings import is_secret

    for example in [] if is_secret(key, model.model_fields[key]) else examples or []:
        try:
            validated(model, {key: example})
        except ValidationError as error:
            wrong = [told["msg"] for told in error.errors() if told["loc"][:1] == (key,)]
            held(not wrong, f"the example {example!r} of {key} is none: {'; '.join(wrong)}")


def _commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(words), command
    for name, each in command.commands.items() if isinstance(command, click.Group) else ():
        yield from _commands(each, (*words, name))
