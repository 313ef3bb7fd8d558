"""Published documents, and the page that shows them: Swagger UI, served from this host alone."""
