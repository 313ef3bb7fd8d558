"""Images: what goes into one, its Dockerfile, and the builder that makes, starts and pushes it."""
