"""The `x-` attributes of documents that PyMacaron reads, and those of others that it publishes for readers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EXTENSIONS", "Extension"]


@dataclass(frozen=True)
class Extension:
    """An attribute: the objects of a document that it stands at, and what it says.

    `published` are those that readers of the documentation see, `ours` those that PyMacaron itself gave a meaning.
    """

    name: str
    stands_at: str
    meaning: str
    published: bool = False
    ours: bool = True


_EVERYWHERE = "operation, path, document"

EXTENSIONS = (
    Extension("x-bind-client", "operation", "the name by which clients call it"),
    Extension("x-bind-module", _EVERYWHERE, "the module of the functions that `operationId` names"),
    Extension("x-bind-server", "operation", "the function that answers"),
    Extension(
        "x-codeSamples",
        "operation",
        "examples in other languages, for pages that show them",
        published=True,
        ours=False,
    ),
    Extension("x-decorate-request", _EVERYWHERE, "the function that adds to the requests of clients"),
    Extension("x-decorate-server", _EVERYWHERE, "a decorator around the function that answers"),
    Extension("x-deprecated", "anything", "for pages that show it", published=True, ours=False),
    Extension("x-displayName", "tag", "the name of a tag, for pages that show it", published=True, ours=False),
    Extension(
        "x-enum-descriptions",
        "schema",
        "what each value of an enum is, for pages that show it",
        published=True,
        ours=False,
    ),
    Extension(
        "x-enum-varnames", "schema", "a name for each value of an enum, for generators", published=True, ours=False
    ),
    Extension(
        "x-example", "parameter of Swagger 2.0", "an example, which mocks and tests of contracts send", ours=False
    ),
    Extension("x-logo", "info", "a picture, for pages that show it", published=True, ours=False),
    Extension("x-mandatory", "property", "`true`: the property is required"),
    Extension(
        "x-ms-discriminator-value", "schema", "the value of the discriminator that means this schema", ours=False
    ),
    Extension("x-no-bind-server", "operation", "`true`: it is not served here"),
    Extension("x-nullable", "schema", "null is allowed, and written where the property is absent", published=True),
    Extension("x-pagination", "operation", "how clients ask for the next page", published=True),
    Extension("x-parent", "schema", "a class of the service that the model inherits from"),
    Extension("x-persist", "schema", "a class of the service that keeps the model in a store"),
    Extension("x-pym-limits", _EVERYWHERE, "what a request may hold at most: `body`, `depth`, `items`"),
    Extension("x-pym-lint-ignore", "anything", "rules of `pym lint` that are left out here"),
    Extension("x-pym-policy", _EVERYWHERE, "the rule that decides whose ids a caller may give, told to `pym audit`"),
    Extension("x-tagGroups", "document", "groups of tags, for pages that show them", published=True, ours=False),
)
