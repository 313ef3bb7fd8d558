"""ModelPool: the models of one API, each built when it is first asked for; and its place behind `apipool`."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pymacaron.exceptions import ServiceError, SpecError
from pymacaron.spec import Document, Schema
from pymacaron.text import did_you_mean

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from pymacaron.client.asynchronous import AsyncClient
    from pymacaron.client.registry import ApiClients
    from pymacaron.client.synchronous import Client
    from pymacaron.models.base import PymacaronBaseModel
    from pymacaron.models.codec import Codec, Responses
    from pymacaron.models.fieldplan import FieldPlanner
    from pymacaron.models.maker import ModelMaker
    from pymacaron.models.resources import Direction
    from pymacaron.models.sourcenames import SourceNames

__all__ = ["ApiPool", "ModelPool", "apipool", "get_model", "same_or_refuse"]

Found = TypeVar("Found")


class ModelPool:
    """The models of one OpenAPI document, as attributes under their names, with `_` for what Python forbids.

    `get_model()` reaches those too that are named like a method of the pool.
    """

    def __init__(
        self,
        document: Document,
        import_class: Callable[[str], type] | None = None,
        *,
        responses: Responses = "strict",
        strict_properties: bool = False,
        clients: Callable[[ModelPool], ApiClients] | None = None,
    ) -> None:
        """Take how responses are judged, whether undeclared properties are refused, and what makes the clients."""
        self.name = document.name
        self.document = document
        self._options = (import_class, responses, strict_properties)
        self._clients = clients
        self._made: ModelMaker | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<ModelPool {self.name}>"

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *map(_attribute, self.document.schemas)]

    @property
    def _maker(self) -> ModelMaker:
        """What makes the models, imported when it is first needed: a third of what a start would import."""
        if self._made is None:
            from pymacaron.models.maker import ModelMaker

            with self._lock:
                if self._made is None:
                    import_class, responses, strict = self._options
                    self._made = ModelMaker(self.document, import_class, responses=responses, strict_properties=strict)
        return self._made

    @property
    def model(self) -> ModelPool:
        """The pool itself: `apipool.shop.model.Pet` is `apipool.shop.Pet`."""
        return self

    @property
    def client(self) -> Client:
        """The operations of the API as functions that call it; raises StartError where they cannot."""
        return self._called.client

    @property
    def aclient(self) -> AsyncClient:
        """The same, to be awaited."""
        return self._called.aclient

    @property
    def _called(self) -> ApiClients:
        if self._clients is None:
            raise ServiceError(f"the API '{self.name}' belongs to no service: load it by Service.load_clients()")
        return self._clients(self)

    def __getattr__(self, name: str) -> type[PymacaronBaseModel]:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get_model(name)

    @property
    def responses(self) -> Responses:
        """How what handlers return is judged."""
        return self._options[1]

    def get_model(self, name: str) -> type[PymacaronBaseModel]:
        """Return the class of a component; raise AttributeError, with the nearest name, where there is none."""
        schema = _named(self.document.schemas, name)
        if schema is None:
            hint = did_you_mean(name, self.document.schemas) or "; `model_names()` lists its models"
            raise AttributeError(f"the API '{self.name}' has no model '{name}'{hint}")
        return self._maker.model(name, schema)

    def model_names(self) -> list[str]:
        """Return the names of the components, in the document's order."""
        return list(self.document.schemas)

    @property
    def planner(self) -> FieldPlanner:
        """What plans the schemas; one thread at a time."""
        return self._maker.planner

    @property
    def names(self) -> SourceNames:
        """The names that generated files give to the models."""
        return self._maker.names

    def named(self, name: str) -> type[PymacaronBaseModel]:
        """Return the model that generated files give a name to; raise AttributeError where there is none."""
        found = self._maker.named(name)
        if found is None:
            raise AttributeError(f"the API '{self.name}' has no model '{name}'; run 'pym generate'")
        return found

    def annotation(self, schema: Schema) -> Any:
        """Return the Python type of a schema's values, the models in it built."""
        return self._maker.annotation(schema)

    def adapter(self, schema: Schema) -> TypeAdapter[Any]:
        """Return what validates and serializes a schema's values; the same one for the same place."""
        return self._maker.adapter(schema)

    def codec(self, schema: Schema, direction: Direction) -> Codec:
        """Return what reads and writes a schema's values in one direction; the same one for the same place."""
        return self._maker.codec(schema, direction)


class ApiPool:
    """The APIs of the current service: `apipool.shop.Pet` is the model Pet of apis/shop.yaml."""

    def __getattr__(self, name: str) -> ModelPool:
        if name.startswith("__"):
            raise AttributeError(name)
        pools = _pools()
        pool = _named(pools, name)
        if pool is None:
            hint = did_you_mean(name, map(_attribute, pools)) or f"; it has {_listed(pools)}"
            if not pools:
                hint += ": load documents first, and keep the app that create_app() returns"
            raise AttributeError(f"the current service has no API '{name}'{hint}")
        return pool

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *map(_attribute, _pools())]

    def __repr__(self) -> str:
        return "<apipool>"

    def get_model(self, name: str) -> type[PymacaronBaseModel]:
        """Return the model of that name, whichever API declares it."""
        return get_model(name)

    def load_swagger(self, name: str, path: str | os.PathLike[str]) -> ModelPool:
        """Read one OpenAPI document into the current service, for its models."""
        from pymacaron.service import current_service

        return current_service().load_document(name, path)


apipool = ApiPool()


def get_model(name: str) -> type[PymacaronBaseModel]:
    """Return the model of that name, whichever API of the current service declares it.

    Raises AttributeError for an unknown name, and SpecError where several APIs declare different models of that name.
    """
    pools = _pools()
    owners = [pool for pool in pools.values() if _named(pool.document.schemas, name) is not None]
    if not owners:
        known = [known for pool in pools.values() for known in pool.document.schemas]
        hint = did_you_mean(name, known) or f"; its APIs are {_listed(pools)}"
        raise AttributeError(f"the current service has no model '{name}'{hint}")
    if len(owners) == 1:
        return owners[0].get_model(name)
    from pymacaron.models.compare import difference

    first = _named(owners[0].document.schemas, name)
    for owner in owners[1:]:
        other = _named(owner.document.schemas, name)
        if first is not None and other is not None and difference(first, other):
            ways = " or ".join(f"apipool.{_attribute(api.name)}.{_attribute(name)}" for api in owners)
            raise SpecError(
                f"the APIs {_listed(api.name for api in owners)} declare different models '{name}'; use {ways}"
            )
    return owners[0].get_model(name)


def same_or_refuse(pools: Iterable[ModelPool]) -> None:
    """Raise SpecError, with a diff for each, where two APIs declare different models of one name."""
    from pymacaron.models.compare import difference

    known: dict[str, tuple[ModelPool, Schema]] = {}
    problems: list[str] = []
    for pool in pools:
        for name, schema in pool.document.schemas.items():
            first_pool, first = known.setdefault(name, (pool, schema))
            if shown := difference(first, schema):
                problems.append(
                    f"{schema.place}: the model '{name}' of the API '{pool.name}' differs from that of the API "
                    f"'{first_pool.name}' at {first.place}; rename one, or load without global_names\n{shown}"
                )
    if problems:
        raise SpecError(*problems)


def _pools() -> Mapping[str, ModelPool]:
    from pymacaron.service import current_service

    return current_service().pools


def _named(found: Mapping[str, Found], name: str) -> Found | None:
    """Return what has a name, or the first whose name is the attribute `name`."""
    if name in found:
        return found[name]
    return next((value for other, value in found.items() if _attribute(other) == name), None)


def _attribute(name: str) -> str:
    """Return the name of an API or a component as Python can write it."""
    return re.sub(r"\W", "_", name)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
