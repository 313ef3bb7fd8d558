"""OpenAPI documents, read into frozen records that know neither Flask nor pydantic."""

from pymacaron.spec.document import Document, SecurityDefinition
from pymacaron.spec.operation import Binding, Encoding, Header, MediaType, Operation, Parameter, RequestBody, Response
from pymacaron.spec.place import Place, Problem
from pymacaron.spec.schema import Dialect, Schema

__all__ = [
    "Binding",
    "Dialect",
    "Document",
    "Encoding",
    "Header",
    "MediaType",
    "Operation",
    "Parameter",
    "Place",
    "Problem",
    "RequestBody",
    "Response",
    "Schema",
    "SecurityDefinition",
]
