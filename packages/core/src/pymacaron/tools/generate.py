"""`pym generate`: typed Python for editors and type checkers, and stubs of the handlers that are missing."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pymacaron.client.options import options_of
from pymacaron.exceptions import ConfigError
from pymacaron.models.pool import ModelPool
from pymacaron.text import shown
from pymacaron.tools.files import generated_text, is_unchanged, stale_or_refused, write_all
from pymacaron.tools.generatedtypes import client_file, handlers_file, models_file
from pymacaron.tools.signatures import handlers_of
from pymacaron.tools.stubs import module_file, module_of, with_stubs

if TYPE_CHECKING:
    from pymacaron.service import Service

__all__ = ["generate", "stale"]


def generate(
    service: Service, apis: Iterable[str] = (), *, stubs: bool = True, clients: str | None = None
) -> dict[Path, str | None]:
    """Write what is stale or missing of the files of some APIs, or of all; returns what `stale` did before.

    Nothing is written where anything is wrong. Raises ConfigError for an unknown API or a folder of documents that
    Python cannot import from, SpecError for broken documents, and StartError where a person's work would be lost.
    """
    files = stale(service, apis, stubs=stubs, clients=clients)
    write_all(files)
    return files


def stale(
    service: Service, apis: Iterable[str] = (), *, stubs: bool = True, clients: str | None = None
) -> dict[Path, str | None]:
    """Return the text of each file that is stale or missing, and None for each that nothing asks for any more.

    `clients` is a folder of documents that `load_clients` reads: its APIs have models and a client, and no handlers.
    """
    chosen = list(apis)
    package = _package(service, clients)
    pools = _pools(service, chosen, clients)
    folder = service.root.joinpath(*package.split("."))
    wanted = dict(each for pool in pools for each in _files(service, pool, package, serving=clients is None))
    found: dict[Path, str | None] = {path: text for path, text in wanted.items() if stale_or_refused(path, text)}
    names = {module_name(pool.name) for pool in pools} if chosen else None
    found |= dict.fromkeys(path for path in _ours(folder, names) if path not in wanted)
    return {**found, **(dict(_stubs(service.root, pools, package)) if stubs and clients is None else {})}


def _pools(service: Service, apis: list[str], clients: str | None) -> list[ModelPool]:
    loaded = service.load_apis(clients or service.config.apis, lenient=clients is not None)
    pools = {pool.name: pool for pool in loaded}
    if unknown := [name for name in apis if name not in pools]:
        raise ConfigError(f"there is no API '{unknown[0]}' (there are: {', '.join(pools)})")
    names: dict[str, str] = {}
    for name in pools:
        other = names.setdefault(module_name(name), name)
        if other != name:
            raise ConfigError(f"the APIs '{other}' and '{name}' would have files of one name: rename one of them")
    return [pools[name] for name in apis or pools]


def _ours(folder: Path, names: Container[str] | None) -> Iterator[Path]:
    """Yield the files of a folder that were generated and nobody changed, for APIs of some names or of any."""
    for path in sorted(folder.glob("*.py")):
        api, _, kind = path.stem.rpartition("_")
        if kind in ("models", "handlers", "client") and (names is None or api in names) and is_unchanged(path):
            yield path


def module_name(api: str) -> str:
    """Return the name of an API as part of the name of a module."""
    name = re.sub(r"\W", "_", api)
    return name if name.isidentifier() else f"api_{name}"


def _package(service: Service, clients: str | None) -> str:
    """Return the folder of the documents as a package of the service."""
    own = service.root / service.config.apis
    folder = own if clients is None else (service.root / clients).resolve()
    if clients is not None and folder == own.resolve():
        raise ConfigError(f"'{clients}' holds the documents of this service: leave --clients out")
    if not folder.is_relative_to(service.root):
        raise ConfigError(f"{shown(folder)} is outside of the service, which cannot import from it: move it inside")
    parts = folder.relative_to(service.root).parts
    if not parts or not all(part.isidentifier() for part in parts):
        raise ConfigError(f"generated modules stand beside the documents, but Python cannot import '{'/'.join(parts)}'")
    return ".".join(parts)


def _files(service: Service, pool: ModelPool, package: str, *, serving: bool) -> Iterator[tuple[Path, str]]:
    folder = service.root.joinpath(*package.split("."))
    name = module_name(pool.name)
    models = f"{package}.{name}_models"
    yield folder / f"{name}_models.py", generated_text(models_file(pool))
    handlers = [handler.dotted for handler in handlers_of(pool.document.operations)] if serving else []
    if handlers:
        local = {dotted: module_of(service.root, dotted) for dotted in handlers if _is_own(service.root, dotted)}
        yield folder / f"{name}_handlers.py", generated_text(handlers_file(pool, models, local))
    if pool.document.operations:
        raising = options_of(pool.name, service.config).errors == "raise"
        yield folder / f"{name}_client.py", generated_text(client_file(pool, models, raising=raising))


def _is_own(root: Path, dotted: str) -> bool:
    """Tell whether a function belongs into the folder of the service: it stands there, or nowhere yet."""
    head = dotted.partition(".")[0]
    if (root / head).is_dir() or (root / f"{head}.py").exists():
        return True
    try:
        return find_spec(head) is None
    except (ImportError, ValueError):
        return False


def _stubs(root: Path, pools: list[ModelPool], package: str) -> Iterator[tuple[Path, str]]:
    """Yield the modules in which handlers are missing, with the stubs added, and packages that are not there yet."""
    modules: dict[str, list[tuple[object, ModelPool, str]]] = {}
    for pool in pools:
        for handler in handlers_of(pool.document.operations):
            if _is_own(root, handler.dotted):
                models = f"{package}.{module_name(pool.name)}_models"
                modules.setdefault(module_of(root, handler.dotted), []).append((handler, pool, models))
    for module, handlers in modules.items():
        file = module_file(root, module)
        text = with_stubs(file, module, handlers)  # type: ignore[arg-type]
        if text is not None:
            yield file, text
            yield from _packages(root, module)


def _packages(root: Path, module: str) -> Iterator[tuple[Path, str]]:
    folder = root
    for part in module.split(".")[:-1]:
        folder = folder / part
        if not folder.exists():
            yield folder / "__init__.py", f'"""The code of {part}."""\n'
