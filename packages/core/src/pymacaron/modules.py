"""A service's own Python modules: each service's folder is on the import path, and two services never mix theirs."""

from __future__ import annotations

import gc
import importlib
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from pymacaron.exceptions import BindingError, ServiceError
from pymacaron.text import did_you_mean, one_line, shown

__all__ = ["BrokenModuleError", "MissingFunctionError", "Modules", "import_dotted", "raised_at"]

NEVER_IMPORTED = {"apis", "conftest", "server", "setup", "test", "testaccept", "tests", "wsgi"}

_lock = threading.RLock()
_claims: list[Modules] = []
_added: set[Path] = set()


class BrokenModuleError(BindingError):
    """A module that is there and raises as it is imported: `module` is its name."""

    def __init__(self, module: str, *problems: str) -> None:
        super().__init__(*problems)
        self.module = module


class MissingFunctionError(BindingError):
    """A dotted name that leads nowhere: there is no such module, or it has no such name."""


class Modules:
    """The claim of one service on the modules of its folder, from `claim()` to `release()`.

    Python knows one module by one name: so a second service, whose folder holds a module of the same name, is refused
    with ServiceError as long as the first is open. Services of one and the same folder share their modules.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def claim(self) -> None:
        """Put the folder on the import path; raises ServiceError where another open service owns one of its names."""
        with _lock:
            if clash := self._clash():
                gc.collect()
                clash = self._clash()
            if clash:
                raise ServiceError(clash)
            _claims.append(self)
            if str(self.root) not in sys.path:
                sys.path.insert(0, str(self.root))
                _added.add(self.root)

    def release(self) -> None:
        """Take the folder off the import path and forget its modules, unless another open service shares it."""
        with _lock:
            if self in _claims:
                _claims.remove(self)
            if any(other.root == self.root for other in _claims):
                return
            if self.root in _added:
                _added.remove(self.root)
                sys.path.remove(str(self.root))
            for name in self._loaded(self.names()):
                del sys.modules[name]

    def names(self) -> set[str]:
        """Return the names of the modules and packages that stand in the folder itself."""
        found = {path.stem for path in self.root.glob("*.py")}
        found |= {path.parent.name for path in self.root.glob("*/*.py")}
        return {name for name in found if name.isidentifier()} - NEVER_IMPORTED

    def import_dotted(self, dotted: str) -> Any:
        """Return what a dotted name means to this service; raises BindingError for a module of another service."""
        found = import_dotted(dotted)
        head = dotted.partition(".")[0]
        folders = _folders(sys.modules.get(head))
        for other in _claims:
            if other.root != self.root and other.root in folders and self.root not in folders:
                raise BindingError(
                    f"the module '{head}' of this process is that of the service in {other.root}: "
                    "rename one of the two, or close that service first"
                )
        return found

    def _clash(self) -> str | None:
        for other in _claims:
            if other.root != self.root and (shared := sorted(self.names() & other.names())):
                return (
                    f"the services in {other.root} and {self.root} both have a module '{shared[0]}' and cannot live in "
                    "one process: rename one of the two modules, or close the first service"
                )
        return None

    def _loaded(self, names: set[str]) -> list[str]:
        heads = {name for name in names if name in sys.modules and self.root in _folders(sys.modules[name])}
        return [name for name in sys.modules if name.partition(".")[0] in heads]


def _folders(module: object) -> set[Path]:
    """Return the folders that a top-level module or package stands in: several for a namespace package."""
    file = getattr(module, "__file__", None)
    if file is not None:
        path = Path(file).resolve()
        return {path.parent.parent if path.name == "__init__.py" else path.parent}
    return {Path(path).resolve().parent for path in getattr(module, "__path__", ())}


def import_dotted(dotted: str) -> Any:
    """Return what a dotted name such as "shop.api.list_pets" or "shop.api.Pets.list" means.

    Raises BindingError with half a sentence that says what is missing, so that callers can put the place before it.
    """
    names = dotted.split(".")
    if len(names) < 2 or not all(name.isidentifier() for name in names):
        raise BindingError(f"'{dotted}' is no dotted name such as 'module.function'")
    for cut in range(len(names) - 1, 0, -1):
        module_name = ".".join(names[:cut])
        module = _import(module_name, last=cut == 1)
        if module is not None:
            return _attribute(module, module_name, names[cut:])
    raise MissingFunctionError(f"there is no module '{names[0]}'")


def _import(name: str, *, last: bool) -> object | None:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            if not last:
                return None
            here = {known for claim in _claims for known in claim.names()}
            raise MissingFunctionError(f"there is no module '{name}'{did_you_mean(name, here)}") from None
        raise _broken(name, error) from error
    except Exception as error:
        raise _broken(name, error) from error


def _broken(name: str, error: Exception) -> BrokenModuleError:
    return BrokenModuleError(name, f"importing '{name}' raised {one_line(error)} at {raised_at(error)}")


def raised_at(error: BaseException) -> str:
    """Return where an exception came from, as file:line: the innermost line of a service's own, else the innermost."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(Path(error.filename))}:{error.lineno}"
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    own = [frame for frame in frames if any(frame[0].resolve().is_relative_to(claim.root) for claim in _claims)]
    file, line = (own or frames or [(Path("?"), 0)])[-1]
    return f"{shown(file)}:{line}"


def _attribute(module: object, module_name: str, names: list[str]) -> Any:
    value, owner = module, module_name
    for name in names:
        if not hasattr(value, name):
            raise MissingFunctionError(f"{owner} has no '{name}'{did_you_mean(name, dir(value))}")
        value, owner = getattr(value, name), f"{owner}.{name}"
    return value
