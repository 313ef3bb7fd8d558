"""Schemas of OpenAPI documents, as pydantic classes."""
