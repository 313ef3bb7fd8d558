"""OpenAPI documents, read into frozen records that know neither Flask nor pydantic."""

from pymacaron.spec.document import Document, SecurityDefinition
from pymacaron.spec.identifiers import is_api, is_known, joined
from pymacaron.spec.keywords import schemas_in
from pymacaron.spec.loading import load_document, read_document
from pymacaron.spec.operation import Binding, Encoding, Header, MediaType, Operation, Parameter, RequestBody, Response
from pymacaron.spec.place import Place, Problem
from pymacaron.spec.references import References
from pymacaron.spec.requestlimits import DEFAULT_LIMITS, RequestLimits
from pymacaron.spec.schema import Dialect, Schema

__all__ = [
    "DEFAULT_LIMITS",
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
    "References",
    "RequestBody",
    "RequestLimits",
    "Response",
    "Schema",
    "SecurityDefinition",
    "is_api",
    "is_known",
    "joined",
    "load_document",
    "read_document",
    "schemas_in",
]
