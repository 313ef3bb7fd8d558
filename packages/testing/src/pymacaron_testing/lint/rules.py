"""All rules, in the order in which they are documented."""

from __future__ import annotations

from pymacaron_testing.lint import components, examples, keywords, metaschema, operations, patterns, reading
from pymacaron_testing.lint.records import Rule

__all__ = ["RULES", "UNREADABLE"]


UNREADABLE = Rule(
    "document-error",
    "error",
    "what keeps a document from being served: text that cannot be parsed, broken references, wrong types",
    "a service does not start with such a document",
    reading.broken,
)

RULES = (
    UNREADABLE,
    Rule(
        "document-warning",
        "warning",
        "what is served all the same, with a warning in the log",
        "`pym serve --strict` refuses it",
        reading.odd,
    ),
    Rule(
        "meta-schema",
        "error",
        "what the meta-schema of the document's version refuses",
        "other tools may refuse the document, or read it otherwise",
        metaschema.invalid,
    ),
    Rule(
        "ambiguous-route",
        "warning",
        "two paths of one method that match the same request",
        "which operation answers depends on the server",
        operations.ambiguous,
    ),
    Rule(
        "unreachable-path",
        "warning",
        "paths that no request can reach, and paths without an operation",
        "nobody can call them",
        operations.unreachable,
    ),
    Rule(
        "orphan-path-parameter",
        "warning",
        "path parameters that the path does not name, and names in a path that nothing declares",
        "the value is not judged, or never comes",
        reading.said("orphan-path-parameter"),
    ),
    Rule(
        "duplicate-operation-id",
        "error",
        "an operationId that stands at two operations",
        "clients and handlers are named by it",
        reading.said("duplicate-operation-id"),
    ),
    Rule(
        "client-function",
        "error",
        "operations that clients call by one name, and values of `x-bind-client` that are no name of a function",
        "clients refuse to load the document, and `pym generate` writes nothing of it",
        operations.uncallable,
    ),
    Rule(
        "unused-component",
        "warning",
        "components to which no way leads from a path",
        "they mislead readers, and nobody notices when they become wrong",
        components.unused,
    ),
    Rule(
        "missing-error-response",
        "warning",
        "operations without a response 4XX, 5XX or default",
        "callers do not learn what errors look like",
        operations.unanswered,
    ),
    Rule(
        "operation-without-security",
        "warning",
        "operations that ask nobody to authenticate without saying `security: []`",
        "an operation that was forgotten looks like one that is open on purpose",
        operations.unprotected,
    ),
    Rule(
        "invalid-example",
        "warning",
        "examples of parameters, headers, bodies and schemas that their schema refuses",
        "readers copy them, and mocks answer with them",
        examples.bad_examples,
    ),
    Rule(
        "invalid-default",
        "error",
        "defaults that their own schema refuses",
        "a value that is filled in breaks the contract",
        examples.bad_defaults,
    ),
    Rule(
        "invalid-pattern",
        "error",
        "patterns that are no regular expressions of ECMA-262",
        "they are not used, so that every text passes",
        patterns.invalid,
    ),
    Rule(
        "dangerous-pattern",
        "warning",
        "patterns that match some text in exponentially many ways, such as `^(a+)+$`",
        "a short text stops clients and servers whose engines go back and try again",
        patterns.exponential,
    ),
    Rule(
        "backtracking-pattern",
        "warning",
        "patterns with look-around or back-references",
        "engines that answer in linear time refuse them, all others may take long",
        patterns.backtracking,
    ),
    Rule(
        "misspelt-keyword",
        "warning",
        "keywords of schemas and extensions of PyMacaron that miss a known one by a letter or two",
        "a keyword that nobody knows is silently without effect",
        keywords.misspelt,
    ),
)
