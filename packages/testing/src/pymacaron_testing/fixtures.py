"""The pytest plugin: fixtures for the tests of any service or plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from pymacaron.client.synchronous import Client
    from pymacaron.plugins.manager import PluginManager
    from pymacaron_testing.loaded import LoadedService, LoadedServices, Source
    from pymacaron_testing.mock.served import ServedMock
    from pymacaron_testing.recorder import Recorder

__all__ = ["pym_client", "pym_mock", "pym_plugins", "pym_server", "pym_service", "pym_token", "recorder"]


@pytest.fixture
def _pym_services(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[LoadedServices]:
    from pymacaron_testing.loaded import LoadedServices

    services = LoadedServices(tmp_path, request.path.parent)
    yield services
    services.close()


@pytest.fixture
def pym_service(_pym_services: LoadedServices) -> Callable[..., LoadedService]:
    """Load a service of {file: text} or a folder: `pym_service()` is the one that the test is in.

    Takes the source, a `name` for files, and `env`. It has `service`, `app`, and `client`, Flask's test client.
    """
    return _pym_services.load


@pytest.fixture
def pym_client(_pym_services: LoadedServices) -> Callable[..., Client]:
    """Call a service in its own process by its operations: `pym_client().list_pets(limit=3)`.

    Takes what `pym_service` takes, or a service that it loaded, and the name of the `api` where there are several.
    """

    def make(source: Source = None, *, api: str | None = None, **options: Any) -> Client:
        return _pym_services.load(source, **options).api(api)

    return make


@pytest.fixture
def pym_token(_pym_services: LoadedServices) -> Callable[..., str]:
    """Make a token of a user, as the plugins of the service do: `pym_token(user_id="ada")`.

    Takes what `pym_service` takes, or a service that it loaded, and a `user_id`: the default user's without it.
    """

    def make(source: Source = None, *, user_id: str | None = None, **options: Any) -> str:
        return _pym_services.load(source, **options).token(user_id)

    return make


@pytest.fixture
def pym_server(_pym_services: LoadedServices) -> Iterator[Callable[..., str]]:
    """Serve a service in a process of its own, and give its URL once /ready answers; it ends with the test.

    Takes what `pym_service` takes, or a service that it loaded, and the `seconds` that a start may take.
    """
    from pymacaron_testing.runner import served

    with ExitStack() as running:

        def serve(source: Source = None, name: str = "server", env: str | None = None, seconds: float = 30) -> str:
            return running.enter_context(served(_pym_services.root(source, name), env, seconds)).url

        yield serve


@pytest.fixture
def pym_plugins() -> Callable[..., PluginManager]:
    """Make a plugin manager that is empty but for the modules that it is given, whatever is installed."""
    from pymacaron.plugins.found import Candidate
    from pymacaron.plugins.manager import PluginManager

    def candidate(module: ModuleType) -> Candidate:
        return Candidate(module.__name__, "this test", "", "local", lambda: module)

    return lambda *modules: PluginManager(found=map(candidate, modules))


@pytest.fixture
def recorder() -> Callable[..., Recorder]:
    """Record what would be done outside: `recorder(outside, fetch=b"{}")` stands where the module `outside` would.

    Takes the module or object, and by the names of its functions what they return or raise. `done` are the calls.
    """
    from pymacaron_testing.recorder import Recorder

    return lambda outside, **answers: Recorder(outside, answers)


@pytest.fixture
def pym_mock() -> Iterator[Callable[..., ServedMock]]:
    """Mock OpenAPI documents: `pym_mock("apis/pets.yaml")` has `client`, Flask's test client, and `url`, a server's.

    Takes the documents and the options of `mock_app`.
    """
    from pymacaron_testing.mock.served import ServedMock

    made: list[ServedMock] = []

    def make(*documents: str, **options: object) -> ServedMock:
        made.append(ServedMock(documents, options))
        return made[-1]

    yield make
    for mock in made:
        mock.close()
