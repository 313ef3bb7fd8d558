"""OpenAPI documents, read into frozen records that know neither Flask nor pydantic."""
